/** RNNoise, in the audio thread: keeps voices and takes away fans, keyboards and streets. */
import './noise-scope';
import { Rnnoise } from '@shiguredo/rnnoise-wasm';
import { parts } from './care';

/** It takes samples as large as 16 bits hold. */
const large = 32768;

parts.earshotNoise = Rnnoise.load().then((rnnoise) => () => {
  const state = rnnoise.createDenoiseState();
  return {
    clean(samples: Float32Array): number {
      for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * large;
      const voice = state.processFrame(samples);
      for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) / large;
      return voice;
    },
  };
});
