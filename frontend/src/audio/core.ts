/**
 * The audio thread: decodes the seats and plays them, mixed, and takes the microphone in and encodes it. Playing and taking
 * in are one call, so that what is played is known when its echo comes back.
 */
import { Capture } from './capture';
import { parts, type Opus, type OpusEncoder } from './care';
import {
  coreName,
  type Care,
  type Counts,
  type Encoding,
  type FromCore,
  type Line,
  type Spoken,
  type ToCore,
} from './messages';
import { dtx, Seat } from './seat';
import { heardPackets, spokenPacket } from './wire';

// AudioWorkletGlobalScope, which TypeScript's library leaves out.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Samples that a muted speaker's last word still has to arrive (see playback.ts). */
const lastWord = 4800;

/** Samples between two packets of a silence, 400 ms (RFC 7587 §3.1.3): the host knows by them that it still receives us. */
const stillThere = 19_200;

/** Samples that are kept of both ends for whoever measures the delay between them: 0.68 s. */
const kept = 32_768;

/** A seat and how it is played. */
interface Place {
  seat: Seat;
  /** Of the last call, 0 to 2. */
  gain: number;
  /** Samples until a muted speaker is silent. */
  left: number;
}

class Core extends AudioWorkletProcessor {
  private readonly places: (Place | undefined)[] = [];
  private silent: readonly boolean[] = [];
  private volume = 1;
  private volumes: readonly number[] = [];
  private readonly capture = new Capture(
    (spoken) => this.say(spoken),
    (loudness) => this.tell({ kind: 'loudness', loudness }),
  );
  private line: Line | undefined;
  private opus: Opus | undefined;
  private encoding: Encoding | undefined;
  private encoder: OpusEncoder | undefined;
  /** The encoder has said that it is silent, so the next word is the first. */
  private hushed = false;
  /** Of the last packet. */
  private saidAt = 0;
  /** What is played beside the voices, and how far it is. */
  private chime: Float32Array | undefined;
  private chimed = 0;
  private scope: { said: Ring; heard: Ring } | undefined;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToCore>) => this.told(data);
  }

  process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
    const [left, right = left] = outputs[0] ?? [];
    if (!left || !right) return true;
    this.places.forEach((place, number) => place && this.play(place, number, left, right));
    if (this.chime) this.ring(this.chime, left, right);
    limit(left);
    if (right !== left) limit(right);
    this.scope?.heard.add(left);
    this.scope?.said.add(inputs[0]?.[0] ?? silence.subarray(0, left.length));
    // The app knows better what was played, and when (card.ts).
    const [echo] = inputs[1] ?? [];
    this.capture.take(inputs[0] ?? [], echo ?? left, echo ?? right);
    return true;
  }

  /** Speaks and hears by this line. */
  attach(line: Line): void {
    this.line = line;
    line.listen((heard) => this.hear(heard));
  }

  /** That many blocks of the microphone never came here. */
  leaveOut(blocks: number): void {
    this.capture.leaveOut(blocks);
  }

  /** Blocks of the microphone that wait for a whole packet. */
  get begun(): number {
    return this.capture.begun;
  }

  private ring(chime: Float32Array, left: Float32Array, right: Float32Array): void {
    for (let i = 0; i < left.length; i++) {
      const sample = chime[this.chimed++] ?? 0;
      left[i] = (left[i] ?? 0) + sample;
      if (right !== left) right[i] = (right[i] ?? 0) + sample;
    }
    if (this.chimed >= chime.length) this.chime = undefined;
  }

  private play(place: Place, number: number, left: Float32Array, right: Float32Array): void {
    place.left = this.silent[number] === true ? Math.max(0, place.left - left.length) : lastWord;
    const gain = place.left > 0 ? this.volume * (this.volumes[number] ?? 1) : 0;
    place.seat.playout.read(left, right, place.gain, gain);
    place.gain = gain;
  }

  private told(message: ToCore): void {
    switch (message.kind) {
      case 'line':
        this.attach(lineBy(message.port));
        break;
      case 'muted':
        this.capture.muted = message.muted;
        break;
      case 'rest':
        this.capture.resting = message.resting;
        break;
      case 'silent':
        this.silent = message.seats;
        break;
      case 'volumes':
        this.volume = message.all;
        this.volumes = message.seats;
        break;
      case 'encoding':
        this.encode(message.encoding, message.care);
        break;
      case 'equip':
        this.capture.equip();
        void parts.earshotOpus?.then((opus) => (this.opus = opus));
        break;
      case 'count':
        this.tell({ kind: 'counts', counts: this.counts() });
        break;
      case 'play':
        this.chime = message.samples;
        this.chimed = 0;
        break;
      case 'sample': {
        const { said, heard } = (this.scope ??= { said: new Ring(kept), heard: new Ring(kept) });
        this.tell({ kind: 'samples', samples: { said: said.samples(), heard: heard.samples() } });
        break;
      }
    }
  }

  private tell(message: FromCore): void {
    this.port.postMessage(message);
  }

  private encode(encoding: Encoding, care: Care): void {
    this.capture.set(encoding, care);
    const same = JSON.stringify(encoding) === JSON.stringify(this.encoding);
    this.encoding = encoding;
    if (same) return; // another care is no reason to begin anew
    this.encoder?.close();
    this.encoder = undefined;
  }

  private say(spoken: Spoken): void {
    if (!this.encoding) return;
    this.encoder ??= this.opus?.encoder(this.encoding);
    const packet = this.encoder?.encode(spoken.channels);
    if (!packet) return;
    const hushed = packet.length <= dtx;
    // One packet tells the others that a silence begins; of the rest of it few need be sent.
    if (hushed && this.hushed && spoken.timestamp - this.saidAt < stillThere) return;
    this.saidAt = spoken.timestamp;
    const first = spoken.first || this.hushed;
    this.hushed = hushed;
    this.line?.send(spokenPacket({ ...spoken, first }, packet));
  }

  private hear(message: Uint8Array<ArrayBuffer>): void {
    if (!this.opus) return;
    for (const heard of heardPackets(message)) {
      const place = (this.places[heard.seat] ??= { seat: new Seat(this.opus.decoder()), gain: 1, left: lastWord });
      place.seat.take(heard);
    }
  }

  private counts(): Counts {
    const counts = { total: 0, concealed: 0, waited: 0, received: 0, lost: 0 };
    for (const place of this.places) {
      if (!place) continue;
      const { playout, received, lost } = place.seat;
      counts.total += playout.total;
      counts.concealed += playout.concealed;
      counts.waited += playout.waited;
      counts.received += received;
      counts.lost += lost;
    }
    return counts;
  }
}

const lineBy = (port: MessagePort): Line => ({
  listen: (fn) => (port.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => fn(data)),
  send: (packet) => port.postMessage(packet, [packet.buffer]),
});

const silence = new Float32Array(480);

/** The last samples of a sound. */
class Ring {
  private readonly buffer: Float32Array<ArrayBuffer>;
  private at = 0;

  constructor(length: number) {
    this.buffer = new Float32Array(length);
  }

  add(samples: Float32Array): void {
    for (const sample of samples) {
      this.buffer[this.at] = sample;
      this.at = (this.at + 1) % this.buffer.length;
    }
  }

  /** The oldest first. */
  samples(): Float32Array<ArrayBuffer> {
    const all = new Float32Array(this.buffer.length);
    all.set(this.buffer.subarray(this.at));
    all.set(this.buffer.subarray(0, this.at), this.buffer.length - this.at);
    return all;
  }
}

/** Ten who laugh at once are louder than a loudspeaker goes: what is near full scale is pressed together below it. */
function limit(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    const size = Math.abs(sample);
    if (size > 0.9) samples[i] = Math.sign(sample) * (1 - 0.01 / (size - 0.8));
  }
}

registerProcessor(coreName, Core);
