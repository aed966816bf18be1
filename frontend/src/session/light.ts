/** What the microphone's light says: not what was wished, but what the room receives, by the host's own count. */
import type { Keys } from '../app/api';
import type { View } from './view';

export type Light =
  /** There is no microphone in use. */
  | 'off'
  | 'asking'
  | 'muted'
  /** A moderator muted us. */
  | 'silenced'
  /** Push-to-talk, and the key is up. */
  | 'released'
  /** Push-to-mute, and the key is held. */
  | 'held'
  /** We should be heard; the host has not said yet that we are. */
  | 'opening'
  | 'heard'
  /** We should be heard and are not. */
  | 'unheard';

/** Whether the key lets the microphone through: of another mode than "open" that depends on whether it is held. */
export function gateOpen(mode: Keys['mode'], pressing: boolean): boolean {
  return mode === 'open' || (mode === 'push-to-talk') === pressing;
}

export function lightOf({ microphone, muted, pressing, overdue, state }: View): Light {
  const session = state?.session;
  const mode = state?.keys.mode ?? 'open';
  if (microphone === 'asking') return 'asking';
  if (microphone !== 'open') return 'off';
  if (session?.silenced) return 'silenced';
  if (muted) return 'muted';
  if (!gateOpen(mode, pressing)) return mode === 'push-to-talk' ? 'released' : 'held';
  if (session?.received === true) return 'heard';
  return overdue ? 'unheard' : 'opening';
}
