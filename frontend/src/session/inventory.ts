/** Where the lists of devices come from: the browser, or the app where it has the sound card. */
import type { AppApi, SoundDevice, SoundDevices } from '../app/api';
import { census, type Census, type Shelf } from './devices';

export interface Inventory {
  list(): Promise<Census>;
  /** Calls fn whenever devices come or go, until the returned function is called. */
  watch(fn: () => void): () => void;
  /** Whether an open microphone that is the system's default becomes another with it, without being opened anew. */
  readonly follows: boolean;
}

export function browserInventory(devices: MediaDevices | undefined): Inventory {
  return {
    follows: false,
    list: async () => census((await devices?.enumerateDevices().catch(() => [])) ?? []),
    watch: (fn) => {
      devices?.addEventListener('devicechange', fn);
      return () => devices?.removeEventListener('devicechange', fn);
    },
  };
}

/** now is what there was when the app was asked first. */
export function appInventory(app: Pick<AppApi, 'on'>, now: SoundDevices): Inventory {
  let last = now;
  return {
    follows: true,
    list: () => Promise.resolve({ microphone: shelf(last.microphones), speaker: shelf(last.speakers) }),
    watch: (fn) =>
      app.on('devices', (found) => {
        // A sound server always has a loudspeaker, if need be a silent one: without any it has gone itself, and that is said elsewhere.
        if (found.speakers.length === 0) return;
        last = found;
        fn();
      }),
  };
}

function shelf(devices: readonly SoundDevice[]): Shelf {
  return {
    found: devices.map(({ id, name }) => ({ id, name })),
    usual: devices.find((each) => each.default)?.id ?? '',
  };
}
