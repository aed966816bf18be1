/** RNNoise between a microphone and a peer connection, where the rest is done by the browser. It adds 10 ms, and RNNoise 10 more. */
import { block, parts, type NoiseSuppressor } from './care';
import { cleanerName } from './messages';

// AudioWorkletGlobalScope, which TypeScript's library leaves out.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Blocks of 480 samples out of quanta of 128: what goes out is 480 samples behind what comes in. */
export class Reblock {
  private readonly inside = new Float32Array(block);
  private outside = new Float32Array(block);
  private at = 0;

  constructor(private readonly work: (samples: Float32Array) => void) {}

  /** Puts out as many samples as it takes. */
  pass(input: Float32Array | undefined, output: Float32Array): void {
    for (let i = 0; i < output.length; i++) {
      output[i] = this.outside[this.at] ?? 0;
      this.inside[this.at] = input?.[i] ?? 0;
      if (++this.at < block) continue;
      this.at = 0;
      this.work(this.inside);
      this.outside.set(this.inside);
    }
  }
}

class Cleaner extends AudioWorkletProcessor {
  private noise: NoiseSuppressor | undefined;
  private ended = false;
  private readonly blocks = new Reblock((samples) => this.noise?.clean(samples));

  constructor() {
    super();
    // Whatever the page says is that it needs this no longer.
    this.port.onmessage = () => (this.ended = true);
    const ready = (parts.earshotNoise ?? Promise.reject(new Error('not loaded'))).then((make) => (this.noise = make()));
    ready.then(
      () => this.port.postMessage(true),
      () => this.port.postMessage(false),
    );
  }

  process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
    const output = outputs[0]?.[0];
    if (output) this.blocks.pass(inputs[0]?.[0], output);
    return !this.ended;
  }
}

registerProcessor(cleanerName, Cleaner);
