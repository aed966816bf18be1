/** Finds the app this page belongs to, and who this page is to it. */
import type { AppApi, VoiceWay } from './api';
import { bridgeApp } from './bridge';
import { guestApp, isGuestPage, type GuestApp } from './guest';
import { pageID } from './page';
import { wailsApp } from './wails';

export interface Connection {
  app: AppApi;
  /** Random id of this page; kept over a reload, so that the app still knows whose voice it is. */
  page: string;
  /** A room to join at once, named by the link that opened this page. */
  join: string | undefined;
  /** Carry the voice as the window on Linux does, whatever this page can: a diagnostic of `earshot web`. */
  voice: VoiceWay | undefined;
  /** Where a guest's page was before it was loaded anew; an app's page keeps that itself (session/place.ts). */
  place?: GuestApp['place'];
}

const tokenKey = 'earshot.token';
/** A ticket is good for one page and once; the app answers it with the token. */
const ticketKey = 'earshot.ticket';
const voiceKey = 'earshot.voice';

/** Returns the connection, or undefined when this page was opened without the token that the app prints. */
export async function connect(w: Window = window): Promise<Connection | undefined> {
  const fragment = new URLSearchParams(w.location.hash.slice(1));
  const token = fragment.get('token');
  const ticket = fragment.get('ticket');
  const join = fragment.get('join') ?? undefined;
  const inWindow = wailsApp(w);
  if (inWindow) return { app: inWindow, page: await identify(w), join, voice: undefined };

  if (isGuestPage(w.location)) {
    const page = await identify(w);
    const { app, place, gone } = guestApp({
      page,
      host: w.location.host,
      storage: storageOf(() => w.localStorage),
      session: storageOf(() => w.sessionStorage),
    });
    w.addEventListener('pagehide', gone);
    return { app, page, join: undefined, voice: undefined, place };
  }

  if (token) keep(w.sessionStorage, tokenKey, token, ticketKey);
  else if (ticket) keep(w.sessionStorage, ticketKey, ticket, tokenKey);
  if (!pass(w.sessionStorage)) return undefined;
  // As the app's bridge says it with the token; without its consent the app would refuse such a voice.
  const voice = token || ticket ? fragment.get('voice') : w.sessionStorage.getItem(voiceKey);
  w.sessionStorage.setItem(voiceKey, voice ?? '');
  // The token belongs in no screenshot, bookmark or history, and the join must not repeat on reload.
  if (w.location.hash !== '') w.history.replaceState(null, '', w.location.pathname + w.location.search);
  const page = await identify(w);
  const app = bridgeApp({
    url: () => `ws://${w.location.host}/bridge?${new URLSearchParams({ ...pass(w.sessionStorage), page }).toString()}`,
    onToken: (given) => keep(w.sessionStorage, tokenKey, given, ticketKey),
  });
  return { app, page, join, voice: voice === 'loopback' || voice === 'card' ? voice : undefined };
}

/** Undefined where the browser lets the page keep nothing. */
function storageOf(get: () => Storage): Storage | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

function keep(storage: Storage, key: string, value: string, instead: string): void {
  storage.removeItem(instead);
  storage.setItem(key, value);
}

/** What lets this page in: the token, or until it has that, its ticket. */
function pass(storage: Storage): Record<string, string> | undefined {
  const token = storage.getItem(tokenKey);
  if (token) return { token };
  const ticket = storage.getItem(ticketKey);
  return ticket ? { ticket } : undefined;
}

function identify(w: Window): Promise<string> {
  // Undefined where the page is no secure context.
  return pageID(w.sessionStorage, w.navigator.locks);
}
