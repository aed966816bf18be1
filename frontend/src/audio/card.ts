/**
 * The audio thread where the app has the sound card: a worker in which the processor of core.ts runs as it does in an
 * AudioWorklet, driven by the app's ticks (package soundcard) and not by the page's own sound.
 */
import { AppSocket } from './appsocket';
import { block, partOf, parts, type Part } from './care';
import { Stretch } from './stretch';
import { LineEnd } from './lineend';
import type { CardState, CardWish, FromCard, Line, ToCard } from './messages';

/** What core.ts takes for the global scope of an audio thread. */
interface Processor {
  attach(line: Line): void;
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

let core: Processor | undefined;
let wish: CardWish = { microphone: false, played: false, input: '', output: '' };
const left = new Float32Array(block);
const right = new Float32Array(block);
const inputs = [new Float32Array(block), new Float32Array(block)];
/** Bytes of the microphone in a tick: both channels of a block. */
const microphoneBytes = 8 * block;
const stretch = new Stretch();
const app = new AppSocket<CardState>({
  opened: tell,
  state: (state) => scope.postMessage({ kind: 'state', state }),
  binary: (message, socket) => socket.send(tick(message)),
});

// No thread of its own: in WebKit what threads say to each other passes the network process.
const line = new LineEnd((state) => scope.postMessage({ kind: 'line', state }));

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'begin':
      void begin(data.core, data.parts, data.port);
      break;
    case 'connect':
      app.connect(data.url);
      break;
    case 'disconnect':
      app.disconnect();
      break;
    case 'wish':
      ({ wish } = data);
      tell();
      break;
    case 'follow':
      line.connect(data.url);
      break;
    case 'unfollow':
      line.disconnect();
      break;
  }
};

/** Makes the processor with its end of the port; then loads the parts it is given later, see care.ts, each for itself. */
async function begin(url: string, modules: readonly (readonly [Part, string])[], port: MessagePort): Promise<void> {
  scope.AudioWorkletProcessor = class {
    readonly port = port;
  };
  scope.registerProcessor = (_, processor) => {
    core = new processor();
    core.attach(line);
  };
  try {
    await import(/* @vite-ignore */ url);
  } catch (thrown) {
    scope.postMessage({ kind: 'unable', why: String(thrown) });
    return;
  }
  for (const [part, module] of modules) {
    try {
      await import(/* @vite-ignore */ module);
      await parts[partOf[part]];
      scope.postMessage({ kind: 'loaded', part });
    } catch (thrown) {
      scope.postMessage({ kind: 'unable', part, why: String(thrown) });
    }
  }
}

function tell(): void {
  app.open?.send(JSON.stringify(wish));
}

/** Ten milliseconds: takes the microphone's, if there is one, and gives back what is to be played. */
function tick(message: ArrayBuffer): Float32Array<ArrayBuffer> {
  const longer = new DataView(message).getInt16(0, true);
  const spoken = message.byteLength >= tickHeader + microphoneBytes;
  if (spoken) {
    const samples = new Float32Array(message, tickHeader, 2 * block);
    for (const [channel, to] of inputs.entries()) for (let i = 0; i < block; i++) to[i] = samples[2 * i + channel] ?? 0;
  }
  // What the loudspeaker played: ours, when it was really played, and what other programs play.
  const played = message.byteLength >= tickHeader + microphoneBytes + 4 * block;
  const echo = played ? [new Float32Array(message, tickHeader + microphoneBytes, block)] : [];
  left.fill(0);
  right.fill(0);
  core?.process([spoken ? inputs : [], echo], [[left, right]]);
  return stretch.interleave(left, right, longer);
}
