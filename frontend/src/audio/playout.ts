/**
 * One seat's sound between the decoder and the loudspeaker, at 48 kHz. Times are in samples.
 *
 * What arrives is played one after the other. When it comes late, the last sound is drawn out until it is there, so the
 * delay grows by what the network needs. When for a second everything came earlier than it had to, whole periods of the
 * voice are left out; the last few milliseconds, and the difference between the sender's clock and the sound card's, are
 * taken off by playing a little faster or slower. What was lost is drawn out of what was before it.
 */

const rate = 48000;
const ms = rate / 1000;
/** How much sound fits, 1.4 s: more than anything waits for. A power of two. */
const size = 65536;
const mask = size - 1;
/** Sound that waits when somebody begins to speak, and what is kept at least when a packet arrives. */
const leastMargin = 10 * ms;
const mostMargin = 120 * ms;
/** What a break adds to the margin, and a second without one takes off. */
const marginUp = 10 * ms;
const marginDown = 0.5 * ms;
/** A hole in the timestamps up to this long was lost; a longer one was a silence that nobody sent. */
const longestLoss = 120 * ms;
/** How long sound is drawn out: at full loudness, and until nothing is left. */
const drawnFully = 10 * ms;
const drawnOut = 60 * ms;
/** After drawing out for this long, whatever comes is a new beginning. */
const givenUp = 120 * ms;
/** The pitch of what is drawn out: 67 to 400 Hz. */
const shortestPeriod = 2.5 * ms;
const longestPeriod = 15 * ms;
/** Over this the drawn out sound goes over into the next. */
const seam = 2.5 * ms;
/** How often the delay is looked at. */
const window = rate;
/** A delay this near to what is wanted is left alone; further off, periods are left out. */
const nearEnough = 3 * ms;
const farOff = 20 * ms;
/** Between the two it is mended within 4 s, at most 0.3 % faster or slower: a twentieth of a semitone. */
const mended = 4 * rate;
const fastest = 0.003;
/** Between two periods that are left out. */
const cutEvery = 60 * ms;
/** How like its neighbour (normalised correlation) a period must be to be left out, and below which power none is heard. */
const alike = 0.8;
const hushed = 1e-5;

export class Playout {
  /** Samples played while there was something to say, and how many of them were made up. */
  total = 0;
  concealed = 0;
  /** Sum of the delays of the samples played, in samples. */
  waited = 0;

  /** Both channels; the second is unused while a voice has only one. */
  private readonly rings = [new Float32Array(size), new Float32Array(size)] as const;
  private stereo = false;
  /** Where playing is, with a fraction; and the end of what is there. */
  private played = 0;
  private written = 0;
  /** Timestamp that comes next; undefined when anything is a new beginning. */
  private expected: number | undefined;
  private margin = leastMargin;
  private speed = 1;
  /** Of the sound at the end, how much is drawn out, and with which period; 0 is none. */
  private drawn = 0;
  private period = 0;
  /** Where it begins. */
  private end = 0;
  /** The least that was there when a packet came, and how much was played since looking at it. */
  private least = Infinity;
  private looked = 0;
  private broke = false;
  /** What is to be left out, and when that was last done. */
  private excess = 0;
  private cutAt = 0;

  /**
   * Takes decoded sound, which is copied. last says that its sender is silent from here on (DTX), madeUp that the decoder
   * made it in place of what was lost.
   */
  write(timestamp: number, channels: readonly Float32Array[], last: boolean, madeUp = false): void {
    if (madeUp) channels = this.restOf(timestamp, channels);
    const left = channels[0];
    if (!left) return;
    const right = channels[1] ?? left;
    if (right !== left && !this.stereo) {
      this.stereo = true;
      this.rings[1].set(this.rings[0]);
    }
    const hole = this.expected === undefined ? Infinity : (timestamp - this.expected) | 0;
    if (hole < -longestLoss || hole > longestLoss) this.begin();
    else if (hole < 0) return;
    else {
      // What was drawn out has made everything later: what was short before is not any more.
      this.least = Math.min(this.least + this.drawn, this.written - this.played);
      const missing = hole - this.drawn;
      if (missing > 0) this.drawOut(missing);
    }
    this.expected = last ? undefined : (timestamp + left.length + (madeUp ? this.drawn : 0)) | 0;
    this.append(left, right);
  }

  /** What of the made up sound was not drawn out already, nothing where nobody waits for it. */
  private restOf(timestamp: number, channels: readonly Float32Array[]): readonly Float32Array[] {
    const length = channels[0]?.length ?? 0;
    if (this.expected !== timestamp || this.drawn >= length) return [];
    this.concealed += length - this.drawn;
    return channels.map((samples) => samples.subarray(this.drawn));
  }

  /** Adds what is to be heard next to the two channels, its loudness going from one gain to the other. */
  read(left: Float32Array, right: Float32Array, from: number, to: number): void {
    const count = left.length;
    if (this.expected === undefined && this.drawn === 0 && this.written - this.played < count) {
      this.skip();
      return;
    }
    if (this.excess > 0 && this.total - this.cutAt >= cutEvery) this.cut();
    const need = Math.ceil(this.played + count * this.speed) + 2 - this.written;
    if (need > 0) {
      if (this.expected === undefined || this.drawn >= givenUp) {
        this.skip();
        return;
      }
      this.drawOut(need);
      this.broke = true;
    }
    const step = (to - from) / count;
    const [ringLeft, ringRight] = this.rings;
    for (let i = 0, gain = from; i < count; i++, gain += step) {
      const whole = Math.floor(this.played);
      const part = this.played - whole;
      const sample = gain * between(ringLeft, whole, part);
      left[i] = (left[i] ?? 0) + sample;
      right[i] = (right[i] ?? 0) + (this.stereo ? gain * between(ringRight, whole, part) : sample);
      this.played += this.speed;
    }
    this.total += count;
    this.waited += count * (this.written - this.played);
    this.looked += count;
    if (this.looked >= window) this.look();
  }

  /** Whether there is anything to hear. */
  get quiet(): boolean {
    return this.expected === undefined && this.written - this.played < 1;
  }

  /** Somebody begins to speak: a little is kept back, so that the second word may come later than the first. */
  private begin(): void {
    this.drawn = 0;
    this.least = Infinity;
    const wanted = Math.ceil(this.played + this.margin);
    for (; this.written < wanted; this.written++) this.put(0, 0);
  }

  /** Nothing is left to play. */
  private skip(): void {
    this.played = this.written;
    this.expected = undefined;
    this.drawn = 0;
    this.speed = 1;
  }

  /** Once a second: is more kept back than has to be, or less? */
  private look(): void {
    this.looked = 0;
    this.margin = this.broke
      ? Math.min(mostMargin, this.margin + marginUp)
      : Math.max(leastMargin, this.margin - marginDown);
    this.broke = false;
    const off = Number.isFinite(this.least) ? this.least - this.margin : 0;
    this.least = Infinity;
    this.excess = off > farOff ? off : 0;
    this.speed = Math.abs(off) > nearEnough ? 1 + Math.min(fastest, Math.max(-fastest, off / mended)) : 1;
    if (this.speed === 1) this.played = Math.round(this.played);
  }

  /** Leaves one period out, where the voice repeats itself or nothing is heard. */
  private cut(): void {
    const from = Math.ceil(this.played) + 1;
    if (this.written - this.drawn - from < 2 * longestPeriod) return;
    const [period, likeness, power] = this.pitch(from + 2 * longestPeriod);
    if (likeness < alike && power > hushed) return;
    // From the first of two periods into what follows the second.
    for (const ring of this.stereo ? this.rings : [this.rings[0]])
      for (let i = 0; i < period; i++) {
        const at = (from + period + i) & mask;
        ring[at] = ((ring[(from + i) & mask] ?? 0) * (period - i) + (ring[at] ?? 0) * i) / period;
      }
    this.played += period;
    this.excess -= period;
    this.least -= period;
    this.cutAt = this.total;
  }

  private put(left: number, right: number): void {
    const at = this.written & mask;
    this.rings[0][at] = left;
    if (this.stereo) this.rings[1][at] = right;
  }

  private append(left: Float32Array, right: Float32Array): void {
    const overlap = this.drawn > 0 ? Math.min(seam, left.length) : 0;
    for (let i = 0; i < left.length; i++) {
      let a = left[i] ?? 0;
      let b = right[i] ?? 0;
      if (i < overlap) {
        const fade = i / overlap;
        const [drawnLeft, drawnRight] = this.drawnSample(i);
        a = a * fade + drawnLeft * (1 - fade);
        b = b * fade + drawnRight * (1 - fade);
      }
      this.put(a, b);
      this.written++;
    }
    this.drawn = 0;
    // A program that stood still for a second hears what is said now, not what was said then.
    if (this.written - this.played > size / 2) this.played = this.written - this.margin - left.length;
  }

  /** Goes on with the sound at the end, period by period, fading. */
  private drawOut(count: number): void {
    if (this.drawn === 0) {
      [this.period] = this.pitch(this.written);
      this.end = this.written;
    }
    for (let i = 0; i < count; i++) {
      const [left, right] = this.drawnSample(0);
      this.put(left, right);
      this.written++;
      this.drawn++;
    }
    this.concealed += count;
  }

  /** The sample that would be drawn out at a place after the end. */
  private drawnSample(ahead: number): [number, number] {
    const at = this.drawn + ahead;
    if (at >= drawnOut) return [0, 0];
    const gain = at < drawnFully ? 1 : 1 - (at - drawnFully) / (drawnOut - drawnFully);
    // Where the last period before the drawn out sound began.
    const from = (this.end - this.period + (at % this.period)) & mask;
    const left = gain * (this.rings[0][from] ?? 0);
    return [left, this.stereo ? gain * (this.rings[1][from] ?? 0) : left];
  }

  /**
   * The period after which the sound before a place repeats itself best, how like it is there by normalised correlation over
   * 15 ms, and its power.
   */
  private pitch(end: number): [period: number, likeness: number, power: number] {
    const ring = this.rings[0];
    let best: number = longestPeriod;
    let most = 0;
    let power = 1e-9;
    for (let i = 1; i <= longestPeriod; i += 3) power += (ring[(end - i) & mask] ?? 0) ** 2;
    for (let lag: number = shortestPeriod; lag <= longestPeriod; lag++) {
      let product = 0;
      let energy = 1e-9;
      for (let i = 1; i <= longestPeriod; i += 3) {
        const now = ring[(end - i) & mask] ?? 0;
        const then = ring[(end - i - lag) & mask] ?? 0;
        product += now * then;
        energy += then * then;
      }
      const likeness = product <= 0 ? 0 : product / Math.sqrt(energy * power);
      // A multiple of the period is as like; the shortest is taken unless a longer one is clearly better.
      if (likeness > most + 0.001) [most, best] = [likeness, lag];
    }
    return [best, most, (3 * power) / longestPeriod];
  }
}

/** A sample between two, by a cubic through four (Catmull-Rom). */
function between(ring: Float32Array, whole: number, part: number): number {
  const b = ring[whole & mask] ?? 0;
  if (part === 0) return b;
  const a = ring[(whole - 1) & mask] ?? 0;
  const c = ring[(whole + 1) & mask] ?? 0;
  const d = ring[(whole + 2) & mask] ?? 0;
  return b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)));
}
