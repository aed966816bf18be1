/**
 * The threads that carry a voice without RTCPeerConnection: the audio thread (audio/core.ts) between microphone and
 * loudspeaker, and the codec's (audio/codec.ts) between it and the app. This page only starts and steers them.
 */
import {
  coreName,
  sampleRate,
  type Care,
  type CodecCounts,
  type CoreCounts,
  type Encoding,
  type FromCodec,
  type FromCore,
  type LineState,
  type ToCodec,
  type ToCore,
} from '../audio/messages';
import codecURL from '../audio/codec.ts?worker&url';
import coreURL from '../audio/core.ts?worker&url';
import echoURL from '../audio/echo.ts?worker&url';
import noiseURL from '../audio/noise.ts?worker&url';

/** Milliseconds that an answer of a thread may take: they have nothing else to do that lasts. */
const answerWithin = 1000;

export type Counts = CoreCounts & CodecCounts;

/** What the rest of the page knows of the threads. */
export interface Engine {
  /** Runs while the context does. */
  readonly context: AudioContext;
  /** Told of the line to the app. */
  onState: (state: LineState) => void;
  /** Sends this microphone; none with undefined. */
  setMicrophone(track: MediaStreamTrack | undefined): void;
  setEncoding(encoding: Encoding, care: Care): void;
  setMuted(muted: boolean): void;
  silence(seats: readonly boolean[]): void;
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
  const codec = new Worker(codecURL, { name: 'earshot-codec', type: 'module' });
  const threads = new Threads(context, core, codec);
  // Big, and nobody waits for them: until they are there, a voice goes as it is.
  for (const part of [echoURL, noiseURL]) {
    context.audioWorklet.addModule(part).then(
      () => threads.equip(),
      (thrown: unknown) => console.warn(part, thrown),
    );
  }
  return threads;
}

class Threads implements Engine {
  onState: (state: LineState) => void = () => undefined;
  private source: MediaStreamAudioSourceNode | undefined;
  private coreCounts: ((counts: CoreCounts) => void) | undefined;
  private codecCounts: ((counts: CodecCounts) => void) | undefined;

  constructor(
    readonly context: AudioContext,
    private readonly core: AudioWorkletNode,
    private readonly codec: Worker,
  ) {
    const between = new MessageChannel();
    this.tellCore({ kind: 'codec', port: between.port1 }, [between.port1]);
    this.tellCodec({ kind: 'core', port: between.port2 }, [between.port2]);
    core.port.onmessage = ({ data }: MessageEvent<FromCore>) => this.coreCounts?.(data.counts);
    codec.onmessage = ({ data }: MessageEvent<FromCodec>) => this.codecSaid(data);
  }

  setMicrophone(track: MediaStreamTrack | undefined): void {
    this.source?.disconnect();
    this.source = track && new MediaStreamAudioSourceNode(this.context, { mediaStream: new MediaStream([track]) });
    this.source?.connect(this.core);
  }

  setEncoding(encoding: Encoding, care: Care): void {
    this.tellCodec({ kind: 'encoding', encoding });
    this.tellCore({ kind: 'encoding', encoding, care });
  }

  equip(): void {
    this.tellCore({ kind: 'equip' });
  }

  setMuted(muted: boolean): void {
    this.tellCore({ kind: 'muted', muted });
  }

  silence(seats: readonly boolean[]): void {
    this.tellCore({ kind: 'silent', seats });
  }

  connect(url: string): void {
    this.tellCodec({ kind: 'connect', url });
  }

  disconnect(): void {
    this.tellCodec({ kind: 'disconnect' });
  }

  async count(): Promise<Counts | undefined> {
    const core = new Promise<CoreCounts>((resolve) => (this.coreCounts = resolve));
    const codec = new Promise<CodecCounts>((resolve) => (this.codecCounts = resolve));
    const tooLate = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), answerWithin));
    this.tellCore({ kind: 'count' });
    this.tellCodec({ kind: 'count' });
    const both = await Promise.race([Promise.all([core, codec]), tooLate]);
    return both && { ...both[0], ...both[1] };
  }

  private codecSaid(message: FromCodec): void {
    switch (message.kind) {
      case 'state':
        this.onState(message.state);
        break;
      case 'counts':
        this.codecCounts?.(message.counts);
        break;
      case 'trouble':
        console.warn(message.detail);
        break;
    }
  }

  private tellCore(message: ToCore, transfer: Transferable[] = []): void {
    this.core.port.postMessage(message, transfer);
  }

  private tellCodec(message: ToCodec, transfer: Transferable[] = []): void {
    this.codec.postMessage(message, transfer);
  }
}
