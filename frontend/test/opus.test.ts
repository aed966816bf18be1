import { beforeAll, describe, expect, it } from 'vitest';
import { parts, type NoiseSuppressor, type Opus } from '../src/audio/care';
import { Seat } from '../src/audio/seat';

const packet = 960;
let opus: Opus;

beforeAll(async () => {
  await import('../src/audio/opus');
  if (!parts.earshotOpus) throw new Error('the module left nothing');
  opus = await parts.earshotOpus;
});

const tone = (number: number) =>
  Float32Array.from({ length: packet }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 330 * (number * packet + i)) / 48000));

function encoded(count: number, channels: 1 | 2 = 1): Uint8Array<ArrayBuffer>[] {
  const encoder = opus.encoder({ channels, bitrate: 48_000, packet });
  return Array.from({ length: count }, (_, number) => {
    const sound = channels === 1 ? [tone(number)] : [tone(number), new Float32Array(packet)];
    return new Uint8Array(encoder.encode(sound) ?? []);
  });
}

const power = (samples: Float32Array | undefined) =>
  (samples ?? new Float32Array()).reduce((sum, each) => sum + each * each, 0) / packet;

describe('Opus', () => {
  it('gives back what was said', () => {
    const decoder = opus.decoder();
    const powers = encoded(20).map((each) => power(decoder.decode(each)?.[0]));
    expect(powers.slice(5).every((each) => Math.abs(each / 0.045 - 1) < 0.2)).toBe(true);
  });

  it('keeps the two sides of music apart', () => {
    const decoder = opus.decoder();
    const last = encoded(20, 2)
      .map((each) => decoder.decode(each)?.map((channel) => power(channel)))
      .at(-1);
    expect(last?.[0]).toBeGreaterThan(0.03);
    expect(last?.[1]).toBeLessThan(0.003);
  });

  it('says of silence that it is one', () => {
    const encoder = opus.encoder({ channels: 1, bitrate: 32_000, packet });
    const sizes = Array.from({ length: 50 }, () => encoder.encode([new Float32Array(packet)])?.length ?? 0);
    expect(sizes.filter((size) => size <= 2).length).toBeGreaterThan(20);
  });

  it('does not take a held note for one', () => {
    expect(encoded(100).every((packet) => packet.length > 2)).toBe(true);
  });

  it('does not fall over what is none', () => {
    const decoder = opus.decoder();
    expect(decoder.decode(new Uint8Array([0xff, 0xff, 0xff]))).toBeUndefined();
    expect(decoder.decode(new Uint8Array(5000))).toBeUndefined();
    expect(decoder.decode(encoded(1)[0] ?? new Uint8Array())?.[0]).toHaveLength(packet);
  });
});

describe('a seat', () => {
  /** Plays packets that come on time, those of the given numbers being lost, and returns the sound from a second before. */
  function heard(lost: readonly number[]): { seat: Seat; sound: Float32Array } {
    const seat = new Seat(opus.decoder());
    const sound = new Float32Array(100 * packet);
    encoded(100).forEach((opus, number) => {
      if (!lost.includes(number)) seat.take({ seat: 0, sequence: number, timestamp: number * packet, opus });
      for (let at = number * packet; at + 120 <= (number + 1) * packet; at += 120)
        seat.playout.read(sound.subarray(at, at + 120), new Float32Array(120), 1, 1);
    });
    return { seat, sound };
  }

  it('counts what it got and what was lost, and nobody hears a hole', () => {
    const { seat, sound } = heard([50, 51]);
    expect(seat).toMatchObject({ received: 98, lost: 2 });
    expect(seat.playout.concealed).toBeGreaterThan(0);
    for (let at = 48 * packet; at < 58 * packet; at += 240)
      expect(Math.max(...sound.subarray(at, at + 240).map(Math.abs))).toBeGreaterThan(0.05);
  });

  it('makes nothing up while nothing is lost', () => {
    expect(heard([]).seat.playout.concealed).toBe(0);
  });
});

it('RNNoise takes noise away and knows a silence', async () => {
  await import('../src/audio/noise');
  const suppressor: NoiseSuppressor | undefined = (await parts.earshotNoise)?.();
  let state = 1;
  let [before, after, voice] = [0, 0, 1];
  for (let block = 0; block < 300; block++) {
    const samples = Float32Array.from({ length: 480 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return 0.05 * (state / 2 ** 31 - 1);
    });
    if (block >= 200) before += power(samples);
    voice = suppressor?.clean(samples) ?? 1;
    if (block >= 200) after += power(samples);
  }
  expect(after).toBeLessThan(before / 4);
  expect(voice).toBeLessThan(0.5);
});
