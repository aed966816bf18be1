// Tones as files: made for `earshot join --play`, found again in what `--record` wrote.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Makes an Ogg Opus file of one tone (0 is silence), in 20 ms packets at 48 kHz as --play takes them, and returns its path. */
export function makeTone(folder, frequency, seconds = 5) {
  const path = join(folder, `${String(frequency)}.ogg`);
  const source = `sine=frequency=${String(frequency)}:sample_rate=48000:duration=${String(seconds)}`;
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    source,
    '-ac',
    '1',
    '-c:a',
    'libopus',
    '-b:a',
    '32k',
    '-frame_duration',
    '20',
    '-application',
    'audio',
    path,
  ]);
  return path;
}

/**
 * Makes an Ogg Opus file of somebody who says one tone and is then silent, to be played in a loop, and returns its path.
 * Its silence is sent too, 50 small packets a second.
 */
export function makeTurn(folder, frequency, { talk, silence }) {
  const path = join(folder, `turn-${String(frequency)}.ogg`);
  const source = `sine=frequency=${String(frequency)}:sample_rate=48000:duration=${String(talk)},apad=pad_dur=${String(silence)}`;
  const encoder = ['-ac', '1', '-c:a', 'libopus', '-b:a', '32k', '-frame_duration', '20', '-application', 'voip'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, ...encoder, path]);
  return path;
}

/** Makes a WAV file of one tone, as Chromium's fake microphone takes it, and returns its path. */
export function makeMicrophone(folder, frequency) {
  const path = join(folder, `${String(frequency)}.wav`);
  const source = `sine=frequency=${String(frequency)}:sample_rate=48000:duration=10`;
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, '-ac', '1', path]);
  return path;
}

/** Decodes any audio file to mono samples at 48 kHz as a player would: what is missing by its timestamps is silence. */
export function decode(path) {
  const bytes = execFileSync(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-af', 'aresample=async=1:first_pts=0', '-f', 'f32le', '-ac', '1', '-ar', '48000', '-'],
    {
      maxBuffer: 1 << 28,
    },
  );
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
}

/** Power of one frequency in the samples (Goertzel). */
export function power(samples, frequency, rate = 48000) {
  const turn = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let a = 0;
  let b = 0;
  for (const sample of samples) [a, b] = [sample + turn * a - b, a];
  return (a * a + b * b - turn * a * b) / (samples.length * samples.length);
}

/** How far a tone stands above the strongest of the others, in dB, over the loudest second of the samples. */
export function prominence(samples, frequency, others) {
  const second = loudestSecond(samples);
  const strongest = Math.max(...others.map((other) => power(second, other)), 1e-14);
  return 10 * Math.log10(power(second, frequency) / strongest);
}

export function loudestSecond(samples) {
  let best = samples.subarray(0, 48000);
  let most = -1;
  for (let start = 0; start + 48000 <= samples.length; start += 24000) {
    const window = samples.subarray(start, start + 48000);
    const energy = window.reduce((sum, sample) => sum + sample * sample, 0);
    if (energy > most) [best, most] = [window, energy];
  }
  return best;
}
