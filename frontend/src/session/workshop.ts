/**
 * The audio thread of a page with WebRTC: it tells how loud a microphone is, and cleans it by RNNoise (audio/noise.ts) before it is
 * sent. One for the life of the page, started when it is first needed.
 */
import cleanerURL from '../audio/cleaner.ts?worker&url';
import noiseURL from '../audio/noise.ts?worker&url';
import { cleanerName, sampleRate } from '../audio/messages';

/** Samples that are looked at at once: 0.68 s, more than between two looks. */
const span = 32768;

/** Milliseconds in which the audio thread says that it cleans: it compiles a program of 0.1 MB. */
const readyWithin = 2000;

export interface Meter {
  /** The largest sample of the last 0.7 s, 0 to 1; undefined while the thread does not run. */
  peak(): number | undefined;
  /** The samples themselves, 0.68 s at 48 kHz. Those of two meters that are read in one go are of the same time. */
  samples(): Float32Array<ArrayBuffer> | undefined;
  stop(): void;
}

export interface Cleaned {
  track: MediaStreamTrack;
  stop(): void;
}

export interface Workshop {
  measure(track: MediaStreamTrack): Meter;
  /** Rejects where the browser has no audio thread or the program cannot be loaded. */
  clean(track: MediaStreamTrack): Promise<Cleaned>;
}

export class AudioWorkshop implements Workshop {
  private context: AudioContext | undefined;
  private loaded: Promise<void> | undefined;

  measure(track: MediaStreamTrack): Meter {
    const context = this.open();
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    const ear = new AnalyserNode(context, { fftSize: span, smoothingTimeConstant: 0 });
    source.connect(ear);
    const begun = context.currentTime;
    const heard = new Float32Array(span);
    const samples = () => {
      // A meter that has just begun is full of the zeros of before.
      if (context.state !== 'running' || context.currentTime - begun < 1) return undefined;
      ear.getFloatTimeDomainData(heard);
      return heard;
    };
    return {
      samples,
      peak: () => samples()?.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
      stop: () => source.disconnect(),
    };
  }

  async clean(track: MediaStreamTrack): Promise<Cleaned> {
    const context = this.open();
    this.loaded ??= load(context);
    this.loaded.catch(() => (this.loaded = undefined));
    await this.loaded;
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    const cleaner = new AudioWorkletNode(context, cleanerName, { channelCount: 1, channelCountMode: 'explicit' });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    source.connect(cleaner).connect(out);
    const cleaned = out.stream.getAudioTracks()[0];
    if (!cleaned) throw new Error('no track behind the cleaner');
    const stop = () => {
      source.disconnect();
      cleaner.disconnect();
      cleaner.port.postMessage('end');
      cleaned.stop();
    };
    const ready = new Promise<boolean>((resolve) => {
      cleaner.port.onmessage = ({ data }: MessageEvent<boolean>) => resolve(data);
      setTimeout(() => resolve(false), readyWithin);
    });
    // Nothing would be sent by a thread that waits for a click, and noise by one that has no program.
    if (!(await ready) || context.state !== 'running') {
      stop();
      throw new Error('the audio thread does not clean');
    }
    return { track: cleaned, stop };
  }

  /** The context; a capture that is live lets it run without a click in most browsers, a click in all. */
  private open(): AudioContext {
    this.context ??= new AudioContext({ sampleRate, latencyHint: 'interactive', ...withoutOutput() });
    if (this.context.state !== 'running') void this.context.resume().catch(() => undefined);
    return this.context;
  }
}

async function load(context: AudioContext): Promise<void> {
  await context.audioWorklet.addModule(noiseURL);
  await context.audioWorklet.addModule(cleanerURL);
  if (context.state !== 'running') await Promise.race([context.resume(), pause(500)]);
}

/** Nothing of it is played: where it can be said (Chromium), no loudspeaker is opened for it. */
function withoutOutput(): object {
  return 'setSinkId' in AudioContext.prototype ? { sinkId: { type: 'none' } } : {};
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
