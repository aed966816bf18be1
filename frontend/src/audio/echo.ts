/** WebRTC's echo canceller AEC3, in the audio thread. */
import './echo-scope';
import WebRtcAec3 from '@ennuicastr/webrtcaec3.js';
import { block, parts } from './care';
import { sampleRate } from './messages';
import { bytesOf } from './wasm';

// It would fetch its bytes from their data: URL where there is a fetch, which the page's policy refuses.
const wasmBinary = bytesOf((globalThis as { WebRtcAec3Wasm?: string }).WebRtcAec3Wasm ?? '');

/** What Emscripten's modules take and their types leave out. */
const begin = WebRtcAec3 as (config: { wasmBinary: Uint8Array }) => ReturnType<typeof WebRtcAec3>;

parts.earshotEcho = begin({ wasmBinary }).then(({ AEC3 }) => () => {
  const canceller = new AEC3(sampleRate, 1, 1);
  const out = [new Float32Array(block)];
  return {
    clean(microphone: Float32Array, played: Float32Array): void {
      canceller.analyze([played]);
      canceller.process(out, [microphone]);
      if (out[0]) microphone.set(out[0]);
    },
  };
});
