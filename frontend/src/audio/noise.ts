/**
 * RNNoise, in the audio thread: keeps voices and takes away fans, keyboards and streets. The network is the little one of
 * 2018; that of 2024 is 4.8 MB and needs eight times the processor.
 */
import binary from '@shiguredo/rnnoise-wasm/dist/rnnoise_simd.wasm?url&inline';
import { block, parts, type NoiseSuppressor } from './care';
import { start } from './wasm';

interface Library {
  memory: WebAssembly.Memory;
  __wasm_call_ctors(): void;
  malloc(bytes: number): number;
  rnnoise_create(model: number): number;
  rnnoise_process_frame(state: number, out: number, samples: number): number;
}

/** It takes samples as large as 16 bits hold. */
const large = 32768;

parts.earshotNoise = load();

async function load(): Promise<() => NoiseSuppressor> {
  const library: Library = await start<Library>(binary, {
    env: {
      emscripten_memcpy_big: (to: number, from: number, count: number) => {
        new Uint8Array(library.memory.buffer).copyWithin(to, from, from + count);
        return to;
      },
      emscripten_resize_heap: () => 0, // what it has is enough: there is one state
      __assert_fail: () => undefined,
    },
  });
  library.__wasm_call_ctors();
  const state = library.rnnoise_create(0);
  const at = library.malloc(4 * block);
  const inside = new Float32Array(library.memory.buffer, at, block);
  const suppressor: NoiseSuppressor = {
    clean(samples) {
      for (let i = 0; i < block; i++) inside[i] = (samples[i] ?? 0) * large;
      const voice = library.rnnoise_process_frame(state, at, at);
      for (let i = 0; i < block; i++) samples[i] = (inside[i] ?? 0) / large;
      return voice;
    },
  };
  return () => suppressor;
}
