/**
 * The audio thread where the app has the sound card: a worker in which the processor of core.ts runs as it does in an
 * AudioWorklet, driven by the app's ticks (package soundcard) and not by the page's own sound.
 */
import { AppSocket } from './appsocket';
import { block, partOf, parts, type Part } from './care';
import { Stretch } from './stretch';
import { noWish, type CardState, type FromCard, type Line, type LineState, type ToCard } from './messages';
import { readTick, writeAnswer } from './wire';

/** What core.ts takes for the global scope of an audio thread. */
interface Processor {
  attach(line: Line): void;
  leaveOut(blocks: number): void;
  readonly begun: number;
  process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean;
}
interface Scope {
  AudioWorkletProcessor: new () => { readonly port: MessagePort };
  registerProcessor: (name: string, processor: new () => Processor) => void;
  onmessage: ((event: MessageEvent<ToCard>) => void) | null;
  postMessage(message: FromCard): void;
}
const scope = globalThis as unknown as Scope;

/** Blocks that a tick may have at most. */
const mostBlocks = 8;

let core: Processor | undefined;
let wish = noWish;
const left = new Float32Array(mostBlocks * block);
const right = new Float32Array(mostBlocks * block);
const inputs = [new Float32Array(block), new Float32Array(block)];
const stretch = new Stretch();

/** Packets that go with the next answer, and whom those of a tick are for. */
let spoken: Uint8Array<ArrayBuffer>[] = [];
let hear: (message: Uint8Array<ArrayBuffer>) => void = () => undefined;
/** It comes and goes with the ticks: in WebKit each message passes two processes and the page's thread, which costs more than what is in it. */
const line: Line = {
  listen: (fn) => (hear = fn),
  send: (packet) => spoken.push(packet),
};

const app = new AppSocket<CardState | { state: LineState }>({
  opened: tell,
  state: (told) => scope.postMessage('state' in told ? { kind: 'line', ...told } : { kind: 'state', state: told }),
  binary: (message, socket) => socket.send(tick(message)),
  broken: () => {
    if (wish.line) scope.postMessage({ kind: 'line', state: 'failed' });
  },
});

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

/** Takes the microphone's blocks, if there are any, and what the seats say, and gives back what is to be played and what is said. */
function tick(message: ArrayBuffer): ArrayBuffer {
  const { blocks, longer, leftOut, microphone, played, heard } = readTick(message, block);
  const samples = Math.min(blocks, mostBlocks) * block;
  left.fill(0);
  right.fill(0);
  hear(heard);
  if (leftOut > 0) core?.leaveOut(leftOut);
  for (let from = 0; from < samples; from += block) {
    if (microphone) part(microphone, from);
    // What the loudspeaker played: ours, when it was really played, and what other programs play.
    const echo = played ? [played.subarray(from, from + block)] : [];
    const outputs = [left.subarray(from, from + block), right.subarray(from, from + block)];
    core?.process([microphone ? inputs : [], echo], [outputs]);
  }
  const said = spoken;
  spoken = [];
  return writeAnswer(samples + longer, core?.begun ?? 0, said, (out) =>
    stretch.interleave(left.subarray(0, samples), right.subarray(0, samples), out),
  );
}

/** Parts the channels of the microphone's block that begins there. */
function part(microphone: Float32Array, from: number): void {
  for (const [channel, to] of inputs.entries())
    for (let i = 0; i < block; i++) to[i] = microphone[2 * (from + i) + channel] ?? 0;
}
