// A sound card for a machine without one: PulseAudio with a null sink, on a socket of its own.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './program.js';

/** Starts it on the computer and returns the environment that programs need to use it. */
export async function openSoundCard(computer) {
  const runtime = join(computer.home, 'pulse');
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const socket = join(runtime, 'native');
  const env = { XDG_RUNTIME_DIR: runtime, PULSE_RUNTIME_PATH: runtime, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
  computer.start(
    'pulseaudio',
    [
      '-n',
      '--daemonize=no',
      '--exit-idle-time=-1',
      '--disable-shm=yes',
      '--load=module-null-sink',
      `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    ],
    { env },
  );
  await until('the sound card answers', () => existsSync(socket));
  return { PULSE_SERVER: `unix:${socket}` };
}
