/** Makes blocks of sound a few samples longer or shorter, without a seam: two clocks drift apart. */
export class Stretch {
  /** The last sample of each channel of the block before. */
  private lastLeft = 0;
  private lastRight = 0;

  /** Fills out with the samples of both channels in turn, all of them in as many as there is room for. */
  interleave(left: Float32Array, right: Float32Array, out: Float32Array): void {
    const length = out.length / 2;
    const step = left.length / length;
    for (let i = 0; i < length; i++) {
      // From after the last sample of the block before to the last of this one.
      const at = (i + 1) * step - 1;
      const whole = Math.floor(at);
      const part = at - whole;
      out[2 * i] = between(whole < 0 ? this.lastLeft : (left[whole] ?? 0), left[whole + 1] ?? 0, part);
      out[2 * i + 1] = between(whole < 0 ? this.lastRight : (right[whole] ?? 0), right[whole + 1] ?? 0, part);
    }
    this.lastLeft = left.at(-1) ?? 0;
    this.lastRight = right.at(-1) ?? 0;
  }
}

function between(a: number, b: number, part: number): number {
  return part === 0 ? a : a + part * (b - a);
}
