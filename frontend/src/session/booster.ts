/**
 * Plays one seat louder than it comes, which an audio element cannot. It costs about 10 ms more delay than the element, so nobody
 * else is played so. The element goes on, muted: Chromium decodes a WebRTC track only while one plays it. The browser's echo
 * cancellation knows this sound as it knows the element's.
 */

/** Where a voice that was made louder is pressed together instead of being cut off; below, nothing is changed. */
const knee = 0.9;
/** The loudest that is asked for. */
const most = 2;
const points = 4097;

export class Booster {
  private readonly context = new AudioContext({ latencyHint: 'interactive' });
  private readonly gain = new GainNode(this.context, { gain: 0 });
  private readonly limit = new WaveShaperNode(this.context, { curve: limitCurve() });
  private element: HTMLAudioElement | undefined;
  private closed = false;
  /** It plays where it should: nothing sounds by another loudspeaker before. */
  private routed = false;
  private volume = 1;

  /** Plays by this loudspeaker, '' being the system's. Calls onChange when what `sounds` says may be another. */
  constructor(track: MediaStreamTrack, speaker: string, onChange: () => void) {
    const source = new MediaStreamAudioSourceNode(this.context, { mediaStream: new MediaStream([track]) });
    source.connect(this.gain).connect(this.limit).connect(this.context.destination);
    this.context.onstatechange = () => {
      if (!this.closed) onChange();
    };
    // It may have to wait for a click; until then the element plays.
    this.context.resume().catch(() => undefined);
    void this.setSpeaker(speaker).then(() => {
      this.routed = true;
      this.setVolume(this.volume);
      if (!this.closed) onChange();
    });
  }

  get sounds(): boolean {
    return !this.closed && this.routed && this.context.state === 'running';
  }

  /** 1 to 2. */
  setVolume(volume: number): void {
    this.volume = volume;
    if (this.routed) this.gain.gain.value = volume / most;
  }

  /** Plays by this loudspeaker from now on, '' being the system's. Where pages cannot choose, and where it is gone, it changes nothing. */
  async setSpeaker(id: string): Promise<void> {
    // TypeScript's library leaves it out.
    const context = this.context as { setSinkId?: (id: string) => Promise<void> };
    if (context.setSinkId) await context.setSinkId(id).catch(() => undefined);
    else if ('setSinkId' in HTMLMediaElement.prototype && (id !== '' || this.element)) await this.byElement(id);
  }

  /** Firefox knows an element's loudspeaker, not a context's. */
  private async byElement(id: string): Promise<void> {
    if (!this.element) {
      const out = new MediaStreamAudioDestinationNode(this.context);
      this.element = new Audio();
      this.element.srcObject = out.stream;
      this.limit.disconnect();
      this.limit.connect(out);
    }
    await this.element.setSinkId(id).catch(() => undefined);
    await this.element.play().catch(() => undefined);
  }

  close(): void {
    this.closed = true;
    if (this.element) this.element.srcObject = null;
    void this.context.close();
  }
}

/** From -1 to 1, which stand for -2 to 2: straight up to the knee, and never above 1. */
export function limitCurve(): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: points }, (_, i) => {
    const sample = most * ((2 * i) / (points - 1) - 1);
    const size = Math.abs(sample);
    return size <= knee ? sample : Math.sign(sample) * (1 - (1 - knee) ** 2 / (size - 2 * knee + 1));
  });
}
