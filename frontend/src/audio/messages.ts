/** What the page, the audio thread (core.ts, card.ts) and the line's thread (line.ts) say to each other. */
import type { NoiseLevel } from '../app/api';
import type { Part } from './care';

/** One piece of the microphone, 10 or 20 ms, on its way to the encoder. */
export interface Spoken {
  /** Of its first sample, on the microphone's clock at 48 kHz. */
  timestamp: number;
  /** dB below full scale, 0 to 127. */
  level: number;
  /** The first after a silence. */
  first: boolean;
  /** Samples by channel. They are overwritten by the next piece. */
  channels: readonly Float32Array[];
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
  noise: NoiseLevel;
  gain: boolean;
}

/** Ten times a second, of the microphone, muted or not. */
export interface Loudness {
  /** The largest sample, 0 to 1, as it came in. */
  peak: number;
  /** Of what is sent or, while it is muted, of what is left of it without the echo, in dBFS. */
  level: number;
}

/** The last of what came in by the microphone and of what was played, of the same time. */
export interface Samples {
  said: Float32Array<ArrayBuffer>;
  heard: Float32Array<ArrayBuffer>;
}

/** The line to the app, as the audio thread has it: by a port to the line's thread (line.ts), or with the sound card's ticks (card.ts). */
export interface Line {
  /** Calls fn with each message of the app: packets of seats (wire.ts). */
  listen(fn: (message: Uint8Array<ArrayBuffer>) => void): void;
  /** Takes a packet of the microphone, which is gone then. */
  send(packet: Uint8Array<ArrayBuffer>): void;
}

/** The page to the audio thread. */
export type ToCore =
  | { kind: 'line'; port: MessagePort }
  | { kind: 'muted'; muted: boolean }
  /** Nobody hears what is said, so it goes as it is. */
  | { kind: 'rest'; resting: boolean }
  | { kind: 'silent'; seats: readonly boolean[] }
  /** How loud everything is, and each seat in it: 1 is as it comes. */
  | { kind: 'volumes'; all: number; seats: readonly number[] }
  | { kind: 'encoding'; encoding: Encoding; care: Care }
  /** Another part has been loaded, see care.ts. */
  | { kind: 'equip' }
  | { kind: 'count' }
  /** To be played once, beside the voices. */
  | { kind: 'play'; samples: Float32Array }
  /** Asks for Samples, which are kept from the first time on. */
  | { kind: 'sample' };

/** Since the audio thread began. */
export interface Counts {
  /** Samples: played while seats spoke, made up, and waited by each of those played. */
  total: number;
  concealed: number;
  waited: number;
  /** Packets. */
  received: number;
  lost: number;
}

/** The audio thread to the page. */
export type FromCore =
  { kind: 'counts'; counts: Counts } | { kind: 'loudness'; loudness: Loudness } | { kind: 'samples'; samples: Samples };

/** The page to the line's thread. */
export type ToLine = { kind: 'core'; port: MessagePort } | { kind: 'connect'; url: string } | { kind: 'disconnect' };

/** Which devices the app is to use, by their ids; '' is the system's (package voice of the app, sound.go). */
export interface CardWish {
  microphone: boolean;
  /** Whether what the loudspeaker plays is wanted too: an echo canceller's reference. */
  played: boolean;
  input: string;
  output: string;
  /** Whether it is asked every 10 ms always: packets of the microphone are no longer. */
  short: boolean;
  /** Whether it is asked less often still: nobody hears it, and it hears nobody. */
  resting: boolean;
  /** The URL of the line by which it speaks and hears; '' is none. */
  line: string;
}

/** Before anything is wished for. */
export const noWish: CardWish = {
  microphone: false,
  played: false,
  input: '',
  output: '',
  short: false,
  resting: false,
  line: '',
};

/** What has become of it. */
export interface CardState {
  /** Whether anything can be played. */
  sound: boolean;
  microphone: 'closed' | 'open' | 'missing' | 'broken';
  /** Names of what is used. */
  input: string;
  output: string;
  /** The system keeps the open microphone silent. */
  muted: boolean;
}

/** The page to the audio thread of card.ts. */
export type ToCard =
  /** core is the module of core.ts, parts those that it is given later, in this order. */
  | { kind: 'begin'; core: string; parts: readonly (readonly [Part, string])[]; port: MessagePort }
  /** To the sound card. */
  | { kind: 'connect'; url: string }
  | { kind: 'disconnect' }
  | { kind: 'wish'; wish: CardWish };

/** And back. */
export type FromCard =
  | { kind: 'loaded'; part: Part }
  /** A part, or without one everything, cannot be started. */
  | { kind: 'unable'; part?: Part; why: string }
  | { kind: 'state'; state: CardState }
  | { kind: 'line'; state: LineState };

export type LineState = 'connecting' | 'connected' | 'interrupted' | 'failed';

/** The line's thread to the page. */
export interface FromLine {
  state: LineState;
}

/** What voice is sampled at, in Hz. */
export const sampleRate = 48000;
/** The name of the processor of core.ts. */
export const coreName = 'earshot-core';
/** And of cleaner.ts. */
export const cleanerName = 'earshot-cleaner';
