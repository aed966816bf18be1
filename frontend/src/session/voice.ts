/**
 * Our microphone and our ears while we are in a room: what we wish of them, what the room is told, and whether it receives us.
 * What is sent is silent at once, whatever the room has heard of it; the room drops it besides.
 */
import type { AppApi, Session, Voice as Said } from '../app/api';
import { gateOpen, lightOf } from './light';
import { Overheard } from './overheard';
import { MicrophoneError, type VoiceTransport } from './transport';
import type { MicrophoneState, View } from './view';

/** Milliseconds that the talk key is kept after its release: people let go of it within their last word. */
const tail = 180;
/** Milliseconds after which a voice that should be heard and is not is worth a word: the host counts every 50 ms. */
const overdueAfter = 2500;
/** Milliseconds that the hint to somebody who talks while muted stays. */
const hintFor = 8000;

/** What is ours when we enter. */
export interface Wishes {
  muted: boolean;
  deafened: boolean;
}

export interface VoiceOptions {
  app: AppApi;
  transport: VoiceTransport | undefined;
  view: () => View;
  set: (change: Partial<View>) => void;
  /** Our session, if this page carries its voice. */
  session: () => Session | undefined;
  tell: (thrown: unknown) => void;
  now: () => number;
}

export class Voice {
  /** Our own switch. Who is deafened is muted besides, and afterwards as before. */
  private muted = false;
  private deafened = false;
  /** What the app was last told, undefined when it must be told (again). */
  private said: Said | undefined;
  /** Number of the latest opening of the microphone; leaving makes an earlier one moot. */
  private lastAttempt = 0;
  private releasing: ReturnType<typeof setTimeout> | undefined;
  private overdue: ReturnType<typeof setTimeout> | undefined;
  private hinting: ReturnType<typeof setTimeout> | undefined;
  private readonly overheard = new Overheard();
  private watching = false;
  /** What the transport was last told. */
  private silent: boolean | undefined;

  constructor(private readonly options: VoiceOptions) {}

  /** What to enter again with, as we are now. */
  get wishes(): Wishes {
    return { muted: this.muted, deafened: this.deafened };
  }

  /** What a join says. */
  get toSay(): Said {
    const { muted, deafened, microphone } = this.options.view();
    return { muted, listener: isTrouble(microphone), deafened };
  }

  /** Takes wishes over before a stay begins. */
  begin({ muted, deafened }: Wishes): void {
    [this.muted, this.deafened] = [muted, deafened];
    this.silent = undefined;
    this.apply();
  }

  /** The app knows this: it came with a join. */
  wasSaid(said: Said): void {
    this.said = said;
  }

  /** The stay is over. */
  end(): void {
    this.said = undefined;
    this.lastAttempt++;
    clearTimeout(this.releasing);
    clearTimeout(this.hinting);
    [this.muted, this.deafened] = [false, false];
    this.silent = undefined;
    this.options.set({ microphone: 'off', muted: false, deafened: false, pressing: false, talksMuted: false });
    this.follow();
  }

  toggleMuted(): void {
    if (this.options.view().microphone !== 'open') return;
    // Who cannot hear should not talk on: a click on the microphone ends both.
    [this.muted, this.deafened] = this.deafened ? [false, false] : [!this.muted, false];
    this.apply();
    this.say();
  }

  toggleDeafened(): void {
    if (!this.options.session()) return;
    this.deafened = !this.deafened;
    this.apply();
    this.say();
  }

  /** The talk key is held. */
  press(): void {
    clearTimeout(this.releasing);
    if (!this.options.session()) return;
    this.gate(true);
  }

  /** The talk key is up; the last word still gets through. */
  release(): void {
    clearTimeout(this.releasing);
    if (!this.options.view().pressing) return;
    if (this.options.view().state?.keys.mode === 'push-to-talk')
      this.releasing = setTimeout(() => this.gate(false), tail);
    else this.gate(false);
  }

  /** Opens the microphone, or again after it was refused or missing. */
  async openMicrophone(): Promise<void> {
    const { transport, view, set } = this.options;
    if (!transport || view().microphone === 'asking') return;
    const attempt = ++this.lastAttempt;
    set({ microphone: 'asking' });
    let microphone: MicrophoneState = 'open';
    try {
      await transport.openMicrophone();
    } catch (thrown) {
      microphone = thrown instanceof MicrophoneError ? thrown.trouble : 'broken';
    }
    if (attempt !== this.lastAttempt) return; // left meanwhile
    set({ microphone });
    this.say();
    this.follow();
  }

  /** Tells the app of our microphone if it believes something else. One call at a time; the last wish wins. */
  say(): void {
    const { app, session, view, tell } = this.options;
    const ours = session();
    if (!ours || ours.status === 'reconnecting' || view().joining !== null) return;
    const { microphone } = view();
    if (microphone === 'off' || microphone === 'asking') return;
    const voice = this.toSay;
    if (this.said && same(this.said, voice)) return;
    this.said = voice;
    app.SetVoice(voice).catch((thrown: unknown) => {
      // Said again when the session is back; until then our own track is silent all the same.
      if (this.said === voice) this.said = undefined;
      if (session()?.status === 'joined') tell(thrown);
    });
  }

  /** The state, the media or the microphone are others now. */
  follow(): void {
    const { view, set } = this.options;
    const before = view();
    this.silence(before);
    const light = lightOf(before);
    const waits = (light === 'opening' || light === 'unheard') && before.media === 'connected';
    if (!waits) {
      clearTimeout(this.overdue);
      this.overdue = undefined;
    } else this.overdue ??= setTimeout(() => this.isOverdue(), overdueAfter);
    if (before.overdue && !waits) set({ overdue: false });
    this.watch(before.microphone === 'open' && before.muted);
  }

  /** Nothing of ours arrives: perhaps the room takes us for muted still. */
  private isOverdue(): void {
    this.said = undefined;
    this.say();
    this.options.set({ overdue: true });
  }

  private gate(pressing: boolean): void {
    this.options.set({ pressing });
    this.follow();
  }

  private apply(): void {
    const muted = this.muted || this.deafened;
    const was = this.options.view().muted;
    this.options.set({ muted, deafened: this.deafened, ...(!muted && { talksMuted: false }) });
    if (muted && !was) this.overheard.begin();
    this.options.transport?.setDeaf(this.deafened);
    this.follow();
  }

  private silence({ muted, pressing, state }: View): void {
    const silent = muted || !gateOpen(state?.keys.mode ?? 'open', pressing);
    if (silent === this.silent) return;
    this.silent = silent;
    this.options.transport?.setMuted(silent);
  }

  private watch(on: boolean): void {
    if (on === this.watching) return;
    this.watching = on;
    this.options.transport?.overhear(on ? (level) => this.hear(level) : undefined);
  }

  private hear(level: number): void {
    if (!this.overheard.hear(level, this.options.now())) return;
    this.options.set({ talksMuted: true });
    clearTimeout(this.hinting);
    this.hinting = setTimeout(() => this.options.set({ talksMuted: false }), hintFor);
  }
}

function same(a: Said, b: Said): boolean {
  return a.muted === b.muted && a.listener === b.listener && a.deafened === b.deafened;
}

function isTrouble(microphone: MicrophoneState): boolean {
  return microphone !== 'off' && microphone !== 'asking' && microphone !== 'open';
}
