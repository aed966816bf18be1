/** How late one sound is the other: what goes into a microphone and what comes back of it, compared by their loudness over time. */

/** Samples of 1 ms at 48 kHz. */
const step = 48;
/** Milliseconds looked for: the room's way takes 50 to 200, and a jitter buffer that a bad network has filled some hundred more. */
const least = 5;
const most = 400;
/** Milliseconds that have to be compared at least. */
const overlap = 200;
/** How alike they must be, 0 to 1; words that do not belong together stay below 0.5. */
const alike = 0.75;
/** Loudness, root mean square, below which nobody speaks. */
const speaks = 0.003;

/** The delay in milliseconds of the output behind the input, both recorded over the same time; undefined when it cannot be told. */
export function delayOf(input: Float32Array, output: Float32Array): number | undefined {
  const said = loudness(input);
  const heard = loudness(output);
  const length = Math.min(said.length, heard.length);
  let best = { lag: 0, score: alike };
  for (let lag = least; lag <= Math.min(most, length - overlap); lag++) {
    const score = likeness(said, heard, lag, length - lag);
    if (score > best.score) best = { lag, score };
  }
  return best.lag > 0 ? best.lag : undefined;
}

function loudness(samples: Float32Array): Float32Array {
  const out = new Float32Array(Math.floor(samples.length / step));
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = i * step; k < (i + 1) * step; k++) sum += (samples[k] ?? 0) ** 2;
    out[i] = Math.sqrt(sum / step);
  }
  return out;
}

/** Pearson's correlation of the beginning of one with the end of the other; 0 while nobody speaks, or evenly. */
function likeness(said: Float32Array, heard: Float32Array, lag: number, length: number): number {
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < length; i++) {
    const a = said[i] ?? 0;
    const b = heard[i + lag] ?? 0;
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  if (Math.sqrt(xx / length) < speaks) return 0;
  const spreadX = xx - (x * x) / length;
  const spreadY = yy - (y * y) / length;
  // A held tone is as loud everywhere: it fits wherever it is put.
  if (spreadX < 0.05 * xx || spreadY <= 0) return 0;
  return (xy - (x * y) / length) / Math.sqrt(spreadX * spreadY);
}

/** The middle of the last few, so that one that was measured wrong does not show. */
export function middle(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
