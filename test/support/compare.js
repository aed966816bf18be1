// What one recording says of another that was made in sync with it: how late, how loud, and whether it comes back. 48 kHz.
export const rate = 48000;

/** dBFS of a second from `from` on. */
export function levelOf(samples, from, count = rate) {
  let power = 0;
  for (let i = 0; i < count; i++) power += (samples[from + i] ?? 0) ** 2;
  return 10 * Math.log10(power / count + 1e-12);
}

/** How much later, in ms, a second of one recording is in the other, and how alike they are (1 is the same). */
export function delayOf(said, heard, from) {
  const every = 6; // 8 kHz
  const thin = (samples, at, count) =>
    Float32Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < every; k++) sum += samples[at + every * i + k] ?? 0;
      return sum;
    });
  const count = rate / every;
  const piece = thin(said, from, count);
  const energy = piece.reduce((sum, each) => sum + each * each, 0);
  if (energy < 1) return undefined;
  const most = 8 * 900;
  const ear = thin(heard, from, count + most);
  let [best, likeness] = [0, 0];
  for (let lag = 0; lag < most; lag++) {
    let product = 0;
    let power = 1e-9;
    for (let i = 0; i < count; i++) {
      product += piece[i] * ear[lag + i];
      power += ear[lag + i] * ear[lag + i];
    }
    const like = Math.abs(product) / Math.sqrt(power * energy);
    if (like > likeness) [best, likeness] = [lag, like];
  }
  return { delay: best / 8, likeness };
}

/** Clicks, a second of silence before each: bursts of 4 ms that a voice's care would take for noise. */
export function clicks(count) {
  const samples = new Float32Array((count + 2) * rate);
  for (let click = 1; click <= count; click++)
    for (let i = 0; i < 0.004 * rate; i++) samples[click * rate + i] = 0.8 * Math.sin((2 * Math.PI * 1500 * i) / rate);
  return samples;
}

/** How much later each click of one recording is in the other, in ms, up to 900; NaN of one that is not heard. */
export function clickDelays(said, heard) {
  const came = onsets(heard, 0.15);
  return onsets(said, 0.4).map(
    (at) => (1000 * ((came.find((each) => each >= at && each < at + 0.9 * rate) ?? NaN) - at)) / rate,
  );
}

/** Where it becomes that loud after a tenth of a second in which it was not. */
function onsets(samples, loud) {
  const found = [];
  let last = -rate;
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i]) < loud) continue;
    if (i - last > 0.1 * rate) found.push(i);
    last = i;
  }
  return found;
}

/** Seconds until an echo canceller has learnt the room. */
export const learning = 8;

/**
 * How much quieter, in dB, what a desk's loudspeaker plays comes back to its colleague: of each of the first seconds of a recording in
 * which something is played. Nothing else may be said at the desk.
 */
export function returnLosses(heard, seconds) {
  const silent = -45; // dBFS; below it nobody speaks
  const late = 0.2 * rate; // about as much as an echo is; a second's level hardly knows
  return Array.from({ length: seconds }, (_, second) => second * rate)
    .filter((at) => levelOf(heard.speaker, at) > silent)
    .map((at) => levelOf(heard.speaker, at) - levelOf(heard['far-speaker'], at + late));
}
