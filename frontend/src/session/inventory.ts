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

/**
 * Milliseconds without another change after which the devices of a sound server that was restarted are all there: they come one by one,
 * and a loudspeaker that is not there yet has not been unplugged.
 */
const settlesIn = 2000;

/** now is what there was when the app was asked first. */
export function appInventory(app: Pick<AppApi, 'on'>, now: SoundDevices): Inventory {
  let last = now;
  return {
    follows: true,
    list: () => Promise.resolve({ microphone: shelf(last.microphones), speaker: shelf(last.speakers) }),
    watch: (fn) => {
      let restarting = false;
      let settling: ReturnType<typeof setTimeout> | undefined;
      const take = (found: SoundDevices) => {
        restarting = false;
        last = found;
        fn();
      };
      const stop = app.on('devices', (found) => {
        clearTimeout(settling);
        // A sound server always has a loudspeaker, if need be a silent one: without any it has gone itself, and that is said elsewhere.
        if (found.speakers.length === 0) restarting = true;
        else if (restarting) settling = setTimeout(() => take(found), settlesIn);
        else take(found);
      });
      return () => {
        clearTimeout(settling);
        stop();
      };
    },
  };
}

function shelf(devices: readonly SoundDevice[]): Shelf {
  return {
    found: devices.map(({ id, name }) => ({ id, name })),
    usual: devices.find((each) => each.default)?.id ?? '',
  };
}
