/**
 * The codec's thread: Opus comes and goes by a WebSocket to the app, sound by a port to the audio thread. Neither waits for
 * the page.
 */
import { buffersOf, Pool } from './pool';
import { heardPacket, spokenPacket, type Heard } from './wire';
import {
  sampleRate,
  type CodecCounts,
  type Encoding,
  type FromCodec,
  type LineState,
  type Sounded,
  type Spoken,
  type ToCodec,
  type Used,
} from './messages';

/** The part of DedicatedWorkerGlobalScope that is used. */
declare const self: {
  onmessage: ((event: MessageEvent<ToCodec>) => void) | null;
  postMessage(message: FromCodec): void;
};

/** Largest Opus payload in bytes that says "still silent" (RFC 6716 §2.1.9). */
const dtx = 2;
/** Bytes that may wait in the socket: a second of voice. Beyond that the app does not read, and new words go before old ones. */
const waitingMost = 16_000;
/** Milliseconds after which a line that broke is tried again. */
const againAfter = 500;

const counts: CodecCounts = { received: 0, lost: 0 };
const pool = new Pool();
let core: MessagePort | undefined;
let socket: WebSocket | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let encoder: Microphone | undefined;
let encoding: Encoding | undefined;
const seats = new Map<number, Seat>();

function tell(message: FromCodec): void {
  self.postMessage(message);
}

self.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'core':
      core = data.port;
      core.onmessage = ({ data: spoken }: MessageEvent<Spoken | Used>) =>
        'used' in spoken ? pool.put(spoken.used) : speak(spoken);
      break;
    case 'connect':
      connect(data.url);
      break;
    case 'disconnect':
      disconnect();
      break;
    case 'encoding':
      encoding = data.encoding;
      encoder?.close();
      encoder = undefined;
      break;
    case 'count':
      tell({ kind: 'counts', counts });
      break;
  }
};

function connect(url: string): void {
  disconnect();
  const line = new WebSocket(url);
  line.binaryType = 'arraybuffer';
  line.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data === 'string') {
      tell({ kind: 'state', state: (JSON.parse(data) as { state: LineState }).state });
      return;
    }
    const heard = heardPacket(data);
    if (heard) hear(heard);
  };
  line.onclose = () => {
    if (socket !== line) return;
    socket = undefined;
    tell({ kind: 'state', state: 'failed' });
    // It is on this machine: a page that stood still for too long was dropped, and comes back.
    retry = setTimeout(() => connect(url), againAfter);
  };
  socket = line;
}

function disconnect(): void {
  clearTimeout(retry);
  const line = socket;
  socket = undefined;
  line?.close();
  seats.forEach((seat) => seat.close());
  seats.clear();
  encoder?.close();
  encoder = undefined;
}

function hear(heard: Heard): void {
  let seat = seats.get(heard.seat);
  if (!seat) {
    seat = new Seat(heard.seat);
    seats.set(heard.seat, seat);
  }
  seat.decode(heard);
}

function speak(spoken: Spoken): void {
  if (encoding && socket?.readyState === WebSocket.OPEN) {
    encoder ??= new Microphone(encoding);
    encoder.encode(spoken);
  }
  const used: Used = { used: spoken.channels };
  core?.postMessage(used, buffersOf(spoken.channels));
}

/** The decoder of one seat. */
class Seat {
  private decoder: AudioDecoder | undefined;
  private sequence: number | undefined;
  /** Microseconds to what the decoder was given then. It may answer late, but in order. */
  private readonly given = new Map<number, { timestamp: number; last: boolean }>();
  private clock = 0;

  constructor(private readonly number: number) {}

  decode({ sequence, timestamp, opus }: Heard): void {
    counts.received++;
    const missing = this.sequence === undefined ? 0 : (sequence - this.sequence - 1) & 0xffff;
    if (missing < 1000) counts.lost += missing;
    this.sequence = sequence;
    const decoder = (this.decoder ??= this.open());
    // A clock of our own: only the order matters to the decoder, and timestamps wrap.
    this.clock += 20_000;
    this.given.set(this.clock, { timestamp, last: opus.byteLength <= dtx });
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: this.clock, data: opus }));
  }

  close(): void {
    if (this.decoder?.state === 'configured') this.decoder.close();
    this.decoder = undefined;
  }

  private open(): AudioDecoder {
    const decoder = new AudioDecoder({
      output: (sound) => this.sound(sound),
      error: (thrown) => {
        tell({ kind: 'trouble', detail: `decode: ${String(thrown)}` });
        if (this.decoder === decoder) this.decoder = undefined;
      },
    });
    decoder.configure({ codec: 'opus', sampleRate, numberOfChannels: 2 });
    return decoder;
  }

  private sound(sound: AudioData): void {
    const given = this.given.get(sound.timestamp);
    for (const key of this.given.keys()) if (key <= sound.timestamp) this.given.delete(key);
    if (given && core) {
      const channels = [0, 1].map((planeIndex) => {
        const samples = pool.take(sound.numberOfFrames);
        sound.copyTo(samples, { planeIndex, format: 'f32-planar' });
        return samples;
      });
      const sounded: Sounded = { seat: this.number, ...given, channels };
      core.postMessage(sounded, buffersOf(channels));
    }
    sound.close();
  }
}

/** The encoder of the microphone. */
class Microphone {
  private readonly encoder: AudioEncoder;
  /** What was put in and has not come out, oldest first: one packet each. */
  private readonly inside: Omit<Spoken, 'channels'>[] = [];
  private readonly planes: Float32Array<ArrayBuffer>;
  private clock = 0;

  constructor(private readonly encoding: Encoding) {
    this.encoder = new AudioEncoder({
      output: (chunk) => this.packet(chunk),
      error: (thrown) => {
        tell({ kind: 'trouble', detail: `encode: ${String(thrown)}` });
        if (encoder === this) encoder = undefined;
      },
    });
    const { bitrate, channels, packet } = encoding;
    this.planes = new Float32Array(channels * packet);
    this.encoder.configure({
      codec: 'opus',
      sampleRate,
      numberOfChannels: channels,
      bitrate,
      opus: { frameDuration: (packet * 1e6) / sampleRate },
    });
  }

  encode(spoken: Spoken): void {
    const { channels, packet } = this.encoding;
    const length = spoken.channels[0]?.length;
    if (spoken.channels.length !== channels || length !== packet) return; // from before the encoding changed
    spoken.channels.forEach((samples, channel) => this.planes.set(samples, channel * packet));
    const sound = new AudioData({
      format: 'f32-planar',
      sampleRate,
      numberOfFrames: packet,
      numberOfChannels: channels,
      // Microseconds of whole samples: what is cut off here is missing there.
      timestamp: Math.round((this.clock * 1e6) / sampleRate),
      data: this.planes,
    });
    this.clock += packet;
    this.inside.push({ first: spoken.first, level: spoken.level, timestamp: spoken.timestamp });
    this.encoder.encode(sound);
    sound.close();
  }

  close(): void {
    if (this.encoder.state !== 'closed') this.encoder.close();
  }

  private packet(chunk: EncodedAudioChunk): void {
    const spoken = this.inside.shift();
    if (!spoken || socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > waitingMost) return;
    const [packet, opus] = spokenPacket(spoken, chunk.byteLength);
    chunk.copyTo(opus);
    socket.send(packet);
  }
}
