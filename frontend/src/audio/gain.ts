/**
 * Brings voices to the same loudness: slowly louder while somebody speaks too quietly, faster quieter when too loud. What
 * would go beyond full scale is turned down at once, and for a moment.
 */

/** What a voice is brought to while it speaks, power of full scale: -24 dBFS, a little below WebRTC's own. */
const wanted = 10 ** (-24 / 10);
/** 24 dB louder at most: what is quieter than that is a voice in the next room; and 12 dB quieter. */
const mostGain = 16;
const leastGain = 0.25;
/** By block of 10 ms: 4 dB a second louder, 12 quieter. */
const up = 10 ** (4 / 20 / 100);
const down = 10 ** (-12 / 20 / 100);
/** Below this power, -60 dBFS, nobody speaks. */
const hushed = 1e-6;
/** How likely it must be that somebody speaks. */
const speaks = 0.6;
/** The largest sample that leaves here, and how much of a limit is left after a block. */
const ceiling = 0.9;
const release = 0.9;

export class Gain {
  private gain = 1;
  private limit = 1;
  /** The power of the voice, smoothed over some 200 ms. */
  private power = 0;

  /** Works on a block in place. voice is how likely it is that somebody speaks. */
  apply(samples: Float32Array, voice: number): void {
    let power = 0;
    let peak = 0;
    for (const sample of samples) {
      power += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    power /= samples.length;
    const before = this.gain * this.limit;
    if (voice >= speaks && power > hushed) {
      this.power += 0.05 * (power - this.power);
      const loud = this.power * this.gain * this.gain;
      if (loud < wanted / 1.3) this.gain = Math.min(mostGain, this.gain * up);
      else if (loud > wanted * 1.3) this.gain = Math.max(leastGain, this.gain * down);
    }
    const fits = peak * this.gain > ceiling ? ceiling / (peak * this.gain) : 1;
    this.limit = Math.min(fits, 1 - (1 - this.limit) * release);
    const after = this.gain * this.limit;
    // A block that must be turned down is, from its first sample; else it goes there gently.
    const from = after < before && fits < 1 ? after : before;
    for (let i = 0; i < samples.length; i++)
      samples[i] = (samples[i] ?? 0) * (from + ((after - from) * i) / samples.length);
  }
}
