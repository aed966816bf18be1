import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CardState, FromCard, ToCard } from '../src/audio/messages';
import { AppCard, startCardEngine } from '../src/session/cardengine';

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
    expect(told).toEqual([
      {
        kind: 'wish',
        wish: { microphone: true, played: false, input: '', output: '', short: false, resting: false, line: '' },
      },
    ]);
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
    expect(told.at(-1)).toEqual({
      kind: 'wish',
      wish: { microphone: false, played: false, input: '', output: '', short: false, resting: false, line: '' },
    });
    card.told(state({ microphone: 'closed', input: '' }));
    expect(lost).toBe(0);
  });
});

it('hears what is played while an echo is to be taken out for somebody', () => {
  const played = () => told.map((each) => each.kind === 'wish' && each.wish.played);
  card.serve({ bitrate: 32_000, channels: 1, packet: 480 }, { echo: true, noise: 'off', gain: false });
  card.rest(true);
  card.rest(false);
  card.serve({ bitrate: 32_000, channels: 1, packet: 960 }, { echo: false, noise: 'off', gain: false });
  expect(played()).toEqual([true, false, true, false]);
  expect(told.map((each) => each.kind === 'wish' && each.wish.short)).toEqual([true, true, true, false]);
});

it('uses other devices at once, with the microphone open as it is', async () => {
  const opened = card.open();
  card.told(state());
  await opened;
  card.use('headset', 'television');
  expect(told.at(-1)).toEqual({
    kind: 'wish',
    wish: {
      microphone: true,
      played: false,
      input: 'headset',
      output: 'television',
      short: false,
      resting: false,
      line: '',
    },
  });
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

describe('the threads of the sound card', () => {
  /** What the page knows of a thread. */
  class FakeWorker {
    onmessage: ((event: { data: FromCard }) => void) | null = null;
    onerror: ((event: { message: string }) => void) | null = null;
    ended = false;
    constructor() {
      workers.push(this);
    }
    postMessage = () => undefined;
    terminate = () => void (this.ended = true);
  }
  const workers: FakeWorker[] = [];
  const say = (data: FromCard) => workers.at(-1)?.onmessage?.({ data });

  beforeEach(() => {
    vi.stubGlobal('Worker', FakeWorker);
    vi.stubGlobal('document', { baseURI: 'wails://wails/' });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('carry a voice as soon as there is Opus, and say what they have to do without', async () => {
    const started = startCardEngine('ws://sound');
    say({ kind: 'loaded', part: 'opus' });
    const engine = await started;
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    say({ kind: 'unable', part: 'echo', why: 'no memory' });
    say({ kind: 'loaded', part: 'noise' });
    expect([...engine.lacks]).toEqual(['echo']);
    engine.end();
  });

  it.each([
    ['a script that cannot be loaded', () => workers.at(-1)?.onerror?.({ message: '' })],
    ['no Opus', () => say({ kind: 'unable', part: 'opus', why: 'no memory' })],
    ['no audio thread', () => say({ kind: 'unable', why: 'no such file' })],
  ])('are given up, and ended, with %s', async (_, fail) => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const started = startCardEngine('ws://sound');
    fail();
    await expect(started).rejects.toThrow();
    expect(workers.at(-1)?.ended).toBe(true);
  });
});
