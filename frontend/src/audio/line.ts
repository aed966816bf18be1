/** The line's thread: Opus comes and goes by a WebSocket to the app, and by a port to the audio thread. Neither waits for the page. */
import { AppSocket } from './appsocket';
import type { FromLine, LineState, ToLine } from './messages';

/** The part of DedicatedWorkerGlobalScope that is used. */
declare const self: {
  onmessage: ((event: MessageEvent<ToLine>) => void) | null;
  postMessage(message: FromLine): void;
};

/** Bytes that may wait in the socket: a second of voice. Beyond that the app does not read, and new words go before old ones. */
const waitingMost = 16_000;

let core: MessagePort | undefined;
const app = new AppSocket<{ state: LineState }>({
  state: ({ state }) => self.postMessage({ state }),
  binary: (packet) => core?.postMessage(packet, [packet]),
  broken: () => self.postMessage({ state: 'failed' }),
});

self.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'core':
      core = data.port;
      core.onmessage = ({ data: packet }: MessageEvent<ArrayBuffer>) => {
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
