/**
 * The level of a microphone that sends nothing: read off a copy of its track, since a disabled one is silent everywhere. Nothing
 * of it leaves this page, and it runs only while somebody is muted.
 */
import { levelEvery } from './overheard';

/** Samples that a level is taken of: 43 ms at 48 kHz, in each levelEvery. */
const looked = 2048;

/** Calls fn with the level in dBFS ten times a second, until the returned function is called. */
export function listenTo(track: MediaStreamTrack, fn: (level: number) => void): () => void {
  const copy = track.clone();
  copy.enabled = true;
  const context = contextWithoutSpeaker();
  const analyser = new AnalyserNode(context, { fftSize: looked });
  const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([copy]) });
  source.connect(analyser);
  const samples = new Float32Array(looked);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    fn(10 * Math.log10(Math.max(1e-12, sum / looked)));
  }, levelEvery);
  return () => {
    clearInterval(timer);
    copy.stop();
    source.disconnect();
    void context.close();
  };
}

/** Chromium can do without a loudspeaker that would only be kept awake; the others cannot say so. */
function contextWithoutSpeaker(): AudioContext {
  try {
    return new AudioContext({ sinkId: { type: 'none' } } as AudioContextOptions);
  } catch {
    return new AudioContext();
  }
}
