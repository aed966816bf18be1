/** Finds the app this page belongs to, and who this page is to it. */
import type { AppApi } from './api';
import { bridgeApp } from './bridge';
import { pageID } from './page';
import { wailsApp } from './wails';

export interface Connection {
  app: AppApi;
  /** Random id of this page; kept over a reload, so that the app still knows whose voice it is. */
  page: string;
  /** A room to join at once, named by the link that opened this page. */
  join: string | undefined;
}

const tokenKey = 'earshot.token';

/** Returns the connection, or undefined when this page was opened without the token that the app prints. */
export async function connect(w: Window = window): Promise<Connection | undefined> {
  const fragment = new URLSearchParams(w.location.hash.slice(1));
  const token = fragment.get('token') ?? w.sessionStorage.getItem(tokenKey);
  const join = fragment.get('join') ?? undefined;
  const inWindow = wailsApp(w);
  if (inWindow) return { app: inWindow, page: await identify(w), join };

  if (token === null || token === '') return undefined;
  w.sessionStorage.setItem(tokenKey, token);
  // The token belongs in no screenshot, bookmark or history, and the join must not repeat on reload.
  if (w.location.hash !== '') w.history.replaceState(null, '', w.location.pathname + w.location.search);
  const page = await identify(w);
  const query = new URLSearchParams({ token, page });
  return { app: bridgeApp({ url: `ws://${w.location.host}/bridge?${query.toString()}` }), page, join };
}

function identify(w: Window): Promise<string> {
  // Undefined where the page is no secure context.
  return pageID(w.sessionStorage, w.navigator.locks);
}
