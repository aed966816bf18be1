/** The line's thread beside an AudioWorklet, which has no socket: Opus comes and goes by a port to it. Neither waits for the page. */
import { AppSocket } from './appsocket';
import type { FromLine, LineState, ToLine } from './messages';

/** Bytes that may wait in the socket: a second of voice. Beyond that the app does not read, and new words go before old ones. */
const waitingMost = 16_000;

/** The part of DedicatedWorkerGlobalScope that is used. */
declare const self: {
  onmessage: ((event: MessageEvent<ToLine>) => void) | null;
  postMessage(message: FromLine): void;
};

let core: MessagePort | undefined;
const app = new AppSocket<{ state: LineState }>({
  state: ({ state }) => self.postMessage({ state }),
  binary: (message) => core?.postMessage(new Uint8Array(message), [message]),
  broken: () => self.postMessage({ state: 'failed' }),
});

self.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'core':
      core = data.port;
      core.onmessage = ({ data: packet }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
        if (app.open && app.open.bufferedAmount <= waitingMost) app.open.send(packet);
      };
      break;
    case 'connect':
      app.connect(data.url);
      break;
    case 'disconnect':
      app.disconnect();
      break;
  }
};
