// Microphones and loudspeakers that are plugged in and out: PulseAudio with a null sink for each. A microphone hears what is said into
// a cable of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './program.js';
import { wav } from './rig.js';
import { power } from './tones.js';

const rate = 48000;

export class SoundServer {
  #computer;
  #runtime;
  #program;
  /** name -> {kind, label, say} of what is plugged in, or would be if the server ran. */
  #devices = new Map();
  #recordings = 0;
  env;

  constructor(computer) {
    this.#computer = computer;
    this.#runtime = join(computer.home, 'pulse');
    mkdirSync(this.#runtime, { recursive: true, mode: 0o700 });
    this.env = { PULSE_SERVER: `unix:${join(this.#runtime, 'native')}` };
  }

  async start() {
    const own = {
      XDG_RUNTIME_DIR: this.#runtime,
      PULSE_RUNTIME_PATH: this.#runtime,
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere',
    };
    this.#program = this.#computer.start(
      'pulseaudio',
      [
        ...['-n', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=yes', '--load=module-always-sink'],
        `--load=module-native-protocol-unix socket=${join(this.#runtime, 'native')} auth-anonymous=1`,
      ],
      { env: own },
    );
    await until('the sound server answers', () => {
      this.#pactl('info');
      return true;
    });
    for (const name of this.#devices.keys()) this.#load(name);
  }

  /** Ends it as a crash does; what is plugged in is there again after the next start. */
  async kill() {
    this.#program.child.kill('SIGKILL');
    await this.#program.exited;
    for (const each of ['native', 'pid']) rmSync(join(this.#runtime, each), { force: true });
  }

  /** Plugs in a microphone into which samples are said all the time. */
  microphone(name, label, samples) {
    const file = join(this.#computer.home, `${name}.wav`);
    writeFileSync(file, wav(samples));
    this.#devices.set(name, { kind: 'microphone', label, file });
    if (this.#runs) this.#load(name);
  }

  speaker(name, label) {
    this.#devices.set(name, { kind: 'speaker', label });
    if (this.#runs) this.#load(name);
  }

  unplug(name) {
    const { modules } = this.#devices.get(name);
    this.#devices.delete(name);
    for (const module of modules.reverse()) this.#pactl('unload-module', module);
  }

  /** Makes a device the system's default. */
  prefer(name) {
    this.#pactl(this.#devices.get(name).kind === 'speaker' ? 'set-default-sink' : 'set-default-source', name);
  }

  /** Mutes a microphone in the system's settings, or no longer. */
  mute(name, on) {
    this.#pactl('set-source-mute', name, on ? '1' : '0');
  }

  /** Whether a program has a microphone open. */
  listened(name) {
    const source = this.#list('sources').find((row) => row[1] === name);
    return source !== undefined && this.#list('source-outputs').some((row) => row[1] === source[0]);
  }

  /** Records what a loudspeaker plays, from when it resolves until stop(), which returns the samples. */
  async record(name) {
    const path = join(this.#computer.home, `${name}-${String(this.#recordings++)}.raw`);
    const program = this.#computer.start(
      'parec',
      [`--device=${name}.monitor`, '--format=float32le', `--rate=${rate}`, '--channels=1', '--raw', '--latency-msec=50', path],
      { env: this.env },
    ); // prettier-ignore
    await until(`what ${name} plays is recorded`, () => statSync(path).size > 0);
    return {
      async stop() {
        await program.stop('SIGINT');
        const bytes = readFileSync(path);
        return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
      },
    };
  }

  /** What a loudspeaker plays for that many seconds. */
  async hear(name, seconds = 0.7) {
    const recording = await this.record(name);
    await new Promise((done) => setTimeout(done, 1000 * seconds + 200));
    return (await recording.stop()).subarray(-seconds * rate);
  }

  /** Whether a loudspeaker plays that tone now, well above whatever else it plays of the others. */
  async plays(name, frequency) {
    const samples = await this.hear(name);
    return samples.length > 0 && power(samples, frequency) > 1e-5;
  }

  get #runs() {
    return this.#program && !this.#program.end;
  }

  #load(name) {
    const device = this.#devices.get(name);
    const described = (kind, label) => `${kind}_properties="device.description='${label}'"`;
    if (device.kind === 'speaker') {
      device.modules = [this.#pactl('load-module', 'module-null-sink', `sink_name=${name}`, `rate=${rate}`, described('sink', device.label))]; // prettier-ignore
      return;
    }
    const cable = `cable-${name}`;
    device.modules = [
      this.#pactl('load-module', 'module-null-sink', `sink_name=${cable}`, `rate=${rate}`, described('sink', cable)),
      this.#pactl('load-module', 'module-remap-source', `source_name=${name}`, `master=${cable}.monitor`, described('source', device.label)), // prettier-ignore
    ];
    this.#computer.start('paplay', [`--device=${cable}`, device.file], { env: this.env });
  }

  #list(kind) {
    return this.#pactl('list', 'short', kind)
      .split('\n')
      .map((line) => line.split('\t'));
  }

  #pactl(...args) {
    const env = { ...process.env, ...this.env };
    return execFileSync('pactl', args, { encoding: 'utf8', stdio: 'pipe', env }).trim();
  }
}
