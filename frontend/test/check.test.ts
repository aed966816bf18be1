import { describe, expect, it } from 'vitest';
import type { Booth } from '../src/session/booth';
import { CardBooth } from '../src/session/cardbooth';
import { MicrophoneCheck } from '../src/session/check';
import { MicrophoneError } from '../src/session/transport';

const wish = { echo: true, noise: 'standard', gain: true, music: false, microphone: '' } as const;

/** A booth whose microphone is plugged in and out. */
class FakeBooth implements Booth {
  plugged = true;
  opened = 0;
  onLost: () => void = () => undefined;
  open = () => {
    this.opened++;
    return this.plugged ? Promise.resolve() : Promise.reject(new MicrophoneError('missing', ''));
  };
  level = () => undefined;
  setSpeaker = () => undefined;
  sound = () => Promise.resolve();
  hear = () => Promise.resolve();
  samples = () => Promise.resolve(undefined);
  unhear = () => undefined;
  close = () => undefined;
}

describe('a check without a microphone', () => {
  it('uses one that is plugged in while it finds that there is none', async () => {
    const booth = new FakeBooth();
    const check = new MicrophoneCheck(booth);
    booth.plugged = false;
    const opened = check.open(wish);
    booth.plugged = true;
    check.devicesChanged();
    await opened;
    await expect.poll(() => check.view.microphone).toBe('open');
  });

  it('uses one that is plugged in, and opens nothing after it was left', async () => {
    const booth = new FakeBooth();
    const check = new MicrophoneCheck(booth);
    booth.plugged = false;
    await check.open(wish);
    expect(check.view.microphone).toBe('missing');
    booth.plugged = true;
    check.devicesChanged();
    await expect.poll(() => check.view.microphone).toBe('open');
    check.devicesChanged();
    expect(booth.opened).toBe(2);
    booth.onLost();
    check.close();
    check.devicesChanged();
    expect(booth.opened).toBe(2);
  });
});

it('is of no use where the threads do not start, and tries them again', async () => {
  let tries = 0;
  const check = new MicrophoneCheck(
    new CardBooth({
      app: { StartCheck: () => Promise.reject(new Error()), EndCheck: () => Promise.resolve() },
      page: 'here',
      start: () => Promise.reject(new Error(`try ${String(++tries)}`)),
    }),
  );
  await check.open(wish);
  expect(check.view.microphone).toBe('voiceless');
  await check.open(wish);
  expect([check.view.microphone, tries]).toEqual(['voiceless', 2]);
  check.close();
  await check.sound();
  expect(check.view).toMatchObject({ microphone: 'voiceless', sounding: false });
});
