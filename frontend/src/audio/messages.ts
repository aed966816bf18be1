/** What the page, the audio thread (core.ts) and the codec's thread (codec.ts) say to each other. */

/** Samples by channel. Whoever has used them sends them back: WebKit collects what these threads drop only when it is a lot. */
export type Channels = Float32Array<ArrayBuffer>[];

export interface Used {
  used: Channels;
}

/** One piece of the microphone, 10 or 20 ms, on its way to the encoder. */
export interface Spoken {
  /** Of its first sample, on the microphone's clock at 48 kHz. */
  timestamp: number;
  /** dB below full scale, 0 to 127. */
  level: number;
  /** The first after a silence. */
  first: boolean;
  channels: Channels;
}

/** Sound of a seat, on its way to the loudspeaker. */
export interface Sounded {
  seat: number;
  timestamp: number;
  /** Its sender is silent from here on. */
  last: boolean;
  channels: Channels;
}

/** What the encoder makes. */
export interface Encoding {
  /** bit/s */
  bitrate: number;
  channels: 1 | 2;
  /** Samples of a packet at 48 kHz: 480 or 960. */
  packet: 480 | 960;
}

/** What is done to the microphone before it is encoded. */
export interface Care {
  echo: boolean;
  noise: boolean;
  gain: boolean;
}

/** The page to the audio thread. */
export type ToCore =
  | { kind: 'codec'; port: MessagePort }
  | { kind: 'muted'; muted: boolean }
  | { kind: 'silent'; seats: readonly boolean[] }
  | { kind: 'encoding'; encoding: Encoding; care: Care }
  /** Another part of the care of the microphone has been loaded. */
  | { kind: 'equip' }
  | { kind: 'count' };

/** Samples since the audio thread began: played while seats spoke, made up, and waited by each of those played. */
export interface CoreCounts {
  total: number;
  concealed: number;
  waited: number;
}

/** The audio thread to the page. */
export type FromCore = { kind: 'counts'; counts: CoreCounts };

/** The page to the codec's thread. */
export type ToCodec =
  | { kind: 'core'; port: MessagePort }
  | { kind: 'connect'; url: string }
  | { kind: 'disconnect' }
  | { kind: 'encoding'; encoding: Encoding }
  | { kind: 'count' };

export type LineState = 'connecting' | 'connected' | 'interrupted' | 'failed';

/** Packets since the codec's thread began. */
export interface CodecCounts {
  received: number;
  lost: number;
}

/** The codec's thread to the page. */
export type FromCodec =
  { kind: 'state'; state: LineState } | { kind: 'counts'; counts: CodecCounts } | { kind: 'trouble'; detail: string };

/** What voice is sampled at, in Hz. */
export const sampleRate = 48000;
/** The name of the processor of core.ts. */
export const coreName = 'earshot-core';
