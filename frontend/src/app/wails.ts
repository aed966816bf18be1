/**
 * The app from inside its own window. This is the only file that knows how Wails binds methods and events: everything
 * else speaks AppApi.
 */
import { asProblem, type AppApi, type Events, type Methods } from './api';
import { methodsOver } from './methods';

declare global {
  interface Window {
    /** Put there by Wails before the page's scripts run; absent in a browser. */
    go?: { app: { Methods: Methods } };
    runtime?: { EventsOn(event: string, fn: (payload: unknown) => void): () => void };
  }
}

/** Returns the app whose window this page is in, or undefined in a browser. */
export function wailsApp(w: Window = window): AppApi | undefined {
  const bound = w.go?.app.Methods;
  const runtime = w.runtime;
  if (!bound || !runtime) return undefined;
  return {
    ...methodsOver((method, args) =>
      (bound[method] as (...args: unknown[]) => Promise<unknown>)(...args).catch((thrown: unknown) => {
        throw asProblem(unwrapped(thrown));
      }),
    ),
    on: <E extends keyof Events>(event: E, fn: (payload: Events[E]) => void) =>
      // The window and the app live and die together, so a link event never comes.
      event === 'link' ? () => undefined : runtime.EventsOn(event, (payload) => fn(payload as Events[E])),
  };
}

/** Wails can carry only text in an error: the app puts {code, detail} there as JSON (formatError in app/window_options.go). */
function unwrapped(thrown: unknown): unknown {
  const text = thrown instanceof Error ? thrown.message : thrown;
  if (typeof text !== 'string') return thrown;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return thrown; // Wails' own words
  }
}
