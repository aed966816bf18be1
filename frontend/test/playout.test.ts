import { describe, expect, it } from 'vitest';
import { Playout } from '../src/audio/playout';

const rate = 48000;
const quantum = 128;
const packet = 960;

/** A packet of a tone, by its number. */
function sound(number: number, frequency = 660): Float32Array[] {
  const samples = Float32Array.from(
    { length: packet },
    (_, i) => 0.3 * Math.sin((2 * Math.PI * frequency * (number * packet + i)) / rate),
  );
  return [samples, samples];
}

/** Plays packets that arrive at given samples of the sound card's clock, and returns what was heard until then. */
function play(
  arrivals: readonly { at: number; number: number; last?: boolean }[],
  until: number,
  playout = new Playout(),
) {
  const heard = new Float32Array(Math.ceil(until / quantum) * quantum);
  const queue = [...arrivals].sort((a, b) => a.at - b.at);
  for (let at = 0; at < heard.length; at += quantum) {
    for (let next = queue[0]; next && next.at <= at; next = queue[0]) {
      playout.write((next.number * packet) >>> 0, sound(next.number), next.last ?? false);
      queue.shift();
    }
    playout.read(heard.subarray(at, at + quantum), new Float32Array(quantum), 1, 1);
  }
  return { heard, playout };
}

const steady = (count: number, every = packet, jitter: (number: number) => number = () => 0) =>
  Array.from({ length: count }, (_, number) => ({ at: number * every + jitter(number), number }));

/** How far the tone stands above the rest, in dB. */
function purity(samples: Float32Array, frequency = 660): number {
  let sine = 0, cosine = 0, all = 0; // prettier-ignore
  samples.forEach((sample, i) => {
    sine += sample * Math.sin((2 * Math.PI * frequency * i) / rate);
    cosine += sample * Math.cos((2 * Math.PI * frequency * i) / rate);
    all += sample * sample;
  });
  const power = (2 * (sine * sine + cosine * cosine)) / samples.length;
  return 10 * Math.log10(power / Math.max(1e-12, all - power));
}

const delay = (playout: Playout, from: { total: number; waited: number }) =>
  (playout.waited - from.waited) / (playout.total - from.total) / 48;

describe('a steady stream', () => {
  it('is played as it is, half a packet and 10 ms after it came', () => {
    const { heard, playout } = play(steady(150), 3 * rate);
    expect(purity(heard.subarray(rate, 2 * rate))).toBeGreaterThan(60);
    expect(playout.concealed).toBe(0);
    expect(delay(playout, { total: 0, waited: 0 })).toBeLessThan(25);
  });

  it.each([200, -200])('keeps up with a clock that is %i ppm off, for an hour', (ppm) => {
    const playout = new Playout();
    const arrivals = steady(60 * 50, packet * (1 + ppm / 1e6));
    // One minute that is repeated in place of the hour: what matters is that the delay stands still.
    const { heard } = play(arrivals, arrivals.length * packet - rate, playout);
    expect(playout.concealed).toBeLessThan(2 * packet);
    expect(delay(playout, { total: 0, waited: 0 })).toBeLessThan(40);
    expect(heard.subarray(-rate).some((sample) => sample !== 0)).toBe(true);
  });
});

describe('what comes late', () => {
  it('is heard later, and the sound before it is drawn out', () => {
    const late = steady(100, packet, (number) => (number >= 30 ? 1920 : 0));
    const { heard, playout } = play(late, 2 * rate);
    expect(playout.concealed).toBeGreaterThan(0);
    expect(playout.concealed).toBeLessThan(2 * packet);
    // Nowhere is it silent for 5 ms.
    for (let at = 30 * packet; at < 34 * packet; at += 240)
      expect(Math.max(...heard.subarray(at, at + 240).map(Math.abs))).toBeGreaterThan(0.02);
  });

  it('comes without a break when it comes late again', () => {
    const jitter = steady(500, packet, (number) => [0, 0, 0, 0, 0, 1440, 480][number % 10] ?? 0);
    const { playout } = play(jitter, 2 * rate);
    const before = playout.concealed;
    const rest = jitter.slice(100).map(({ at, number }) => ({ at: at - 100 * packet, number }));
    play(rest, 8 * rate - packet, playout);
    expect(before).toBeGreaterThan(0);
    expect(playout.concealed - before).toBeLessThan(packet);
  });
});

it('takes off a delay that is not needed any more within a few seconds, and the tone stays a tone', () => {
  // 300 ms arrive at once.
  const burst = steady(600).map(({ at, number }) => ({ at: Math.max(at, 15 * packet), number }));
  const { heard, playout } = play(burst, 6 * rate);
  const then = { total: playout.total, waited: playout.waited };
  const rest = steady(900)
    .slice(600)
    .map(({ at, number }) => ({ at: at - 600 * packet, number }));
  play(rest, 5 * rate, playout);
  expect(delay(playout, then)).toBeLessThan(60);
  expect(heard.length).toBe(6 * rate);
});

describe('what was lost', () => {
  it('is drawn out of what was before', () => {
    const { heard, playout } = play(
      steady(100).filter(({ number }) => number !== 40),
      rate * 2,
    );
    expect(playout.concealed).toBeGreaterThan(0);
    expect(playout.concealed).toBeLessThan(2 * packet);
    // Nowhere is it silent for 5 ms.
    for (let at = 39 * packet; at < 43 * packet; at += 240)
      expect(Math.max(...heard.subarray(at, at + 240).map(Math.abs))).toBeGreaterThan(0.05);
  });
});

describe('silence', () => {
  it('after a last word is no break', () => {
    const words = steady(50).map((arrival) => ({ ...arrival, last: arrival.number === 49 }));
    const { heard, playout } = play(words, 2 * rate);
    expect(playout.concealed).toBe(0);
    expect(Math.max(...heard.subarray(rate + rate / 2))).toBe(0);
  });

  it('follows when nothing comes any more, within 60 ms', () => {
    const { heard } = play(steady(50), 2 * rate);
    expect(Math.max(...heard.subarray(rate + 6000))).toBe(0);
  });

  it('ends with the next word, whatever its timestamp', () => {
    const words = [...steady(50).map((a) => ({ ...a, last: a.number === 49 })), { at: 1.5 * rate, number: 4_000_000 }];
    const { heard } = play(words, 2 * rate);
    expect(Math.max(...heard.subarray(1.5 * rate, 1.6 * rate))).toBeGreaterThan(0.2);
  });
});
