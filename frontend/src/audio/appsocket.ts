/** Milliseconds after which a connection that broke is tried again. */
const againAfter = 500;

/** What a thread does with its connection to the app. */
interface Receiver<State> {
  /** A binary message has come; socket is where the answer goes. */
  binary(message: ArrayBuffer, socket: WebSocket): void;
  /** A text message has come: the JSON of a State. */
  state(state: State): void;
  opened?(): void;
  /** The connection broke by itself, and will be tried again. */
  broken?(): void;
}

/** A thread's WebSocket to the app. It comes back by itself: the app is on this machine and drops a page that stood still for too long. */
export class AppSocket<State> {
  #socket: WebSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly receiver: Receiver<State>) {}

  /** The socket while it is open. */
  get open(): WebSocket | undefined {
    return this.#socket?.readyState === WebSocket.OPEN ? this.#socket : undefined;
  }

  connect(url: string): void {
    this.disconnect();
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.receiver.opened?.();
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === 'string') this.receiver.state(JSON.parse(data) as State);
      else this.receiver.binary(data, socket);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.receiver.broken?.();
      this.#retry = setTimeout(() => this.connect(url), againAfter);
    };
    this.#socket = socket;
  }

  disconnect(): void {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}
