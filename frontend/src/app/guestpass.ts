/**
 * A guest's way back into the room, kept by the tab (sessionStorage): a reload and a phone that put the page to sleep leave it there, another tab and
 * one that was closed have none. For how long it is good, the host says.
 */
import { objectIn } from './json';

const key = 'earshot.guest.pass';

export interface GuestPass {
  /** Of the page that got it: a duplicated tab has the storage too, and would take the place away. */
  page: string;
  token: string;
  /** The room's id. */
  room: string;
  muted: boolean;
  deafened: boolean;
}

/** What the tab has kept for this page. */
export function loadPass(storage: Storage | undefined, page: string): GuestPass | undefined {
  const kept: Partial<Record<keyof GuestPass, unknown>> | undefined = objectIn(storage?.getItem(key));
  if (!kept || kept.page !== page) return undefined;
  const { token, room, muted, deafened } = kept;
  if (typeof token !== 'string' || token === '' || typeof room !== 'string') return undefined;
  return { page, token, room, muted: muted === true, deafened: deafened === true };
}

/** Keeps it, or forgets what was kept. A browser that keeps nothing keeps nothing. */
export function savePass(storage: Storage | undefined, pass: GuestPass | undefined): void {
  try {
    if (pass) storage?.setItem(key, JSON.stringify(pass));
    else storage?.removeItem(key);
  } catch {
    // full, or forbidden
  }
}
