/** Where a microphone is checked with the app's sound card: threads of its own, beside those of a room, that end with the check. */
import { sampleRate, type Samples } from '../audio/messages';
import { noteEvery, noteFor, notes, VoicelessError, type Booth, type BoothOptions } from './booth';
import type { CardEngine } from './cardengine';
import { decibels, type Level } from './level';
import { careOf, encodingOf } from './loopback';
import type { MicrophoneWish } from './microphone';
import { MicrophoneError } from './transport';

interface CardBoothOptions extends BoothOptions {
  start: () => Promise<CardEngine>;
}

export class CardBooth implements Booth {
  onLost: () => void = () => undefined;
  private started: Promise<CardEngine> | undefined;
  private engine: CardEngine | undefined;
  private loudness: Level | undefined;
  private microphone = '';
  private speaker = '';
  private hearing = false;
  /** Of checks that were closed. */
  private closed = 0;

  constructor(private readonly options: CardBoothOptions) {}

  async open(wish: MicrophoneWish): Promise<void> {
    const engine = await this.running();
    this.microphone = wish.microphone;
    engine.setEncoding(encodingOf({ bitrate: 0, music: wish.music, lowDelay: false }), careOf(wish, wish));
    engine.card.use(this.microphone, this.speaker);
    await engine.card.open();
  }

  level(): Level | undefined {
    return this.loudness;
  }

  setSpeaker(id: string): void {
    this.speaker = id;
    this.engine?.card.use(this.microphone, id);
  }

  async sound(): Promise<void> {
    (await this.running()).play(chime());
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }

  async hear(): Promise<void> {
    const { app, page } = this.options;
    const engine = await this.running();
    this.hearing = true;
    const { voice } = await app.StartCheck({ page, speaking: '', hearing: '' });
    if (!voice || this.isQuiet()) return;
    const connected = new Promise<void>((resolve, reject) => {
      engine.onState = (state) => {
        if (state === 'connected') resolve();
        else if (state === 'failed') reject(new Error('the way to myself broke'));
      };
    });
    engine.follow(voice);
    await connected;
  }

  samples(): Promise<Samples | undefined> {
    return this.engine?.sample() ?? Promise.resolve(undefined);
  }

  unhear(): void {
    if (!this.hearing) return;
    this.hearing = false;
    this.engine?.unfollow();
    this.options.app.EndCheck().catch(() => undefined);
  }

  close(): void {
    this.unhear();
    this.closed++;
    const { started } = this;
    this.started = this.engine = this.loudness = undefined;
    started?.then(
      (engine) => {
        engine.disconnect();
        engine.end();
      },
      () => undefined,
    );
  }

  /** Whether hearing was ended. */
  private isQuiet(): boolean {
    return !this.hearing;
  }

  /** The threads, connected to the sound card. */
  private running(): Promise<CardEngine> {
    this.started ??= this.start();
    this.started.catch(() => (this.started = undefined));
    return this.started;
  }

  /** Whether the check that began then was closed. */
  private isOver(began: number): boolean {
    return began !== this.closed;
  }

  private async start(): Promise<CardEngine> {
    const began = this.closed;
    const engine = await this.options.start().catch((thrown: unknown) => {
      throw new VoicelessError('the threads do not start', { cause: thrown });
    });
    if (this.isOver(began)) {
      engine.end();
      throw new MicrophoneError('broken', 'the check was closed meanwhile');
    }
    this.engine = engine;
    engine.card.onLost = () => this.onLost();
    engine.listen(({ peak, level }) => (this.loudness = { loud: level, peak: decibels(peak) }));
    engine.plugIn();
    return engine;
  }
}

/** The notes, each swelling in 20 ms and dying away. */
function chime(): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round((notes.length * noteEvery + noteFor) * sampleRate));
  notes.forEach((frequency, i) => {
    const begin = Math.round(i * noteEvery * sampleRate);
    for (let k = 0; k < noteFor * sampleRate; k++) {
      const at = k / sampleRate;
      const loud = 0.25 * Math.min(1, at / 0.02) * Math.exp(-at / 0.11);
      samples[begin + k] = (samples[begin + k] ?? 0) + loud * Math.sin(2 * Math.PI * frequency * at);
    }
  });
  return samples;
}
