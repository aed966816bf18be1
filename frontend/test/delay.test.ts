import { expect, it } from 'vitest';
import { DelayMeter } from '../src/session/delay';

const ms = 48;
/** Samples of a look, and between two. */
const look = 32768;
const every = 400 * ms;

/** Words: bursts of noise of uneven length, the same each time. */
function words(length: number): Float32Array {
  let state = 7;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const out = new Float32Array(length);
  for (let at = 0; at < length;) {
    const spoken = 2000 + Math.floor(random() * 6000);
    for (let i = at; i < Math.min(length, at + spoken); i++) out[i] = 0.2 * (random() - 0.5);
    at += spoken + 1000 + Math.floor(random() * 5000);
  }
  return out;
}

const longest = 400 * ms;
const said = words(longest + look + 9 * every);

/** What is told after some looks. */
function delayOf(input: Float32Array, output: Float32Array, looks = 5): number | undefined {
  const meter = new DelayMeter();
  for (let i = 0; i < looks; i++)
    meter.take(input.slice(i * every, i * every + look), output.slice(i * every, i * every + look));
  return meter.delay;
}

const later = (samples: Float32Array, delay: number) => samples.slice(longest - delay * ms);

it.each([20, 112, 250, 390])('tells a delay of %i ms, whatever the loudness and through noise', (delay) => {
  const late = later(said, delay).map((sample, i) => 0.3 * sample + 0.002 * Math.sin(i));
  expect(Math.abs((delayOf(said.slice(longest), late) ?? 0) - delay)).toBeLessThanOrEqual(2);
});

it.each([110, 440, 590])('tells it of words at a pitch of %i Hz, which comes again and again', (pitch) => {
  const voice = said.map((sample, i) => (sample === 0 ? 0 : 0.2 * Math.sin((2 * Math.PI * pitch * i) / 48000)));
  expect(Math.abs((delayOf(voice.slice(longest), later(voice, 63)) ?? 0) - 63)).toBeLessThanOrEqual(2);
});

it('follows a delay that changes', () => {
  const meter = new DelayMeter();
  for (let i = 0; i < 9; i++) {
    const cut = (samples: Float32Array) => samples.slice(i * every, i * every + look);
    meter.take(cut(said.slice(longest)), cut(later(said, i < 3 ? 60 : 140)));
  }
  expect(Math.abs((meter.delay ?? 0) - 140)).toBeLessThanOrEqual(2);
});

it('says nothing of silence, of a held tone, of what does not belong together, and after a word', () => {
  const zeros = new Float32Array(said.length);
  const tone = zeros.map((_, i) => 0.3 * Math.sin(i / 20));
  expect(delayOf(zeros, zeros)).toBeUndefined();
  expect(delayOf(tone, tone)).toBeUndefined();
  expect(delayOf(said, tone)).toBeUndefined();
  expect(delayOf(said.slice(longest), later(said, 63), 2)).toBeUndefined();
});
