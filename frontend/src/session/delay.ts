/** How late one sound is the other: what goes into a microphone and what comes back of it, compared by their loudness over time. */

/** Samples of 1 ms at 48 kHz. */
const step = 48;
/** Milliseconds looked for: the room's way takes 50 to 200, and a jitter buffer that a bad network has filled some hundred more. */
const least = 5;
const most = 400;
/** Milliseconds of a look that have to be compared at least. */
const overlap = 200;
/** Looks before anything is said, and what is left of one at the next: a word or two fit in many places. */
const looks = 3;
const left = 0.8;
/** Milliseconds over which loudness is taken, twice over. */
const period = 10;
/** How alike they must be, 0 to 1; words that do not belong together stay below 0.5. */
const alike = 0.75;
/** Loudness, root mean square, below which nobody speaks. */
const speaks = 0.003;

/** Looks again and again. */
export class DelayMeter {
  private readonly sums = Array.from({ length: most + 1 }, () => new Sums());
  private taken = 0;

  /** Takes input and output, both recorded over the same time, some 0.7 s. */
  take(input: Float32Array, output: Float32Array): void {
    const said = loudness(input);
    const heard = loudness(output);
    const length = Math.min(said.length, heard.length);
    for (let lag = least; lag <= Math.min(most, length - overlap); lag++) this.sums[lag]?.add(said, heard, lag, length);
    this.taken++;
  }

  /** The delay in milliseconds of the output behind the input; undefined when it cannot be told. */
  get delay(): number | undefined {
    if (this.taken < looks) return undefined;
    let best = { lag: 0, score: alike };
    this.sums.forEach((sums, lag) => {
      const score = sums.likeness();
      if (score > best.score) best = { lag, score };
    });
    return best.lag > 0 ? best.lag : undefined;
  }
}

/** Loudness by millisecond. */
function loudness(samples: Float32Array): Float32Array {
  const power = new Float32Array(Math.floor(samples.length / step));
  for (let i = 0; i < power.length; i++)
    for (let k = i * step; k < (i + 1) * step; k++) power[i] = (power[i] ?? 0) + (samples[k] ?? 0) ** 2 / step;
  return smoothed(smoothed(power)).map(Math.sqrt);
}

/** Each the mean of itself and those before it, as long as a deep voice's period: else it is the pitch that is compared. */
function smoothed(values: Float32Array): Float32Array {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (values[i - period] ?? 0);
    return Math.max(0, sum) / period;
  });
}

/** Pearson's correlation of the beginning of one with the end of the other, over several looks. */
class Sums {
  private n = 0;
  private x = 0;
  private y = 0;
  private xx = 0;
  private yy = 0;
  private xy = 0;

  add(said: Float32Array, heard: Float32Array, lag: number, length: number): void {
    let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
    for (let i = 0; i < length - lag; i++) {
      const a = said[i] ?? 0;
      const b = heard[i + lag] ?? 0;
      x += a;
      y += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
    this.n = this.n * left + length - lag;
    this.x = this.x * left + x;
    this.y = this.y * left + y;
    this.xx = this.xx * left + xx;
    this.yy = this.yy * left + yy;
    this.xy = this.xy * left + xy;
  }

  /** 0 while nobody speaks, or evenly. */
  likeness(): number {
    const { n, x, y, xx, yy, xy } = this;
    if (n === 0 || Math.sqrt(xx / n) < speaks) return 0;
    const spreadX = xx - (x * x) / n;
    const spreadY = yy - (y * y) / n;
    // A held tone is as loud everywhere: it fits wherever it is put.
    if (spreadX < 0.05 * xx || spreadY <= 0) return 0;
    return (xy - (x * y) / n) / Math.sqrt(spreadX * spreadY);
  }
}
