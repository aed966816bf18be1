/**
 * The audio thread: plays the seats, mixed, and takes the microphone in. Both in the same call, so that what is played is
 * known when its echo comes back.
 */
import { Capture } from './capture';
import { coreName, type CoreCounts, type FromCore, type Sounded, type ToCore, type Used } from './messages';
import { Playout } from './playout';
import { buffersOf } from './pool';

// AudioWorkletGlobalScope, which TypeScript's library leaves out.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Samples that a muted speaker's last word still has to arrive (see playback.ts). */
const lastWord = 4800;

interface Seat {
  playout: Playout;
  /** Of the last call, 0 to 1. */
  gain: number;
  /** Samples until a muted speaker is silent. */
  left: number;
}

class Core extends AudioWorkletProcessor {
  private readonly seats: (Seat | undefined)[] = [];
  private silent: readonly boolean[] = [];
  private readonly capture = new Capture((spoken) => {
    this.codec?.postMessage(spoken, buffersOf(spoken.channels));
  });
  private codec: MessagePort | undefined;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToCore>) => this.told(data);
  }

  process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
    const [left, right = left] = outputs[0] ?? [];
    if (!left || !right) return true;
    this.seats.forEach((seat, number) => seat && this.play(seat, this.silent[number] === true, left, right));
    limit(left);
    if (right !== left) limit(right);
    this.capture.take(inputs[0] ?? [], left, right);
    return true;
  }

  private play(seat: Seat, silent: boolean, left: Float32Array, right: Float32Array): void {
    seat.left = silent ? Math.max(0, seat.left - left.length) : lastWord;
    const gain = seat.left > 0 ? 1 : 0;
    seat.playout.read(left, right, seat.gain, gain);
    seat.gain = gain;
  }

  private told(message: ToCore): void {
    switch (message.kind) {
      case 'codec':
        this.codec = message.port;
        this.codec.onmessage = ({ data }: MessageEvent<Sounded | Used>) =>
          'used' in data ? this.capture.pool.put(data.used) : this.sounded(data);
        break;
      case 'muted':
        this.capture.muted = message.muted;
        break;
      case 'silent':
        this.silent = message.seats;
        break;
      case 'encoding':
        this.capture.set(message.encoding, message.care);
        break;
      case 'equip':
        this.capture.equip();
        break;
      case 'count': {
        const answer: FromCore = { kind: 'counts', counts: this.counts() };
        this.port.postMessage(answer);
        break;
      }
    }
  }

  private sounded({ seat: number, timestamp, last, channels }: Sounded): void {
    const seat = (this.seats[number] ??= { playout: new Playout(), gain: 1, left: lastWord });
    seat.playout.write(timestamp, channels, last);
    const used: Used = { used: channels };
    this.codec?.postMessage(used, buffersOf(channels));
  }

  private counts(): CoreCounts {
    const counts = { total: 0, concealed: 0, waited: 0 };
    for (const seat of this.seats) {
      if (!seat) continue;
      counts.total += seat.playout.total;
      counts.concealed += seat.playout.concealed;
      counts.waited += seat.playout.waited;
    }
    return counts;
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
