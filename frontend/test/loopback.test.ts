import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Care, Encoding, LineState, Loudness } from '../src/audio/messages';
import type { Counts, Engine } from '../src/session/engine';
import { LoopbackTransport } from '../src/session/loopback';
import { usualSound, type MediaState, type Signalling } from '../src/session/transport';

/** The threads, as far as the transport can tell. */
class FakeEngine implements Engine {
  readonly did: string[] = [];
  runs = true;
  readonly lacks = new Set<'echo' | 'noise'>();
  counts: Counts = { total: 0, concealed: 0, waited: 0, received: 0, lost: 0 };
  onState: (state: LineState) => void = () => undefined;
  readonly clock = {
    currentTime: 0,
    state: 'suspended',
    resume: () => {
      this.did.push('resume');
      return this.runs ? Promise.resolve() : new Promise<void>(() => undefined);
    },
    suspend: () => {
      this.did.push('suspend');
      return Promise.resolve();
    },
  };
  readonly context = this.clock as unknown as AudioContext;
  setMicrophone = (track: MediaStreamTrack | undefined) => void this.did.push(track ? 'microphone' : 'no microphone');
  setEncoding = ({ bitrate, channels, packet }: Encoding, { echo, noise, gain }: Care) =>
    void this.did.push(`${bitrate} ${channels} ${packet}${echo && noise !== 'off' && gain ? ' cleaned' : ''}`);
  setMuted = (muted: boolean) => void this.did.push(muted ? 'muted' : 'unmuted');
  rest = (resting: boolean) => void this.did.push(`rest ${resting}`);
  silence = (seats: readonly boolean[]) => void this.did.push(`silent ${seats.join()}`);
  setVolumes = (all: number, seats: readonly number[]) => void this.did.push(`volumes ${all} ${seats.join()}`);
  listen = (fn: ((loudness: Loudness) => void) | undefined) => void (this.hear = fn ?? (() => undefined));
  hear: (loudness: Loudness) => void = () => undefined;
  connect = (url: string) => void this.did.push(`connect ${url}`);
  disconnect = () => void this.did.push('disconnect');
  count = () => Promise.resolve(this.counts);
}

class FakeTrack {
  readonly label = 'Desk';
  stopped = false;
  onended: (() => void) | null = null;
  constructor(readonly deviceId: string) {}
  stop = () => void (this.stopped = true);
  getSettings = () => ({ deviceId: this.deviceId });
}

let engine: FakeEngine;
let tracks: FakeTrack[];
let plugged: string[];
let asked: MediaStreamConstraints[];
let deviceChange: () => void;
let states: MediaState[];
let blocked: boolean[];
let soundless: boolean[];
let touched: boolean;
let lost: number;
let transport: LoopbackTransport;
let entering: (seats: number) => Promise<string>;
let restarts: string[];

const signalling: Signalling = {
  join: () => Promise.reject(new Error('it has no offer')),
  enter: (seats) => entering(seats),
  candidate: () => Promise.resolve(),
  restart: (offer) => {
    restarts.push(offer);
    return Promise.resolve('');
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  tracks = [];
  plugged = ['desk'];
  asked = [];
  states = [];
  blocked = [];
  soundless = [];
  touched = true;
  lost = 0;
  restarts = [];
  entering = (seats) => Promise.resolve(`ws://line/${seats}`);
  const devices = {
    addEventListener: (_: string, fn: () => void) => (deviceChange = fn),
    enumerateDevices: () => Promise.resolve(plugged.map((deviceId) => ({ kind: 'audioinput', deviceId }))),
    getUserMedia: (constraints: MediaStreamConstraints) => {
      asked.push(constraints);
      const track = new FakeTrack(plugged[0] ?? '');
      tracks.push(track);
      return Promise.resolve({ getAudioTracks: () => [track] });
    },
  } as unknown as MediaDevices;
  transport = new LoopbackTransport({
    events: {
      onState: (state) => states.push(state),
      onMicrophoneLost: () => lost++,
      onBlocked: (each) => blocked.push(each),
      onSoundless: (each) => soundless.push(each),
    },
    devices,
    startEngine: () => Promise.resolve(engine),
    touched: () => touched,
  });
});

afterEach(() => vi.useRealTimers());

const settled = () => vi.advanceTimersByTimeAsync(0);

describe('a stay', () => {
  it('begins with a line of the app and ends with silence', async () => {
    await transport.join(4, signalling);
    expect(engine.did).toContain('connect ws://line/4');
    engine.onState('connected');
    expect(states).toEqual(['connecting', 'connected']);
    await transport.openMicrophone();
    transport.leave();
    expect(tracks[0]?.stopped).toBe(true);
    expect(engine.did.slice(-3)).toEqual(['no microphone', 'disconnect', 'suspend']);
    engine.onState('failed'); // too late to matter
    expect(states).toEqual(['connecting', 'connected', 'closed']);
  });

  it('takes it easy while nobody is there, and only then', async () => {
    transport.setAlone(true);
    await transport.join(4, signalling);
    transport.setAlone(true);
    transport.setAlone(false);
    expect(engine.did.filter((each) => each.startsWith('rest'))).toEqual(['rest true', 'rest false']);
  });

  it('that the host refuses leaves nothing behind', async () => {
    entering = () => Promise.reject(new Error('full'));
    await expect(transport.join(4, signalling)).rejects.toThrow('full');
    expect(states.at(-1)).toBe('closed');
    expect(engine.did).not.toContain('connect ws://line/4');
  });

  it('that was left before the answer came is not entered', async () => {
    let answer: (url: string) => void = () => undefined;
    entering = () => new Promise((resolve) => (answer = resolve));
    const joined = transport.join(4, signalling);
    await settled();
    transport.leave();
    answer('ws://late');
    await expect(joined).rejects.toMatchObject({ code: 'left' });
    expect(engine.did).not.toContain('connect ws://late');
  });

  it('keeps an open microphone when it follows another', async () => {
    await transport.join(4, signalling);
    await transport.openMicrophone();
    await transport.join(6, signalling);
    expect(tracks[0]?.stopped).toBe(false);
    expect(engine.did.lastIndexOf('microphone')).toBeGreaterThan(engine.did.indexOf('connect ws://line/4'));
  });

  it('asks the app for a new way without an offer', async () => {
    await transport.join(4, signalling);
    await transport.restart();
    expect(restarts).toEqual(['']);
  });
});

describe('the microphone', () => {
  it('is taken as it is: cleaning is done here', async () => {
    await transport.join(4, signalling);
    await transport.openMicrophone();
    expect(asked[0]?.audio).toMatchObject({ echoCancellation: false, noiseSuppression: false, autoGainControl: false });
    expect(engine.did).toContain('32000 1 960 cleaned');
  });

  it('is opened anew for music, which is not cleaned', async () => {
    await transport.join(4, signalling);
    await transport.openMicrophone();
    await transport.setQuality({ bitrate: 32_000, music: true, lowDelay: true });
    expect(engine.did).toContain('128000 2 480');
    expect(asked[1]?.audio).toMatchObject({ channelCount: 2 });
    expect(tracks.map(({ stopped }) => stopped)).toEqual([true, false]);
  });

  it('that was unplugged is said to be lost', async () => {
    await transport.join(4, signalling);
    await transport.openMicrophone();
    deviceChange();
    await settled();
    expect(lost).toBe(0);
    plugged = ['headset'];
    deviceChange();
    await settled();
    expect(lost).toBe(1);
    expect(tracks[0]?.stopped).toBe(true);
  });

  it('is muted before and after it is opened', async () => {
    transport.setMuted(true);
    await transport.join(4, signalling);
    expect(engine.did).toContain('muted');
    transport.setMuted(false);
    expect(engine.did.at(-1)).toBe('unmuted');
  });
});

it('asks for a click when the sound does not start', async () => {
  engine.runs = false;
  await transport.join(4, signalling);
  await vi.advanceTimersByTimeAsync(1000);
  expect(blocked.at(-1)).toBe(true);
  engine.runs = true;
  transport.resume();
  await settled();
  expect(blocked.at(-1)).toBe(false);
});

it('measures between two looks', async () => {
  await transport.join(4, signalling);
  expect(await transport.measure()).toBeUndefined();
  engine.counts = { total: 96_000, concealed: 960, waited: 96_000 * 1920, received: 100, lost: 2 };
  expect(await transport.measure()).toEqual({ received: 100, lost: 2, concealed: 0.01, bufferMillis: 40 });
});

describe('what could not be started', () => {
  it('is said of the microphone while it is wished', async () => {
    await transport.join(4, signalling);
    await transport.openMicrophone();
    expect(transport.heard()?.uncleaned).toEqual([]);
    engine.lacks.add('echo').add('noise');
    expect(transport.heard()?.uncleaned).toEqual(['echo', 'noise']);
    await transport.setSound({ ...usualSound, noise: 'off' });
    expect(transport.heard()?.uncleaned).toEqual(['echo']);
    await transport.setQuality({ bitrate: 32000, music: true, lowDelay: false });
    expect(transport.heard()?.uncleaned).toEqual([]);
  });
});

describe('sound that stands still', () => {
  /** Seconds in which the context's clock goes on, or not. */
  async function pass(seconds: number, goesOn: boolean): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      if (goesOn) engine.clock.currentTime++;
      await vi.advanceTimersByTimeAsync(1000);
    }
  }

  it('is said until it goes on, and nothing waits for it', async () => {
    await transport.join(4, signalling);
    engine.clock.state = 'running'; // it says so all the time
    await pass(10, true);
    expect(soundless).toEqual([]);
    await pass(3, false);
    expect(soundless).toEqual([true]);
    await pass(2, true);
    expect(soundless).toEqual([true, false]);
    await pass(5, false);
    transport.leave();
    expect(soundless).toEqual([true, false, true, false]);
    expect(engine.did).not.toContain('suspend');
  });

  it('is resumed where it was only suspended', async () => {
    await transport.join(4, signalling);
    const resumed = () => engine.did.filter((each) => each === 'resume').length;
    const before = resumed();
    await pass(3, false);
    expect(resumed()).toBe(before + 1);
  });

  it('waits for the first click, and is no trouble before', async () => {
    touched = false;
    await transport.join(4, signalling);
    await pass(30, false);
    expect(soundless).not.toContain(true);
  });
});
