import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CardState, ToCard } from '../src/audio/messages';
import { AppCard } from '../src/session/cardengine';

let told: ToCard[];
let card: AppCard;
let lost: number;
let soundless: boolean[];

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  lost = 0;
  soundless = [];
  card = new AppCard((message) => told.push(message));
  card.onLost = () => lost++;
  card.onSoundless = (each) => soundless.push(each);
});

afterEach(() => vi.useRealTimers());

const state = (change: Partial<CardState> = {}): CardState => ({
  sound: true,
  microphone: 'open',
  input: 'Desk',
  output: 'Speaker',
  muted: false,
  ...change,
});

describe('a microphone of the app', () => {
  it('is open when the app says so', async () => {
    const opened = card.open();
    expect(told).toEqual([{ kind: 'wish', wish: { microphone: true, input: '', output: '' } }]);
    card.told(state({ microphone: 'closed', input: '' })); // of before
    card.told(state());
    expect(await opened).toBe('Desk');
  });

  it('that the system does not have is missing', async () => {
    const opened = card.open();
    card.told(state({ microphone: 'missing', input: '' }));
    await expect(opened).rejects.toMatchObject({ trouble: 'missing' });
    expect(lost).toBe(0);
  });

  it('that goes away is lost once', async () => {
    const opened = card.open();
    card.told(state());
    await opened;
    card.told(state({ microphone: 'missing', input: '' }));
    card.told(state({ microphone: 'missing', input: '' }));
    expect(lost).toBe(1);
  });

  it('that the app says nothing of is given up', async () => {
    const opened = card.open();
    const failed = expect(opened).rejects.toMatchObject({ trouble: 'broken' });
    await vi.advanceTimersByTimeAsync(6000);
    await failed;
  });

  it('is not lost when it is closed', async () => {
    const opened = card.open();
    card.told(state());
    await opened;
    card.close();
    expect(told.at(-1)).toEqual({ kind: 'wish', wish: { microphone: false, input: '', output: '' } });
    card.told(state({ microphone: 'closed', input: '' }));
    expect(lost).toBe(0);
  });
});

it('uses other devices at once, with the microphone open as it is', async () => {
  const opened = card.open();
  card.told(state());
  await opened;
  card.use('headset', 'television');
  expect(told.at(-1)).toEqual({ kind: 'wish', wish: { microphone: true, input: 'headset', output: 'television' } });
  card.told(state({ input: 'Headset', muted: true }));
  expect([card.name, card.muted, lost]).toEqual(['Headset', true, 0]);
});

it('says when a sound server goes and comes', () => {
  card.told(state());
  card.told(state({ sound: false, microphone: 'missing' }));
  card.told(state({ sound: false, microphone: 'missing' }));
  card.told(state());
  expect(soundless).toEqual([true, false]);
});
