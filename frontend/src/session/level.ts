/** In dB of full scale, -120 for nothing. */
export interface Level {
  /** Root mean square, as the room counts a voice's loudness. */
  loud: number;
  peak: number;
}

export const decibels = (amplitude: number) => Math.max(-120, 20 * Math.log10(amplitude));

export function levelOf(samples: Float32Array): Level {
  let [sum, peak] = [0, 0];
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { loud: decibels(Math.sqrt(sum / samples.length)), peak: decibels(peak) };
}
