import { expect, it, vi } from 'vitest';
import type { Events, SoundDevices } from '../src/app/api';
import { appInventory } from '../src/session/inventory';

const desk = { id: 'alsa_input.desk', name: 'Desk', default: false };
const jabra = { id: 'alsa_input.jabra', name: 'Jabra', default: true };
const speaker = { id: 'alsa_output.pci', name: 'Built-in', default: true };

it('lists the devices of the app, and follows them', async () => {
  let tell: (found: SoundDevices) => void = () => undefined;
  const app = {
    on: <E extends keyof Events>(_: E, fn: (payload: Events[E]) => void) => {
      tell = fn as typeof tell;
      return () => undefined;
    },
  };
  const inventory = appInventory(app, { microphones: [desk, jabra], speakers: [speaker] });
  let changes = 0;
  inventory.watch(() => changes++);
  expect(await inventory.list()).toEqual({
    microphone: {
      found: [
        { id: desk.id, name: 'Desk' },
        { id: jabra.id, name: 'Jabra' },
      ],
      usual: jabra.id,
    },
    speaker: { found: [{ id: speaker.id, name: 'Built-in' }], usual: speaker.id },
  });

  // A sound server that is gone has no devices: that is no news of each of them, but its return is, once all are there.
  vi.useFakeTimers();
  tell({ microphones: [], speakers: [] });
  expect([changes, (await inventory.list()).microphone.found.length]).toEqual([0, 2]);
  tell({ microphones: [], speakers: [speaker] });
  await vi.advanceTimersByTimeAsync(1500);
  tell({ microphones: [desk, jabra], speakers: [speaker] });
  await vi.advanceTimersByTimeAsync(1500);
  expect(changes).toBe(0);
  await vi.advanceTimersByTimeAsync(500);
  expect(changes).toBe(1);
  vi.useRealTimers();
  tell({ microphones: [], speakers: [speaker] });
  expect((await inventory.list()).microphone).toEqual({ found: [], usual: '' });
});
