/** Where somebody allows the microphone, by the program that asked. */
import type { Messages } from '../i18n';

export type Place = keyof Messages['sound']['allow'];

/** inWindow: it is the app's own, so the system asks and not a browser. */
export function placeOf(userAgent: string, inWindow: boolean): Place {
  if (inWindow) return userAgent.includes('Macintosh') ? 'mac' : userAgent.includes('Windows') ? 'windows' : 'linux';
  if (userAgent.includes('Firefox/')) return 'firefox';
  // Every browser calls itself Safari; Chromium's call themselves Chrome as well.
  return userAgent.includes('Chrome/') ? 'chromium' : 'safari';
}
