/**
 * The app from an ordinary browser: the same methods and events as JSON over one WebSocket to 127.0.0.1.
 *
 *   page -> app   {"id":1,"method":"Join","args":[{…}]}
 *   app  -> page  {"id":1,"result":…}  or  {"id":1,"error":{"code":"room_full","detail":"…"}}
 *   app  -> page  {"event":"state","data":{…}}
 *   app  -> page  {"event":"token","data":"…"}    first, to a page that came by a ticket: what lets it in from now on
 *
 * A socket that drops is opened again with growing pauses. Calls that were waiting for an answer are refused with "lost",
 * never repeated: the app may already have acted on them. After a reconnect the state is fetched and handed out as if it
 * had been an event, because events were missed.
 */
import { asProblem, Problem, type AppApi, type Events } from './api';
import { objectIn } from './json';
import { methodsOver } from './methods';

export interface BridgeOptions {
  /** Where to connect now: ws://127.0.0.1:PORT/bridge?token=…&page=… */
  url: () => string;
  /** Takes the token that a ticket was exchanged for. */
  onToken?: (token: string) => void;
  /** Opens a socket; tests give their own. */
  open?: (url: string) => WebSocket;
  /** Milliseconds before each further attempt; the last one repeats. */
  backoff?: readonly number[];
  /** Milliseconds without the app after which it counts as gone: a hiccup is not worth a word. */
  patience?: number;
}

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (problem: Problem) => void;
}

type Listeners = { [E in keyof Events]: Set<(payload: Events[E]) => void> };

class Bridge {
  readonly listeners: Listeners = {
    state: new Set(),
    rooms: new Set(),
    levels: new Set(),
    links: new Set(),
    protect: new Set(),
    chat: new Set(),
    files: new Set(),
    hotkey: new Set(),
    devices: new Set(),
    close: new Set(),
    invite: new Set(),
    link: new Set(),
  };
  private socket: WebSocket | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private readonly unsent: string[] = [];
  private lastID = 0;
  private attempt = 0;
  private link: 'up' | 'down' = 'up';
  private giveUp: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Required<BridgeOptions>) {
    this.expectSoon();
    this.connect();
  }

  call(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.link === 'down') {
        reject(new Problem('lost', 'the app is not there'));
        return;
      }
      const id = ++this.lastID;
      this.waiting.set(id, { resolve, reject });
      const text = JSON.stringify({ id, method, args });
      if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
      else this.unsent.push(text);
    });
  }

  private connect(): void {
    const socket = this.options.open(this.options.url());
    this.socket = socket;
    socket.onopen = () => this.opened(socket);
    socket.onmessage = (message) => this.read(message.data);
    // An error is always followed by close.
    socket.onclose = () => this.closed();
  }

  private opened(socket: WebSocket): void {
    clearTimeout(this.giveUp);
    this.giveUp = undefined;
    const again = this.attempt > 0;
    this.attempt = 0;
    for (const text of this.unsent.splice(0)) socket.send(text);
    this.setLink('up');
    if (again) this.refresh();
  }

  private closed(): void {
    this.socket = undefined;
    this.refuseWaiting();
    this.expectSoon();
    const { backoff } = this.options;
    const pause = backoff[Math.min(this.attempt, backoff.length - 1)] ?? 1000;
    this.attempt++;
    setTimeout(() => this.connect(), pause);
  }

  /** Starts the clock after which the app counts as gone, if it does not run already. */
  private expectSoon(): void {
    this.giveUp ??= setTimeout(() => {
      this.refuseWaiting();
      this.setLink('down');
    }, this.options.patience);
  }

  private refuseWaiting(): void {
    this.unsent.length = 0;
    for (const waiting of this.waiting.values()) waiting.reject(new Problem('lost', 'the connection to the app broke'));
    this.waiting.clear();
  }

  private setLink(link: 'up' | 'down'): void {
    if (this.link === link) return;
    this.link = link;
    this.emit('link', link);
  }

  private refresh(): void {
    for (const [method, event] of [
      ['GetState', 'state'],
      ['GetRooms', 'rooms'],
    ] as const) {
      this.call(method, []).then(
        (payload) => this.emit(event, payload as Events[typeof event]),
        // Dropped again: the next reconnect asks again.
        () => undefined,
      );
    }
  }

  private read(data: unknown): void {
    const message: Received | undefined = objectIn(data);
    if (!message) return;
    if (message.event === 'token') {
      if (typeof message.data === 'string') this.options.onToken(message.data);
      return;
    }
    if (typeof message.event === 'string') {
      if (Object.hasOwn(this.listeners, message.event)) this.emit(message.event as keyof Events, message.data as never);
      return;
    }
    const waiting = this.waiting.get(message.id as number);
    if (!waiting) return;
    this.waiting.delete(message.id as number);
    if (message.error === undefined || message.error === null) waiting.resolve(message.result);
    else waiting.reject(asProblem(message.error));
  }

  private emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    for (const fn of this.listeners[event]) fn(payload);
  }
}

interface Received {
  id?: unknown;
  result?: unknown;
  error?: unknown;
  event?: unknown;
  data?: unknown;
}

/** Connects to the app's bridge. Never throws: an app that is not there is a `link` event. */
export function bridgeApp(options: BridgeOptions): AppApi {
  const bridge = new Bridge({
    open: (url) => new WebSocket(url),
    backoff: [50, 200, 500, 1000, 2000],
    patience: 3000,
    onToken: () => undefined,
    ...options,
  });
  return {
    ...methodsOver((method, args) => bridge.call(method, args)),
    on: (event, fn) => {
      bridge.listeners[event].add(fn);
      return () => bridge.listeners[event].delete(fn);
    },
  };
}
