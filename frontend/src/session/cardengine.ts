/** The threads of engine.ts where the app has the sound card: the window on Linux (package soundcard of the app). */
import {
  noWish,
  type CardState,
  type CardWish,
  type Care,
  type Encoding,
  type FromCard,
  type ToCard,
} from '../audio/messages';
import cardURL from '../audio/card.ts?worker&url';
import coreURL from '../audio/core.ts?worker&url';
import echoURL from '../audio/echo.ts?worker&url';
import noiseURL from '../audio/noise.ts?worker&url';
import opusURL from '../audio/opus.ts?worker&url';
import { Threads, type Card, type Engine } from './engine';
import { MicrophoneError } from './transport';

/** Milliseconds that opening a microphone may take; Bluetooth changes its profile first. */
const opensWithin = 5000;

/** Starts the threads. sound is where the app has its sound card. Rejects, and leaves nothing behind, where no voice can be. */
export async function startCardEngine(sound: string): Promise<CardEngine> {
  const card = new Worker(cardURL, { name: 'earshot-card', type: 'module' });
  const { port1, port2 } = new MessageChannel();
  const absolute = (url: string) => new URL(url, document.baseURI).href;
  const threads = new CardEngine(port1, card, sound);
  const begin: ToCard = {
    kind: 'begin',
    core: absolute(coreURL),
    parts: [
      ['opus', absolute(opusURL)],
      ['echo', absolute(echoURL)],
      ['noise', absolute(noiseURL)],
    ],
    port: port2,
  };
  card.postMessage(begin, [port2]);
  try {
    await threads.begun;
  } catch (thrown) {
    threads.end();
    throw thrown;
  }
  return threads;
}

/** The microphone and the loudspeaker of the app. */
export class AppCard implements Card {
  onLost: () => void = () => undefined;
  onSoundless: (soundless: boolean) => void = () => undefined;
  muted = false;
  private wish = noWish;
  private echo = false;
  private opened: string | undefined;
  private sound = true;
  private waiting: { resolve: (label: string) => void; reject: (error: Error) => void } | undefined;

  constructor(private readonly tell: (message: ToCard) => void) {}

  get name(): string | undefined {
    return this.opened;
  }

  use(input: string, output: string): void {
    this.set({ input, output });
  }

  /** An echo canceller needs what the loudspeaker plays, and short packets must not wait for a long tick. */
  serve({ packet }: Encoding, { echo }: Care): void {
    this.echo = echo;
    this.set({ short: packet < 960 });
  }

  rest(resting: boolean): void {
    this.set({ resting });
  }

  /** Speaks and hears by another line; by none with ''. */
  follow(line: string): void {
    this.set({ line });
  }

  open(): Promise<string> {
    if (this.opened !== undefined) return Promise.resolve(this.opened);
    this.set({ microphone: true });
    this.waiting?.reject(new MicrophoneError('broken', 'asked for again'));
    return new Promise<string>((resolve, reject) => {
      this.waiting = { resolve, reject };
      setTimeout(() => this.fail('broken', 'the app did not answer'), opensWithin);
    });
  }

  close(): void {
    this.set({ microphone: false });
    this.opened = undefined;
    this.fail('broken', 'closed while it was being opened');
  }

  told({ sound, microphone, input, muted }: CardState): void {
    this.muted = muted;
    if (sound !== this.sound) {
      this.sound = sound;
      this.onSoundless(!sound);
    }
    if (!this.wish.microphone) return;
    if (microphone === 'open') {
      this.opened = input;
      this.waiting?.resolve(input);
      this.waiting = undefined;
    } else if (microphone !== 'closed') {
      this.fail(microphone, 'the app has no microphone');
      const had = this.opened !== undefined;
      this.opened = undefined;
      if (had) this.onLost();
    }
  }

  private fail(trouble: 'missing' | 'broken', why: string): void {
    this.waiting?.reject(new MicrophoneError(trouble, why));
    this.waiting = undefined;
  }

  private set(change: Partial<CardWish>): void {
    const wish = { ...this.wish, ...change };
    this.wish = { ...wish, played: this.echo && !wish.resting };
    this.tell({ kind: 'wish', wish: this.wish });
  }
}

/** The audio thread is a worker in step with the app's sound card. */
export class CardEngine extends Threads implements Engine {
  readonly context = undefined;
  readonly card: AppCard;
  /** Resolves when a voice can be heard; rejects when it never can. */
  readonly begun: Promise<void>;

  constructor(
    private readonly port: MessagePort,
    private readonly thread: Worker,
    private readonly sound: string,
  ) {
    super(port);
    this.card = new AppCard((message) => this.tellCard(message));
    this.begun = new Promise((resolve, reject) => {
      // A script that cannot be loaded has no message.
      thread.onerror = ({ message }) => reject(new Error(message || 'a thread could not be loaded'));
      thread.onmessage = ({ data }: MessageEvent<FromCard>) => {
        switch (data.kind) {
          case 'loaded':
            this.equip();
            // The others are big, and nobody waits for them: until they are there, a voice goes as it is.
            if (data.part === 'opus') resolve();
            break;
          case 'unable':
            console.warn(data.part, data.why);
            if (data.part === 'echo' || data.part === 'noise') this.lacks.add(data.part);
            else reject(new Error(data.why));
            break;
          case 'state':
            this.card.told(data.state);
            break;
          case 'line':
            this.onState(data.state);
            break;
        }
      };
    });
  }

  setMicrophone(): void {
    // It is the card's.
  }

  override setEncoding(encoding: Encoding, care: Care): void {
    super.setEncoding(encoding, care);
    this.card.serve(encoding, care);
  }

  override rest(resting: boolean): void {
    super.rest(resting);
    this.card.rest(resting);
  }

  connect(url: string): void {
    this.follow(url);
    this.plugIn();
  }

  disconnect(): void {
    this.unfollow();
    this.tellCard({ kind: 'disconnect' });
  }

  /** Speaks and hears by another line; microphone and loudspeaker stay as they are. */
  follow(url: string): void {
    this.card.follow(url);
  }

  unfollow(): void {
    this.card.follow('');
  }

  /** Plays and records, whether there is a line or not, until disconnect. */
  plugIn(): void {
    this.tellCard({ kind: 'connect', url: this.sound });
  }

  end(): void {
    this.thread.terminate();
    this.port.close();
  }

  private tellCard(message: ToCard): void {
    this.thread.postMessage(message);
  }
}
