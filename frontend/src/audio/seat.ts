/** One seat: from its packets, in order, to its sound. */
import type { OpusDecoder } from './care';
import { Playout } from './playout';
import type { Heard } from './wire';

/** Largest Opus payload in bytes that says "still silent" (RFC 6716 §2.1.9). */
export const dtx = 2;
/** Samples that may be made up, 120 ms. What is longer was a silence, or is not worth guessing. */
const mostMadeUp = 5760;
/** libopus makes up whole pieces of 2.5 ms. */
const piece = 120;

export class Seat {
  readonly playout = new Playout();
  received = 0;
  lost = 0;
  private sequence: number | undefined;
  /** Timestamp of the sample after the last. */
  private next = 0;

  constructor(private readonly decoder: OpusDecoder) {}

  take({ sequence, timestamp, opus }: Heard): void {
    this.received++;
    const missing = this.sequence === undefined ? 0 : (sequence - this.sequence - 1) & 0xffff;
    this.sequence = sequence;
    if (missing > 0 && missing < 1000) {
      this.lost += missing;
      this.makeUp((timestamp - this.next) | 0);
    }
    const sound = this.decoder.decode(opus);
    if (!sound) return;
    this.playout.write(timestamp, sound, opus.byteLength <= dtx);
    this.next = (timestamp + (sound[0]?.length ?? 0)) | 0;
  }

  /** The decoder goes on from where it was better than a repeated period does, and is where the next packet expects it. */
  private makeUp(samples: number): void {
    if (samples <= 0 || samples > mostMadeUp || samples % piece > 0) return;
    const sound = this.decoder.makeUp(samples);
    if (sound) this.playout.write(this.next, sound, false, true);
  }
}
