import { AppSocket } from './appsocket';
import type { Line, LineState } from './messages';

/** Bytes that may wait in the socket: a second of voice. Beyond that the app does not read, and new words go before old ones. */
const waitingMost = 16_000;

/** This computer's end of the line: Opus comes and goes by a WebSocket to the app. */
export class LineEnd implements Line {
  #heard: (message: ArrayBuffer) => void = () => undefined;
  readonly #app: AppSocket<{ state: LineState }>;

  constructor(tell: (state: LineState) => void) {
    this.#app = new AppSocket({
      state: ({ state }) => tell(state),
      binary: (message) => this.#heard(message),
      broken: () => tell('failed'),
    });
  }

  connect(url: string): void {
    this.#app.connect(url);
  }

  disconnect(): void {
    this.#app.disconnect();
  }

  listen(fn: (message: ArrayBuffer) => void): void {
    this.#heard = fn;
  }

  send(packet: ArrayBuffer): void {
    if (this.#app.open && this.#app.open.bufferedAmount <= waitingMost) this.#app.open.send(packet);
  }
}
