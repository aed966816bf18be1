// A sound card with a person in front of it: PulseAudio with one sink of four channels, so that one recording has what is
// said and what is heard at both ends in sync.
//
//   speaker      front-left    what the window plays (the default sink)
//   mouth        front-right   what is said into its microphone (the default source)
//   far-speaker  rear-left     what the other end plays
//   far-mouth    rear-right    what is said into the other end's microphone
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clickDelays, clicks, rate } from './compare.js';
import { pause, until } from './program.js';

const channels = ['front-left', 'front-right', 'rear-left', 'rear-right'];
export const points = ['speaker', 'mouth', 'far-speaker', 'far-mouth'];

const part = (kind, name, channel, more) =>
  `--load=module-remap-${kind} ${kind}_name=${name} ${more} channels=1 channel_map=mono master_channel_map=${channel} remix=no`;

/** Starts it on the computer. `env` is what programs need to use it; `farEnv` for those at the other end. */
export async function openRig(computer) {
  const runtime = join(computer.home, 'pulse');
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const socket = join(runtime, 'native');
  const own = { XDG_RUNTIME_DIR: runtime, PULSE_RUNTIME_PATH: runtime, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
  const program = computer.start(
    'pulseaudio',
    [
      ...['-n', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=yes'],
      `--load=module-null-sink sink_name=card rate=${rate} channels=4 channel_map=${channels.join()}`,
      ...points.map((name, index) => part('sink', name, channels[index], 'master=card')),
      part('source', 'microphone', channels[1], 'master=card.monitor'),
      part('source', 'far-microphone', channels[3], 'master=card.monitor'),
      `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    ],
    { env: own },
  );
  await until('the sound card answers', () => existsSync(socket));
  await pause(300); // the modules come one after the other
  const server = { PULSE_SERVER: `unix:${socket}` };
  const pactl = (...args) =>
    execFileSync('pactl', args, { env: { ...process.env, ...server }, encoding: 'utf8' }).trim();
  const inputs = () =>
    pactl('list', 'short', 'sink-inputs')
      .split('\n')
      .map((line) => line.split('\t')[0]);
  /** Loads a module that plays into a sink. */
  const load = (...module) => {
    const before = inputs();
    const index = pactl('load-module', ...module);
    const input = inputs().find((each) => !before.includes(each));
    return {
      volume: (gain) => pactl('set-sink-input-volume', input, `${String(gain)}dB`),
      stop: () => pactl('unload-module', index),
    };
  };
  return {
    program,
    env: { ...server, PULSE_SINK: 'speaker', PULSE_SOURCE: 'microphone' },
    farEnv: { ...server, PULSE_SINK: 'far-speaker', PULSE_SOURCE: 'far-microphone' },
    /** Says samples into a sink until they are over or the returned program is stopped. */
    say(sink, samples) {
      const path = join(computer.home, `${sink}-${String(Date.now())}.wav`);
      writeFileSync(path, wav(samples));
      return computer.start('paplay', [`--device=${sink}`, path], { env: server });
    },
    /**
     * Lets what the window's loudspeaker plays into its microphone, so much louder or quieter (dB), 30 ms later: ten metres, or one and the
     * converters. One clock drives both, so it stays as late as it is.
     */
    leak(gain) {
      load('module-loopback', 'source=speaker.monitor', 'sink=mouth', 'latency_msec=30', 'adjust_time=0').volume(gain);
    },
    /** Sings a tone into a sink, at -10 dBFS, until stop() of what is returned. */
    sing(sink, frequency) {
      const tone = load('module-sine', `sink=${sink}`, `frequency=${String(frequency)}`);
      tone.volume(-10);
      return tone;
    },
    /** Clicks into a sink: how much later each is at another point, in ms; NaN of one that is not heard. */
    async click(mouth, ear, count) {
      const recording = this.record();
      await pause(500);
      await this.say(mouth, clicks(count)).exited;
      await pause(1000);
      const heard = await recording.stop();
      return clickDelays(heard[mouth], heard[ear]);
    },
    /** Records all four points; stop() returns them by name. */
    record() {
      const path = join(computer.home, `record-${String(Date.now())}.raw`);
      const program = computer.start(
        'parec',
        [
          ...[
            '--device=card.monitor',
            '--format=float32le',
            `--rate=${rate}`,
            '--channels=4',
            '--raw',
            '--latency-msec=50',
          ],
          ...[`--channel-map=${channels.join()}`, path],
        ],
        { env: server },
      );
      return {
        async stop() {
          await program.stop('SIGINT');
          return split(readFileSync(path));
        },
      };
    },
  };
}

function split(bytes) {
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 16) * 4);
  return Object.fromEntries(
    points.map((name, index) => [name, Float32Array.from({ length: all.length / 4 }, (_, i) => all[4 * i + index])]),
  );
}

/** Mono samples as a WAV file of floats. */
export function wav(samples) {
  const bytes = Buffer.alloc(44 + 4 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 4 * samples.length, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(3, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(4 * rate, 28);
  bytes.writeUInt16LE(4, 32);
  bytes.writeUInt16LE(32, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(4 * samples.length, 40);
  samples.forEach((sample, i) => bytes.writeFloatLE(sample, 44 + 4 * i));
  return bytes;
}

export const tone = (frequency, seconds, gain = 0.3) =>
  Float32Array.from({ length: seconds * rate }, (_, i) => gain * Math.sin((2 * Math.PI * frequency * i) / rate));

/** White noise, the same each time. */
export function noise(seconds, gain = 0.1) {
  let state = 1;
  return Float32Array.from({ length: seconds * rate }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return gain * (state / 2 ** 31 - 1);
  });
}

/**
 * Speech-like sound in noise: words of 0.6 s, a voice of harmonics that glides and swells as syllables do, with pauses as long, and
 * rustling that goes on beside them. Seconds 0 to 1.2 of it are one round.
 */
export function noisyWords(seconds, noise) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  let phase = 0;
  return Float32Array.from({ length: seconds * rate }, (_, i) => {
    const at = (i / rate) % 1.2;
    const voiced = at < 0.6 ? Math.sin((Math.PI * at) / 0.6) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 5 * at)) : 0;
    phase += (2 * Math.PI * (130 + 40 * Math.sin(2 * Math.PI * 1.7 * at))) / rate;
    let voice = 0;
    for (let h = 1; h <= 24; h++) {
      const f = h * 140;
      // Two formants, as of an "a".
      const form = 1 / (1 + ((f - 700) / 300) ** 2) + 0.6 / (1 + ((f - 1200) / 400) ** 2) + 0.05;
      voice += form * Math.sin(h * phase);
    }
    return 0.05 * voiced * voice + noise * random();
  });
}

/**
 * A sine's share of what is heard through a window that fades in and out, by least squares: [energy of the sine, all
 * energy]. The first is never more than the second.
 */
function shareOf(samples, frequency) {
  const n = samples.length;
  let [ss, sc, cc, xs, xc, all] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const fade = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n);
    const x = samples[i] * fade;
    const turn = (2 * Math.PI * frequency * i) / rate;
    const s = fade * Math.sin(turn);
    const c = fade * Math.cos(turn);
    ss += s * s;
    sc += s * c;
    cc += c * c;
    xs += x * s;
    xc += x * c;
    all += x * x;
  }
  const a = (xs * cc - xc * sc) / (ss * cc - sc * sc);
  const b = (xc * ss - xs * sc) / (ss * cc - sc * sc);
  return [Math.min(all, a * xs + b * xc), all];
}

/**
 * How far a tone stands above everything else in some sound, in dB: in windows of 85 ms, half over each other, the sine that
 * fits best against what is left without it. The tone may be half a per cent higher or lower, and change: receivers play a
 * little faster or slower to change their delay, which nobody hears. A click is heard, and shows.
 */
export function toneToNoise(samples, frequency) {
  let tone = 0;
  let all = 1e-12;
  for (let at = 0; at + 4096 <= samples.length; at += 2048) {
    const piece = samples.subarray(at, at + 4096);
    let best = [0, 0];
    for (let off = -0.006; off <= 0.006; off += 0.0005) {
      const share = shareOf(piece, frequency * (1 + off));
      if (share[0] >= best[0]) best = share;
    }
    tone += best[0];
    all += best[1];
  }
  return 10 * Math.log10(tone / Math.max(1e-12, all - tone));
}
