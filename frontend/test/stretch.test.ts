import { expect, it } from 'vitest';
import { Stretch } from '../src/audio/stretch';

const block = 480;

it('gives back what it gets when nothing is to be longer', () => {
  const left = Float32Array.from({ length: block }, (_, i) => i);
  const right = left.map((each) => -each);
  const out = new Float32Array(2 * block);
  new Stretch().interleave(left, right, out);
  expect([out[0], out[1], out[958], out[959]]).toEqual([0, -0, 479, -479]);
});

it.each([-2, -1, 1, 2])('makes blocks %d samples longer without a seam', (longer) => {
  const stretch = new Stretch();
  const sound: number[] = [];
  for (let n = 0; n < 100; n++) {
    const samples = Float32Array.from({ length: block }, (_, i) =>
      Math.sin((2 * Math.PI * 440 * (n * block + i)) / 48000),
    );
    const out = new Float32Array(2 * (block + longer));
    stretch.interleave(samples, samples, out);
    for (let i = 0; i < out.length; i += 2) sound.push(out[i] ?? 0);
  }
  // A sine's next sample is a multiple of the last, less the one before; a click is not.
  const turn = 2 * Math.cos((2 * Math.PI * 440 * block) / (block + longer) / 48000);
  let worst = 0;
  for (let i = 2; i < sound.length; i++)
    worst = Math.max(worst, Math.abs((sound[i] ?? 0) - turn * (sound[i - 1] ?? 0) + (sound[i - 2] ?? 0)));
  expect(worst).toBeLessThan(0.002);
});
