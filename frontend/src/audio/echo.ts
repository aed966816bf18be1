/** WebRTC's echo canceller AEC3, in the audio thread. What is played is known there in the same call. */
import './echo-scope';
import WebRtcAec3 from '@ennuicastr/webrtcaec3.js';
import { block, parts } from './care';
import { sampleRate } from './messages';

parts.earshotEcho = WebRtcAec3().then(({ AEC3 }) => () => {
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
