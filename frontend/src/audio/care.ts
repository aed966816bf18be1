/**
 * What is done to a voice before it is encoded. The echo canceller and the noise suppressor are compiled from C++ and C and
 * are big; each is a module of its own that is loaded into the audio thread after it has begun, and leaves itself here.
 */

/** Samples of 10 ms at 48 kHz: what all of them work on. */
export const block = 480;

/** Takes what the loudspeaker plays out of the microphone. */
export interface EchoCanceller {
  /** Both of one block. Cleans the microphone's in place. */
  clean(microphone: Float32Array, played: Float32Array): void;
}

export interface NoiseSuppressor {
  /** Cleans a block in place; returns how likely it is that somebody speaks, 0 to 1. */
  clean(samples: Float32Array): number;
}

/** What the modules leave in the global scope of the audio thread. */
export interface Parts {
  earshotEcho?: Promise<() => EchoCanceller>;
  earshotNoise?: Promise<() => NoiseSuppressor>;
}

export const parts = globalThis as Parts;
