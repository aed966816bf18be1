import { expect, it, vi } from 'vitest';

vi.stubGlobal('AudioWorkletProcessor', class {});
vi.stubGlobal('registerProcessor', () => undefined);
const { Reblock } = await import('../src/audio/cleaner');

it('gives blocks of 480 to what works on them, and puts out what goes in 10 ms later', () => {
  const sizes: number[] = [];
  const blocks = new Reblock((samples) => {
    sizes.push(samples.length);
    for (let i = 0; i < samples.length; i++) samples[i] = -(samples[i] ?? 0);
  });
  const out: number[] = [];
  for (let at = 0; at < 4800; at += 128) {
    const output = new Float32Array(128);
    blocks.pass(
      Float32Array.from({ length: 128 }, (_, i) => at + i + 1),
      output,
    );
    out.push(...output);
  }
  expect(new Set(sizes)).toEqual(new Set([480]));
  expect(out.slice(0, 480).every((sample) => sample === 0)).toBe(true);
  expect(out.slice(480, 4800)).toEqual(Array.from({ length: 4320 }, (_, i) => -(i + 1)));
});
