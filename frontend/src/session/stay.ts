/**
 * This page's voice in a room: it goes in, is brought in line with what the app says of the session, comes back after an absence, comes over from
 * another page, and leaves.
 */
import { asProblem, type AppApi, type JoinReply, type Quality, type Session, type State } from '../app/api';
import { seatVolumes } from './loudness';
import type { Place } from './place';
import { Recovery } from './recovery';
import { Reporter } from './reporter';
import { isAlone, mutedSeats, silencedSeats } from './roster';
import type { MediaState, Signalling, VoiceTransport } from './transport';
import type { View } from './view';
import type { Voice, Wishes } from './voice';

/** Seats prepared for while the lobby is open: what every room has unless its host was told otherwise. */
const usualSeats = 10;
/** Milliseconds between two tries to enter again after an absence; the app itself waits for the network in each. */
const returnEvery = 1000;

/** How a room is entered. */
export interface Entry {
  ref: string;
  seats: number;
  wishes: Wishes;
  pin?: string;
  /** Somebody inside has to let us in first, and until then the microphone is nobody's business. */
  asks?: boolean;
}

export interface StayOptions {
  app: AppApi;
  transport: VoiceTransport | undefined;
  voice: Voice;
  view: () => View;
  set: (change: Partial<View>) => void;
  tell: (thrown: unknown) => void;
  /** Our session, if this page carries its voice. */
  session: () => Session | undefined;
  /** See Entrance. */
  accepted: () => string | undefined;
  /** The voice is in no room any more. */
  ended: () => void;
  /** Brings everything in line with what the app says, once more. */
  reconcile: () => void;
}

export class Stay {
  private readonly recovery: Recovery;
  private readonly reporter: Reporter;
  /** Whether the host was last asked to take each frame twice; undefined when that could not be done. */
  private doubled: boolean | undefined = false;
  /** Our departure, while the app does not answer: made again when it is back. */
  private departure: (() => Promise<void>) | undefined;
  /** As we were when the host gave our place up, until we are in again. */
  private away: (Wishes & { hand: boolean }) | undefined;
  private nextReturn: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: StayOptions) {
    const { app, transport, set } = options;
    this.recovery = new Recovery(
      async () => transport?.restart(),
      async () => (await transport?.followed()) ?? true,
    );
    this.reporter = new Reporter(
      async () => transport?.measure(),
      (report) => {
        set({ bufferMillis: report.bufferMillis });
        return app.Report(report);
      },
    );
  }

  /** Has a connection ready for the next room, or a fresh one, while there is none. */
  prepare(anew = false): void {
    const { media, joining } = this.options.view();
    if (media !== 'closed' || joining !== null) return;
    // One that cannot be prepared fails again, and is told, at the join.
    this.options.transport?.prepare(usualSeats, anew).catch(() => undefined);
  }

  stop(): void {
    clearTimeout(this.nextReturn);
    this.options.transport?.leave();
  }

  async enter(transport: VoiceTransport, { ref, seats, wishes, pin = '', asks = false }: Entry): Promise<void> {
    const { voice, view } = this.options;
    const quality = view().state?.quality;
    if (quality) this.applyQuality(quality);
    voice.begin(wishes);
    const joined = transport.join(seats, this.signalling(ref, pin));
    if (asks) await joined;
    // In parallel, and awaited by nobody: hearing starts before the question for the microphone is answered.
    if (view().microphone !== 'open') void voice.openMicrophone();
    await joined;
  }

  /** Brings our voice in line with what the app says. */
  follow(state: State): void {
    const { transport, voice, view } = this.options;
    const { media, leaving } = view();
    const { session } = state;
    if (!session?.rejoin || leaving) this.away = undefined;
    const { departure } = this;
    this.departure = undefined;
    if (departure && session && leaving) void this.depart(departure);
    const mine = this.options.session();
    if (mine) {
      if (mine.rejoin) void this.comeBack(mine);
      else if (media === 'closed') void this.takeOver();
      else this.recovery.sessionIs(mine);
      transport?.silence(mutedSeats(mine), silencedSeats(mine));
      transport?.setVolumes(seatVolumes(mine, state.people));
      transport?.setAlone(isAlone(mine));
      voice.say();
      voice.follow();
      if (mine.status === 'joined') this.applyQuality(state.quality);
    } else if (media !== 'closed') {
      transport?.leave();
      this.prepare();
    }
  }

  mediaIs(media: MediaState): void {
    const { set, voice, ended } = this.options;
    set({ media });
    this.recovery.mediaIs(media);
    this.reporter.run(media === 'connected');
    if (media !== 'closed') {
      voice.follow();
      return;
    }
    this.doubled = false;
    ended();
    voice.end();
    set({ soundBlocked: false, soundless: false, links: {}, bufferMillis: 0 });
  }

  /** The host wants more, or less, redundancy; its answer to another offer says so. It repeats its wish after an outage. */
  protect(on: boolean): void {
    if (!this.options.session() || on === this.doubled) return;
    this.doubled = on;
    this.options.transport?.renegotiate().catch(() => {
      this.doubled = undefined;
    });
  }

  /** Where this page carries a voice; undefined when it does not. */
  whereabouts(): Place | undefined {
    const session = this.options.session();
    if (!session) return undefined;
    const closed = this.options.view().media === 'closed';
    const { muted, deafened } = closed ? asInRoster(session) : this.options.voice.wishes;
    return { ref: session.invite, room: session.room.id, muted, deafened };
  }

  /** Brings the session that another page carries, or that this page carried before a reload, to this page. */
  async takeOver(): Promise<void> {
    const { app, transport, view, set, tell, reconcile } = this.options;
    const { state, joining, page } = view();
    const session = state?.session;
    if (!session || !transport || joining !== null) return;
    set({ joining: session.invite });
    try {
      await this.enter(transport, {
        ref: session.invite,
        seats: session.room.seats,
        wishes: asInRoster(session),
      });
    } catch (thrown) {
      set({ joining: null });
      // Without the app there is nothing to leave; its next state brings us here again.
      if (isLost(thrown)) return;
      tell(thrown);
      // The session names this page but it has no voice: without leaving, it would try for ever.
      if (session.page === page) await this.depart(() => app.Leave());
      return;
    }
    set({ joining: null });
    reconcile();
  }

  /** Leaves by one of the app's ways to. */
  async depart(call: () => Promise<void>): Promise<void> {
    const { transport, view, set, tell, reconcile } = this.options;
    set({ leaving: view().state?.session != null, opened: null });
    transport?.leave();
    this.prepare();
    try {
      await call();
    } catch (thrown) {
      if (isLost(thrown)) {
        this.departure = call;
        return;
      }
      set({ leaving: false });
      tell(thrown);
      reconcile();
    }
  }

  /** Enters the room again, as we were, after an absence that was too long for our place; until the app gives up. */
  private async comeBack(session: Session): Promise<void> {
    const { app, transport, voice, view, set, reconcile } = this.options;
    clearTimeout(this.nextReturn);
    if (!transport || view().joining !== null) return;
    const inRoster = asInRoster(session);
    // A page that was reloaded meanwhile knows only what the room knew.
    this.away ??= view().media === 'closed' ? inRoster : { ...inRoster, ...voice.wishes };
    set({ joining: session.invite });
    this.recovery.mediaIs('closed'); // that connection is history, whatever it says
    let again = false;
    try {
      await this.enter(transport, { ref: session.invite, seats: session.room.seats, wishes: this.away });
      if (this.away.hand) await app.RaiseHand(true).catch(() => undefined);
    } catch {
      again = true; // the app says why, if it gives up
    }
    set({ joining: null });
    if (again) this.nextReturn = setTimeout(reconcile, returnEvery);
    else reconcile();
  }

  private signalling(ref: string, pin: string): Signalling {
    const { app, voice, view, accepted } = this.options;
    const join = async (way: { offer: string; seats?: number }) => {
      const said = voice.toSay;
      const key = accepted();
      const accept = key === undefined ? {} : { accept: key };
      const reply = await app.Join({ room: ref, page: view().page, pin, ...way, ...said, ...accept });
      voice.wasSaid(said);
      this.adopt(reply);
      return reply;
    };
    return {
      join: async (offer) => (await join({ offer })).answer,
      enter: async (seats) => (await join({ offer: '', seats })).voice ?? '',
      candidate: (candidate) => app.AddCandidate(candidate),
      restart: (offer) => app.Restart(offer),
    };
  }

  /** Shows the room without waiting for the event that will say the same. */
  private adopt({ session }: JoinReply): void {
    const { state } = this.options.view();
    if (!state || (state.session?.you === session.you && state.session.page === session.page)) return;
    this.options.set({ state: { ...state, session }, movements: [] });
  }

  /** Sends what the settings ask for. What the host cannot be asked now is asked when the session is back. */
  private applyQuality(quality: Quality): void {
    this.options.transport?.setQuality(quality).catch((thrown: unknown) => {
      if (!isLost(thrown)) this.options.tell(thrown);
    });
  }
}

function isLost(thrown: unknown): boolean {
  return asProblem(thrown).code === 'lost';
}

/** How the room knows us. */
function asInRoster({ participants, you }: Session): Wishes & { hand: boolean } {
  const mine = participants.find(({ id }) => id === you);
  return { muted: mine?.muted ?? false, deafened: mine?.deafened ?? false, hand: (mine?.hand ?? 0) > 0 };
}
