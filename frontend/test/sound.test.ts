import { describe, expect, it } from 'vitest';
import type { Answer, Examination, Finding } from '../src/app/api';
import { merged, pageSound, type PageSound } from '../src/session/sound';

const examination = (
  findings: Finding[],
  microphone: Answer = 'unknown',
  speaker: Answer = 'unknown',
): Examination => ({
  interfaces: [],
  reach: { port: 7788, tcp: 'unknown', udp: 'unknown', by: '' },
  sound: { microphone, speaker },
  findings,
});
const page = (change: Partial<PageSound> = {}): PageSound => ({
  microphone: 'yes',
  speaker: 'yes',
  denied: false,
  ...change,
});
const codes = (result: Examination) => result.findings.map(({ code }) => code);

const devices = (...kinds: MediaDeviceKind[]) =>
  ({ enumerateDevices: () => Promise.resolve(kinds.map((kind) => ({ kind }))) }) as unknown as MediaDevices;
const permissions = (state: PermissionState) => ({ query: () => Promise.resolve({ state }) }) as unknown as Permissions;

describe('what the page knows of sound', () => {
  it.each([
    [devices('audioinput', 'audiooutput'), { microphone: 'yes', speaker: 'yes' }],
    [devices('videoinput'), { microphone: 'no', speaker: 'unknown' }],
    [undefined, { microphone: 'unknown', speaker: 'unknown' }],
  ])('comes from its devices', async (given, sound) => {
    expect(await pageSound(given, undefined)).toMatchObject(sound);
  });

  it('includes whether the microphone was refused', async () => {
    expect((await pageSound(devices(), permissions('denied'))).denied).toBe(true);
    expect((await pageSound(devices(), permissions('prompt'))).denied).toBe(false);
    const unknown = { query: () => Promise.reject(new TypeError()) } as unknown as Permissions;
    expect((await pageSound(devices(), unknown)).denied).toBe(false);
  });
});

describe('an examination with the word of the page', () => {
  it('believes the page where both know', () => {
    const result = merged(examination([{ code: 'no_microphone', level: 'warning' }], 'no', 'yes'), page());
    expect(result.sound).toEqual({ microphone: 'yes', speaker: 'yes' });
    expect(codes(result)).toEqual([]);
  });

  it('keeps what only the app knows', () => {
    const unknown = page({ microphone: 'unknown', speaker: 'unknown' });
    const result = merged(examination([{ code: 'no_speaker', level: 'warning' }], 'yes', 'no'), unknown);
    expect(result.sound).toEqual({ microphone: 'yes', speaker: 'no' });
    expect(codes(result)).toEqual(['no_speaker']);
    expect(codes(merged(examination([{ code: 'microphone_denied', level: 'problem' }]), page()))).toEqual([
      'microphone_denied',
    ]);
  });

  it('adds what only the page knows behind what is as bad', () => {
    const found = [
      { code: 'multicast_blocked', level: 'problem' },
      { code: 'nobody_heard', level: 'warning' },
      { code: 'reachable', level: 'good' },
    ] as const;
    expect(codes(merged(examination([...found]), page({ microphone: 'no' })))).toEqual([
      'multicast_blocked',
      'nobody_heard',
      'no_microphone',
      'reachable',
    ]);
    expect(codes(merged(examination([]), page({ microphone: 'no', denied: true })))).toEqual(['microphone_denied']);
  });
});
