import type { Candidate, NoiseLevel, Quality, Report } from '../app/api';
import type { Cleaning } from '../audio/care';

/** How a transport's offers and candidates reach the SFU. The room controller binds it to the app. */
export interface Signalling {
  /** Enters the room with an SDP offer; resolves to the answer. */
  join(offer: string): Promise<string>;
  /** Enters the room by a connection of the app's own with that many seats; resolves to where Opus comes and goes (ws://). */
  enter(seats: number): Promise<string>;
  candidate(candidate: Candidate): Promise<void>;
  /** Hands over another offer of the same connection; resolves to the answer. "" restarts the ICE of the app's own. */
  restart(offer: string): Promise<string>;
}

/**
 * Where the media of one stay is. "interrupted" is worth a word to the user but may heal; "failed" needs a restart.
 */
export type MediaState = 'closed' | 'connecting' | 'connected' | 'interrupted' | 'failed';

/** Why there is no microphone: the user or the system said no, there is none, or it would not open. */
export type MicrophoneTrouble = 'refused' | 'missing' | 'broken';

export class MicrophoneError extends Error {
  constructor(
    readonly trouble: MicrophoneTrouble,
    detail: string,
  ) {
    super(detail);
    this.name = 'MicrophoneError';
  }
}

/** How the microphone is cleaned while it sends a voice, and which devices are used. */
export interface SoundWish {
  echo: boolean;
  noise: NoiseLevel;
  gain: boolean;
  /** deviceId of those to use, '' for the system's default. */
  microphone: string;
  speaker: string;
}

/** What comes in by our microphone. */
export interface Heard {
  /** Of the device, as the browser gives it. */
  name: string;
  /** The largest sample lately, 0 to 1, before anything is done to it here; undefined where that is not known. */
  peak: number | undefined;
  /** The system, or a switch that it knows of, keeps the microphone silent. */
  silenced: boolean;
  /** What is wished to be taken out of it and stays in, because that could not be started. */
  uncleaned?: readonly Cleaning[];
}

/** Until the settings are known. */
export const usualSound: SoundWish = { echo: true, noise: 'standard', gain: true, microphone: '', speaker: '' };

export interface TransportEvents {
  onState(state: MediaState): void;
  /** An open microphone is gone: unplugged, or taken away by the system. */
  onMicrophoneLost(): void;
  /** No sound comes or goes, whatever is clicked: the sound system of this computer does not answer. false: it does. */
  onSoundless(soundless: boolean): void;
  /** The browser wants a click before it plays sound; resume() from one. false: sound plays. */
  onBlocked(blocked: boolean): void;
}

/**
 * Carries voice between this page and one room. One stay at a time: join, then leave, then join again.
 *
 * The session controller is written against this and does not know which it has: webrtc.ts, or loopback.ts where there is no
 * RTCPeerConnection.
 */
export interface VoiceTransport {
  /**
   * Gets ready for a room of that many seats, so that join has nothing to wait for. Cheap when ready already; anew starts
   * over, for when the network has changed.
   */
  prepare(seats: number, anew?: boolean): Promise<void>;
  /** Enters, from another stay without closing the microphone. Hearing starts as soon as the host's media arrives, microphone or not. */
  join(seats: number, signalling: Signalling): Promise<void>;
  /** Finds a new way to the host (ICE restart) without a new stay. */
  restart(): Promise<void>;
  /** Whether what is sent takes the way that the last restart found. A connection may stand all the same, and lead nowhere. */
  followed(): Promise<boolean>;
  /** Asks the host once more what to send, on the same way. */
  renegotiate(): Promise<void>;
  /**
   * What to send from now on, and how to take it in. In a stay the host is asked for it, and an open microphone is opened
   * anew when music comes or goes. Cheap when nothing has changed. Rejects when that cannot be done now; call it again.
   */
  setQuality(quality: Quality): Promise<void>;
  /**
   * How to take the microphone in, and where to play, from now on: at once, in a stay. Cheap when nothing has changed. A microphone that
   * cannot be opened so is lost, and onMicrophoneLost is called.
   */
  setSound(wish: SoundWish): Promise<void>;
  /** What was received since it was last asked, or undefined while there is nothing to compare. */
  measure(): Promise<Report | undefined>;
  /** Opens the microphone and sends it. Rejects with a MicrophoneError. */
  openMicrophone(): Promise<void>;
  /** What comes in by the open microphone, muted or not; undefined without one. Ask twice a second. */
  heard(): Heard | undefined;
  /** Takes effect at once on what is sent, now and after a later openMicrophone. */
  setMuted(muted: boolean): void;
  /** Lets nothing be heard here, now and in later stays. */
  setDeaf(deaf: boolean): void;
  /** How loud each seat is played, 1 being as it comes and 2 the most; seats without a number are at 1. */
  setVolumes(seats: readonly number[]): void;
  /**
   * Calls fn ten times a second with the level of the open microphone in dBFS, whether it is muted or not; undefined stops that. It
   * survives another opening of the microphone.
   */
  overhear(fn: ((level: number) => void) | undefined): void;
  /**
   * Says of each seat whether its speaker is muted: they fall silent, whatever of theirs is still on its way, but for their last
   * word, which those of atOnce do not get.
   */
  silence(seats: readonly boolean[], atOnce?: readonly boolean[]): void;
  /** Says whether nobody is there to hear us: a voice need not be made ready for them, now and in later stays. */
  setAlone(alone: boolean): void;
  /** Plays what the browser blocked. Call it from a click. */
  resume(): void;
  /** Stops everything: microphone, connection, playback. Idempotent. */
  leave(): void;
}
