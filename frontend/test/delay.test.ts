import { expect, it } from 'vitest';
import { delayOf, middle } from '../src/session/delay';

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

const said = words(32768 + 48 * 400);

it.each([20, 112, 250, 390])('tells a delay of %i ms, whatever the loudness and through noise', (delay) => {
  const input = said.slice(48 * 400);
  const late = said
    .slice(48 * (400 - delay), 48 * (400 - delay) + 32768)
    .map((sample, i) => 0.3 * sample + 0.002 * Math.sin(i));
  expect(Math.abs((delayOf(input, late) ?? 0) - delay)).toBeLessThanOrEqual(2);
});

it('says nothing of silence, of a held tone and of what does not belong together', () => {
  const zeros = new Float32Array(32768);
  const tone = zeros.map((_, i) => 0.3 * Math.sin(i / 20));
  expect(delayOf(zeros, zeros)).toBeUndefined();
  expect(delayOf(tone, tone)).toBeUndefined();
  expect(delayOf(said.slice(0, 32768), tone)).toBeUndefined();
});

it('takes the middle of what was measured', () => {
  expect(middle([110, 400, 112, 111, 5])).toBe(111);
  expect(middle([])).toBeUndefined();
});
