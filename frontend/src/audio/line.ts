/** The line's thread beside an AudioWorklet, which has no socket: Opus comes and goes by a port to it. Neither waits for the page. */
import { LineEnd } from './lineend';
import type { FromLine, ToLine } from './messages';

/** The part of DedicatedWorkerGlobalScope that is used. */
declare const self: {
  onmessage: ((event: MessageEvent<ToLine>) => void) | null;
  postMessage(message: FromLine): void;
};

const line = new LineEnd((state) => self.postMessage({ state }));

self.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'core': {
      const core = data.port;
      core.onmessage = ({ data: packet }: MessageEvent<ArrayBuffer>) => line.send(packet);
      line.listen((message) => core.postMessage(message, [message]));
      break;
    }
    case 'connect':
      line.connect(data.url);
      break;
    case 'disconnect':
      line.disconnect();
      break;
  }
};
