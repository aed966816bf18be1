/**
 * What the audio thread is given: Opus, the echo canceller and the noise suppressor are compiled from C and C++ and are
 * big; each is a module of its own that is loaded into the audio thread after it has begun, and leaves itself here.
 */
import type { Encoding } from './messages';

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

/** Decodes the packets of one seat. What it returns, samples by channel, is overwritten by the next. */
export interface OpusDecoder {
  /** undefined for what is no Opus. */
  decode(packet: Uint8Array): Float32Array[] | undefined;
  /** That many samples, whole 2.5 ms, of what was lost. */
  makeUp(samples: number): Float32Array[] | undefined;
}

export interface OpusEncoder {
  /** One packet, overwritten by the next. One of two bytes or fewer says "still silent". */
  encode(channels: readonly Float32Array[]): Uint8Array | undefined;
  close(): void;
}

export interface Opus {
  decoder(): OpusDecoder;
  encoder(encoding: Encoding): OpusEncoder;
}

/** What the modules leave in the global scope of the audio thread. */
export interface Parts {
  earshotOpus?: Promise<Opus>;
  earshotEcho?: Promise<() => EchoCanceller>;
  earshotNoise?: Promise<() => NoiseSuppressor>;
}

export const parts = globalThis as Parts;

/** What a voice can do without: it then goes as it is. */
export type Cleaning = 'echo' | 'noise';
/** A part as it is loaded. */
export type Part = 'opus' | Cleaning;
export const partOf = { opus: 'earshotOpus', echo: 'earshotEcho', noise: 'earshotNoise' } as const satisfies Record<
  Part,
  keyof Parts
>;
