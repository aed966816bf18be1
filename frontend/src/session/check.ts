/**
 * The check of microphone and loudspeaker: how loud I am, a sound to hear, and my own voice as a room makes it. What is done for
 * that is a booth's, of which each way of a voice has one.
 */
import { VoicelessError, type Booth } from './booth';
import { DelayMeter } from './delay';
import type { Level } from './level';
import type { MicrophoneWish } from './microphone';
import { MicrophoneError, type MicrophoneTrouble } from './transport';

/** Milliseconds between two looks at the delay. */
const measureEvery = 400;

export interface CheckView {
  /** "voiceless" is a page that carries no voice on this computer, as Entrance finds it out of a room. */
  readonly microphone: 'off' | 'asking' | 'open' | 'voiceless' | MicrophoneTrouble;
  readonly hearing: 'off' | 'starting' | 'on' | 'failed';
  /** Milliseconds from microphone to ear; undefined until somebody has spoken. */
  readonly delay: number | undefined;
  readonly sounding: boolean;
}

const off: CheckView = { microphone: 'off', hearing: 'off', delay: undefined, sounding: false };

export class MicrophoneCheck {
  private current = off;
  private readonly watchers = new Set<(view: CheckView) => void>();
  private attempt = 0;
  private wish: MicrophoneWish | undefined;
  /** Changes of the devices so far. */
  private changes = 0;
  /** Of hearing oneself. */
  private round = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  private meter = new DelayMeter();

  /** undefined where this page cannot carry a voice. */
  constructor(private readonly booth: Booth | undefined) {
    if (booth) booth.onLost = () => this.set({ microphone: 'missing' });
  }

  get view(): CheckView {
    return this.current;
  }

  /** Whether one can hear oneself here. */
  get canHear(): boolean {
    return this.booth !== undefined;
  }

  subscribe(fn: (view: CheckView) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  /** Opens the microphone, or opens it anew as it is wished now; what is on its way to be heard goes on with it. */
  async open(wish: MicrophoneWish): Promise<void> {
    const attempt = ++this.attempt;
    this.wish = wish;
    const before = this.changes;
    this.set({ microphone: 'asking' });
    const microphone = await (this.booth?.open(wish) ?? noBooth()).then(() => 'open' as const, troubleOf);
    if (attempt !== this.attempt) return;
    this.set({ microphone });
    if (before !== this.changes) this.devicesChanged();
  }

  /** A microphone may have been plugged in. */
  devicesChanged(): void {
    const { microphone } = this.current;
    this.changes++;
    if (this.wish && (microphone === 'missing' || microphone === 'broken')) void this.open(this.wish);
  }

  /** How loud the microphone was in the last tenth of a second; undefined while that is not known. */
  level(): Level | undefined {
    return this.booth?.level();
  }

  /** Plays by this loudspeaker, '' being the system's. */
  setSpeaker(id: string): void {
    this.booth?.setSpeaker(id);
  }

  /** Three notes, out of the chosen loudspeaker. */
  async sound(): Promise<void> {
    if (this.current.sounding) return;
    this.set({ sounding: true });
    try {
      await this.booth?.sound();
    } catch (thrown) {
      if (!(thrown instanceof VoicelessError)) throw thrown;
      this.set({ microphone: 'voiceless' });
    } finally {
      this.set({ sounding: false });
    }
  }

  /** Lets me hear myself, until unhear or close. */
  async hear(): Promise<void> {
    const { booth } = this;
    if (!booth || this.current.microphone !== 'open' || this.current.hearing === 'on') return;
    const round = ++this.round;
    this.meter = new DelayMeter();
    this.set({ hearing: 'starting', delay: undefined });
    try {
      await booth.hear();
      if (round !== this.round) return;
      this.timer = setInterval(() => void this.measure(booth, round), measureEvery);
      this.set({ hearing: 'on' });
    } catch (thrown) {
      console.warn('hear myself', thrown);
      if (round !== this.round) return;
      this.end();
      this.set({ hearing: 'failed' });
    }
  }

  unhear(): void {
    this.end();
    this.set({ hearing: 'off', delay: undefined });
  }

  /** Ends everything: nobody listens any more. */
  close(): void {
    this.attempt++;
    this.wish = undefined;
    this.end();
    this.booth?.close();
    this.set(off);
  }

  private end(): void {
    this.round++;
    clearInterval(this.timer);
    this.booth?.unhear();
  }

  private async measure(booth: Booth, round: number): Promise<void> {
    const samples = await booth.samples();
    if (!samples || round !== this.round) return;
    this.meter.take(samples.said, samples.heard);
    const { delay } = this.meter;
    if (delay !== undefined && delay !== this.current.delay) this.set({ delay });
  }

  private set(change: Partial<CheckView>): void {
    this.current = { ...this.current, ...change };
    this.watchers.forEach((fn) => fn(this.current));
  }
}

function troubleOf(thrown: unknown): MicrophoneTrouble | 'voiceless' {
  if (thrown instanceof VoicelessError) return 'voiceless';
  return thrown instanceof MicrophoneError ? thrown.trouble : 'broken';
}

const noBooth = () => Promise.reject(new MicrophoneError('refused', 'this page carries no voice'));
