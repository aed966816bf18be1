/**
 * The audio thread where the app has the sound card: a worker in which the processor of core.ts runs as it does in an
 * AudioWorklet, driven by the app's ticks (package soundcard) and not by the page's own sound.
 */
import { block } from './care';
import { Stretch } from './stretch';
import type { CardState, CardWish, FromCard, ToCard } from './messages';

/** What core.ts takes for the global scope of an audio thread. */
interface Processor {
  process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean;
}
interface Scope {
  AudioWorkletProcessor: new () => { readonly port: MessagePort };
  registerProcessor: (name: string, processor: new () => Processor) => void;
  onmessage: ((event: MessageEvent<ToCard>) => void) | null;
  postMessage(message: FromCard): void;
}
const scope = globalThis as unknown as Scope;

/** Bytes before the samples in a tick. */
const tickHeader = 4;
/** Milliseconds after which a connection that broke is tried again. */
const againAfter = 500;

let core: Processor | undefined;
let socket: WebSocket | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let wish: CardWish = { microphone: false, input: '', output: '' };
const left = new Float32Array(block);
const right = new Float32Array(block);
const inputs = [new Float32Array(block), new Float32Array(block)];
const stretch = new Stretch();

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'begin':
      void begin(data.core, data.parts, data.port);
      break;
    case 'connect':
      connect(data.url);
      break;
    case 'disconnect':
      disconnect();
      break;
    case 'wish':
      ({ wish } = data);
      tell();
      break;
  }
};

/** Makes the processor with its end of the port; then loads the parts it is given later, see care.ts. */
async function begin(url: string, parts: readonly string[], port: MessagePort): Promise<void> {
  scope.AudioWorkletProcessor = class {
    readonly port = port;
  };
  scope.registerProcessor = (_, processor) => (core = new processor());
  try {
    await import(/* @vite-ignore */ url);
    for (const part of parts) {
      await import(/* @vite-ignore */ part);
      scope.postMessage({ kind: 'loaded' });
    }
  } catch (thrown) {
    scope.postMessage({ kind: 'unable', why: String(thrown) });
  }
}

function connect(url: string): void {
  disconnect();
  const line = new WebSocket(url);
  line.binaryType = 'arraybuffer';
  line.onopen = () => tell();
  line.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data === 'string') scope.postMessage({ kind: 'state', state: JSON.parse(data) as CardState });
    else tick(line, data);
  };
  line.onclose = () => {
    if (socket !== line) return;
    socket = undefined;
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

function tell(): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wish));
}

/** Ten milliseconds: takes the microphone's, if there is one, and gives back what is to be played. */
function tick(line: WebSocket, message: ArrayBuffer): void {
  const longer = new DataView(message).getInt16(0, true);
  const spoken = message.byteLength > tickHeader;
  if (spoken) {
    const samples = new Float32Array(message, tickHeader);
    for (const [channel, to] of inputs.entries()) for (let i = 0; i < block; i++) to[i] = samples[2 * i + channel] ?? 0;
  }
  left.fill(0);
  right.fill(0);
  core?.process([spoken ? inputs : []], [[left, right]]);
  line.send(stretch.interleave(left, right, longer));
}
