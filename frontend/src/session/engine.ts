/**
 * The threads that carry a voice without RTCPeerConnection: the audio thread (audio/core.ts) between microphone,
 * loudspeaker and Opus, and the line's (audio/line.ts) between it and the app. This page only starts and steers them.
 */
import {
  coreName,
  sampleRate,
  type Care,
  type Counts,
  type Encoding,
  type FromCore,
  type FromLine,
  type LineState,
  type Loudness,
  type Samples,
  type ToCore,
  type ToLine,
} from '../audio/messages';
import type { Cleaning } from '../audio/care';
import coreURL from '../audio/core.ts?worker&url';
import echoURL from '../audio/echo.ts?worker&url';
import lineURL from '../audio/line.ts?worker&url';
import noiseURL from '../audio/noise.ts?worker&url';
import opusURL from '../audio/opus.ts?worker&url';

/** Milliseconds that an answer of a thread may take: it has nothing else to do that lasts. */
const answerWithin = 1000;

export type { Counts };

/** A microphone that the app opens, and its loudspeaker. */
export interface Card {
  /** Name of the microphone that is open. */
  readonly name: string | undefined;
  /** The system keeps it silent. */
  readonly muted: boolean;
  /** Uses these devices from now on, by their ids; '' is the system's. Both change at once, an open microphone without another open. */
  use(microphone: string, speaker: string): void;
  /** Resolves to the name of the microphone that is open; rejects with a MicrophoneError. */
  open(): Promise<string>;
  /** Closes the microphone. */
  close(): void;
  /** Told when an open microphone is gone. */
  onLost: () => void;
  /** Told whether nothing can be played: no sound server answers. */
  onSoundless: (soundless: boolean) => void;
}

/** What the rest of the page knows of the threads. */
export interface Engine {
  /** Runs while the context does; undefined where the app has the sound card. */
  readonly context: AudioContext | undefined;
  /** The app's sound card, undefined where the page's own sound is used. */
  readonly card?: Card;
  /** Told of the line to the app. */
  onState: (state: LineState) => void;
  /** What could not be started. */
  readonly lacks: ReadonlySet<Cleaning>;
  /** Sends this microphone; none with undefined. */
  setMicrophone(track: MediaStreamTrack | undefined): void;
  setEncoding(encoding: Encoding, care: Care): void;
  setMuted(muted: boolean): void;
  /** Takes it easy, or not any more: nobody hears what is said. */
  rest(resting: boolean): void;
  silence(seats: readonly boolean[]): void;
  /** How loud everything is, and each seat in it, 1 being as it comes; seats without a number are at 1. */
  setVolumes(all: number, seats: readonly number[]): void;
  /** Calls fn ten times a second with how loud the microphone is, muted or not; undefined stops that. */
  listen(fn: ((loudness: Loudness) => void) | undefined): void;
  connect(url: string): void;
  disconnect(): void;
  /** Everything since the beginning; undefined when a thread does not answer. */
  count(): Promise<Counts | undefined>;
}

/** Starts the threads. The context may have to wait for a click before it runs. */
export async function startEngine(): Promise<Engine> {
  const context = new AudioContext({ sampleRate, latencyHint: 'interactive' });
  await context.audioWorklet.addModule(coreURL);
  // It resolves too when the module threw: then this throws.
  const core = new AudioWorkletNode(context, coreName, { outputChannelCount: [2] });
  core.connect(context.destination);
  await context.audioWorklet.addModule(opusURL);
  const line = new Worker(lineURL, { name: 'earshot-line', type: 'module' });
  const threads = new PageThreads(context, core, line);
  threads.equip();
  // Big, and nobody waits for them: until they are there, a voice goes as it is.
  for (const [part, url] of [
    ['echo', echoURL],
    ['noise', noiseURL],
  ] as const) {
    context.audioWorklet.addModule(url).then(
      () => threads.equip(),
      (thrown: unknown) => {
        console.warn(part, thrown);
        threads.lacks.add(part);
      },
    );
  }
  return threads;
}

/** What both kinds of audio threads have in common: a port to the processor of core.ts. */
export abstract class Threads {
  onState: (state: LineState) => void = () => undefined;
  readonly lacks = new Set<Cleaning>();
  private counted: ((counts: Counts) => void) | undefined;
  private sampled: ((samples: Samples) => void) | undefined;
  private listening: ((loudness: Loudness) => void) | undefined;

  constructor(private readonly core: MessagePort) {
    core.onmessage = ({ data }: MessageEvent<FromCore>) => {
      switch (data.kind) {
        case 'counts':
          this.counted?.(data.counts);
          break;
        case 'samples':
          this.sampled?.(data.samples);
          break;
        case 'loudness':
          this.listening?.(data.loudness);
          break;
      }
    };
  }

  setEncoding(encoding: Encoding, care: Care): void {
    this.tellCore({ kind: 'encoding', encoding, care });
  }

  equip(): void {
    this.tellCore({ kind: 'equip' });
  }

  setMuted(muted: boolean): void {
    this.tellCore({ kind: 'muted', muted });
  }

  rest(resting: boolean): void {
    this.tellCore({ kind: 'rest', resting });
  }

  silence(seats: readonly boolean[]): void {
    this.tellCore({ kind: 'silent', seats });
  }

  setVolumes(all: number, seats: readonly number[]): void {
    this.tellCore({ kind: 'volumes', all, seats });
  }

  listen(fn: ((loudness: Loudness) => void) | undefined): void {
    this.listening = fn;
  }

  count(): Promise<Counts | undefined> {
    const counts = new Promise<Counts>((resolve) => (this.counted = resolve));
    this.tellCore({ kind: 'count' });
    return Promise.race([counts, tooLate()]);
  }

  sample(): Promise<Samples | undefined> {
    const samples = new Promise<Samples>((resolve) => (this.sampled = resolve));
    this.tellCore({ kind: 'sample' });
    return Promise.race([samples, tooLate()]);
  }

  play(samples: Float32Array<ArrayBuffer>): void {
    this.tellCore({ kind: 'play', samples });
  }

  protected tellCore(message: ToCore, transfer: Transferable[] = []): void {
    this.core.postMessage(message, transfer);
  }
}

const tooLate = () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), answerWithin));

/** The audio thread is the page's own AudioWorklet. */
class PageThreads extends Threads implements Engine {
  private source: MediaStreamAudioSourceNode | undefined;
  private microphone: MediaStreamTrack | undefined;

  constructor(
    readonly context: AudioContext,
    private readonly node: AudioWorkletNode,
    private readonly line: Worker,
  ) {
    super(node.port);
    const between = new MessageChannel();
    this.tellCore({ kind: 'line', port: between.port1 }, [between.port1]);
    this.tellLine({ kind: 'core', port: between.port2 }, [between.port2]);
    line.onmessage = ({ data }: MessageEvent<FromLine>) => this.onState(data.state);
  }

  connect(url: string): void {
    this.tellLine({ kind: 'connect', url });
  }

  disconnect(): void {
    this.tellLine({ kind: 'disconnect' });
  }

  setMicrophone(track: MediaStreamTrack | undefined): void {
    // WebKitGTK collects without bound for a source that nobody reads, until it is collected itself: only one is made.
    if (track === this.microphone) return;
    this.microphone = track;
    this.source?.disconnect();
    this.source = track && new MediaStreamAudioSourceNode(this.context, { mediaStream: new MediaStream([track]) });
    this.source?.connect(this.node);
  }

  private tellLine(message: ToLine, transfer: Transferable[] = []): void {
    this.line.postMessage(message, transfer);
  }
}
