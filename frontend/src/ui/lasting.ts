/** How long something that is told once stays on the screen. */
import type { Code } from '../app/api';

/** What has to be done something about, or was done to us: it stays until it is dismissed. */
const stays: ReadonlySet<Code> = new Set<Code>([
  'settings_broken',
  'settings_mended',
  'settings_unsaved',
  'bans_broken',
  'known_broken',
  'known_unsaved',
  'wrong_pin_tried',
  'host_changed',
  'fingerprint_mismatch',
  'unsupported_version',
  'ports_taken',
  'no_browser',
  'removed',
  'banned',
  'internal',
]);

/** Milliseconds to see that there is something, and to read one character: 120 words a minute, half of what most read. */
const noticed = 5000;
const character = 80;

/** Milliseconds, Infinity until it is dismissed. */
export function lasts(code: Code, text: string): number {
  return stays.has(code) ? Infinity : noticed + character * text.length;
}
