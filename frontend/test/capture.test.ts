import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { block, parts } from '../src/audio/care';
import { Capture, levelOf } from '../src/audio/capture';
import { Gain } from '../src/audio/gain';
import type { Loudness, Spoken } from '../src/audio/messages';

const none = { echo: false, noise: 'off', gain: false } as const;
const voice = { bitrate: 32_000, channels: 1, packet: 960 } as const;
const quantum = new Float32Array(128).fill(0.1);
const silence = new Float32Array(128);

let spoken: Spoken[];
let capture: Capture;

beforeEach(() => {
  spoken = [];
  capture = new Capture((each) => spoken.push({ ...each, channels: each.channels.map((samples) => samples.slice()) }));
  capture.set(voice, none);
});

afterEach(() => {
  delete parts.earshotEcho;
  delete parts.earshotNoise;
});

function take(quanta: number, channels: Float32Array[] = [quantum]): void {
  for (let i = 0; i < quanta; i++) capture.take(channels, silence, silence);
}

describe('packets', () => {
  it('follow each other without a gap, and the first one says so', () => {
    take(75); // 9600 samples
    expect(spoken.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 10 }, (_, i) => i * 960));
    expect(spoken.map(({ first }) => first)).toEqual([true, ...Array.from({ length: 9 }, () => false)]);
    expect(spoken[0]?.channels[0]?.every((sample) => sample === quantum[0])).toBe(true);
    expect(spoken[0]?.level).toBeCloseTo(20);
  });

  it('are of 10 ms where that is asked for, and of two channels for music', () => {
    capture.set({ bitrate: 128_000, channels: 2, packet: 480 }, none);
    take(15, [quantum, silence]);
    expect(spoken).toHaveLength(4);
    expect(spoken[0]?.channels.map((samples) => samples[0])).toEqual([quantum[0], 0]);
  });

  it('of a muted microphone are silent, and soon none', () => {
    take(75);
    capture.muted = true;
    take(375); // a second
    const after = spoken.slice(10);
    expect(after.length).toBeLessThanOrEqual(6);
    expect(after.every(({ channels }) => channels[0]?.every((sample) => sample === 0))).toBe(true);
    capture.muted = false;
    take(75);
    expect(spoken[10 + after.length]?.first).toBe(true);
    expect(spoken.at(-1)?.timestamp).toBeGreaterThan(9600 + 40_000);
  });

  it('are of their time where some of the microphone was left out', () => {
    take(75);
    capture.leaveOut(7);
    take(15);
    expect(spoken.slice(10).map(({ timestamp, first }) => [timestamp, first])).toEqual([
      [9600 + 7 * block, true],
      [9600 + 9 * block, false],
    ]);
  });

  it('stop without a microphone, whose time goes on', () => {
    take(75, []);
    expect(spoken).toEqual([]);
    take(75);
    expect(spoken[0]).toMatchObject({ timestamp: 9600, first: true });
  });
});

describe('a voice', () => {
  it('waits for what cleans it', async () => {
    capture.set(voice, { ...none, echo: true, noise: 'strong' });
    take(15);
    parts.earshotEcho = Promise.resolve(() => ({ clean: (microphone) => void microphone.fill(0.5) }));
    parts.earshotNoise = Promise.resolve(() => ({
      clean: (samples) => {
        samples.forEach((sample, i) => (samples[i] = sample / 2));
        return 1;
      },
    }));
    capture.equip();
    await Promise.resolve();
    take(15);
    expect(spoken.map(({ channels }) => channels[0]?.[0])).toEqual([0.25, 0.25]);
    expect(spoken[0]).toMatchObject({ first: true, timestamp: 15 * 128 });
  });

  it('goes as it is when that does not come within two seconds, and is cleaned when it does later', async () => {
    capture.set(voice, { ...none, echo: true });
    take(750 + 15); // a second is 375
    expect(spoken.length).toBeGreaterThan(0);
    expect(spoken.length).toBeLessThan(4);
    expect(spoken[0]?.channels[0]?.[0]).toBe(quantum[0]);
    parts.earshotEcho = Promise.resolve(() => ({ clean: (microphone) => void microphone.fill(0.5) }));
    capture.equip();
    await Promise.resolve();
    take(15);
    expect(spoken.at(-1)?.channels[0]?.[0]).toBe(0.5);
  });

  it('that has begun waits for nothing', () => {
    take(75);
    capture.set(voice, { ...none, echo: true });
    take(75);
    expect(spoken).toHaveLength(20);
  });

  it('goes as it is while nobody hears it', async () => {
    parts.earshotEcho = Promise.resolve(() => ({ clean: (microphone) => void microphone.fill(0.5) }));
    capture.set(voice, { ...none, echo: true });
    await Promise.resolve();
    capture.resting = true;
    take(15);
    capture.resting = false;
    take(15);
    expect(spoken.map(({ channels }) => channels[0]?.[0])).toEqual([quantum[0], quantum[0], 0.5, 0.5]);
  });

  it('goes as it is while it is music', async () => {
    parts.earshotEcho = Promise.resolve(() => ({ clean: (microphone) => void microphone.fill(0.5) }));
    capture.set({ ...voice, channels: 2 }, { echo: true, noise: 'strong', gain: true });
    await Promise.resolve();
    take(15);
    expect(spoken[0]?.channels[0]?.[0]).toBe(quantum[0]);
  });
});

describe('noise', () => {
  // As RNNoise: what goes in comes out a block later, and nothing of the noise of 0.1.
  const suppressor = () => {
    let before = new Float32Array(block);
    return {
      clean: (samples: Float32Array) => {
        const now = samples.slice();
        samples.set(before.map((sample) => sample - 0.1));
        before = now;
        return 1;
      },
    };
  };

  it.each([
    ['strong', 0],
    ['standard', 0.1 * 10 ** (-15 / 20)],
    ['off', 0.1],
  ] as const)('is taken out as it was chosen: %s', async (noise, remains) => {
    parts.earshotNoise = Promise.resolve(suppressor);
    capture.set(voice, { ...none, noise });
    await Promise.resolve();
    take(75);
    expect(spoken.at(-1)?.channels[0]?.[0]).toBeCloseTo(remains, 5);
    expect(spoken).toHaveLength(10); // a change of care loses nothing
  });
});

describe('loudness', () => {
  it('is said ten times a second, muted or not: as it came, and without the echo', async () => {
    const said: Loudness[] = [];
    capture = new Capture(
      () => undefined,
      (loudness) => said.push(loudness),
    );
    parts.earshotEcho = Promise.resolve(() => ({ clean: (microphone) => void microphone.fill(0.01) }));
    capture.set(voice, { ...none, echo: true });
    await Promise.resolve();
    capture.muted = true;
    take(375); // a second
    expect(said).toHaveLength(10);
    expect(said[5]?.peak).toBeCloseTo(0.1);
    expect(said[5]?.level).toBeCloseTo(-40);
    capture.muted = false;
    take(375);
    expect(said).toHaveLength(20);
  });
});

describe('the gain', () => {
  const voiced = (amplitude: number) =>
    Float32Array.from({ length: block }, (_, i) => amplitude * Math.sin((2 * Math.PI * 3 * i) / block));

  function after(seconds: number, amplitude: number, likely = 1): Float32Array {
    const gain = new Gain();
    let last = voiced(amplitude);
    for (let i = 0; i < seconds * 100; i++) gain.apply((last = voiced(amplitude)), likely);
    return last;
  }

  it.each([0.01, 0.1, 0.3])('brings a voice of amplitude %f to the same loudness', (amplitude) => {
    expect(Math.abs(levelOf(after(10, amplitude)) - 24)).toBeLessThan(3);
  });

  it('leaves noise alone, and never lifts anything by more than 24 dB', () => {
    expect(levelOf(after(10, 0.01, 0.1))).toBeCloseTo(43, 0);
    expect(levelOf(after(20, 0.003))).toBeGreaterThan(28);
  });

  it('never leaves full scale, not even for a shout after a whisper', () => {
    const gain = new Gain();
    for (let i = 0; i < 1000; i++) gain.apply(voiced(0.01), 1);
    const shout = voiced(1);
    gain.apply(shout, 1);
    expect(Math.max(...shout.map(Math.abs))).toBeLessThanOrEqual(0.91);
  });
});
