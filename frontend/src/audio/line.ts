/** The line's thread: Opus comes and goes by a WebSocket to the app, and by a port to the audio thread. Neither waits for the page. */
import type { FromLine, LineState, ToLine } from './messages';

/** The part of DedicatedWorkerGlobalScope that is used. */
declare const self: {
  onmessage: ((event: MessageEvent<ToLine>) => void) | null;
  postMessage(message: FromLine): void;
};

/** Bytes that may wait in the socket: a second of voice. Beyond that the app does not read, and new words go before old ones. */
const waitingMost = 16_000;
/** Milliseconds after which a line that broke is tried again. */
const againAfter = 500;

let core: MessagePort | undefined;
let socket: WebSocket | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;

self.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'core':
      core = data.port;
      core.onmessage = ({ data: packet }: MessageEvent<ArrayBuffer>) => {
        if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount <= waitingMost) socket.send(packet);
      };
      break;
    case 'connect':
      connect(data.url);
      break;
    case 'disconnect':
      disconnect();
      break;
  }
};

function connect(url: string): void {
  disconnect();
  const line = new WebSocket(url);
  line.binaryType = 'arraybuffer';
  line.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data === 'string') self.postMessage({ state: (JSON.parse(data) as { state: LineState }).state });
    else core?.postMessage(data, [data]);
  };
  line.onclose = () => {
    if (socket !== line) return;
    socket = undefined;
    self.postMessage({ state: 'failed' });
    // It is on this machine: a page that stood still for too long was dropped, and comes back.
    retry = setTimeout(() => connect(url), againAfter);
  };
  socket = line;
}

function disconnect(): void {
  clearTimeout(retry);
  const line = socket;
  socket = undefined;
  line?.close();
}
