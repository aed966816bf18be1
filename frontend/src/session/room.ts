/**
 * The page's side of being in a room. The app says what is (State); this brings the page's voice in line with it and
 * turns clicks into calls. It knows neither the framework nor the way to the app.
 */
import {
  asProblem,
  type AppApi,
  type Code,
  type Diagnostics,
  type FindingAction,
  type InviteCard,
  type JoinReply,
  type KnownHost,
  type Network,
  type Participant,
  type Profile,
  type Quality,
  type RoomList,
  type RoomListing,
  type Session,
  type Settings,
  type State,
} from '../app/api';
import { Keys } from './keys';
import { LevelMeter } from './levels';
import { Recovery } from './recovery';
import { Reporter } from './reporter';
import type { Place } from './place';
import { kept } from './rooms';
import { seatVolumes, withLoudness } from './loudness';
import { Moderation } from './moderation';
import { Recorder } from './recorder';
import { movements, mutedSeats, silencedSeats } from './roster';
import type { MediaState, Signalling, TransportEvents, VoiceTransport } from './transport';
import { firstView, type View } from './view';
import { Voice, type Wishes } from './voice';

/** Seats prepared for while the lobby is open: what every room has unless its host was told otherwise. */
const usualSeats = 10;
/** Milliseconds between looks at whether the prepared connection is still fresh. */
const freshenEvery = 60_000;
/** Milliseconds between two tries to enter again after an absence; the app itself waits for the network in each. */
const returnEvery = 1000;

export interface RoomOptions {
  app: AppApi;
  page: string;
  /** A room to enter at once; see Connection. */
  join?: string | undefined;
  /** Where this page was before it was reloaded. */
  place?: Place | undefined;
  /** Makes the voice, or undefined where this page can carry none. */
  transport: ((events: TransportEvents) => VoiceTransport) | undefined;
  /** See View. */
  optional?: boolean;
  now: () => number;
}

export class RoomController {
  readonly levels: LevelMeter;
  readonly moderation: Moderation;
  readonly recorder: Recorder;
  readonly keys: Keys;
  readonly voice: Voice;
  private readonly app: AppApi;
  private readonly transport: VoiceTransport | undefined;
  private readonly recovery: Recovery;
  private readonly reporter: Reporter;
  private readonly watchers = new Set<(view: View) => void>();
  private readonly cleanups: (() => void)[] = [];
  private current: View;
  private joinAtOnce: string | undefined;
  private returnTo: string | undefined;
  /** Where this page was before it was reloaded, until we are in again or elsewhere. */
  private place: Place | undefined;
  /** Whether the host was last asked to take each frame twice; undefined when that could not be done. */
  private doubled: boolean | undefined = false;
  private lastTrouble = 0;
  /** Our departure, while the app does not answer: made again when it is back. */
  private departure: (() => Promise<void>) | undefined;
  /** Fingerprint of a new key that the user takes for the right one of a room. */
  private accepted: string | undefined;
  /** As we were when the host gave our place up, until we are in again. */
  private away: (Wishes & { hand: boolean }) | undefined;
  private nextReturn: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RoomOptions) {
    this.app = options.app;
    this.joinAtOnce = options.join;
    this.returnTo = options.place?.ref;
    this.place = options.place;
    this.levels = new LevelMeter(options.now);
    this.moderation = new Moderation(options.app, (thrown) => this.tell(thrown));
    this.recorder = new Recorder(options.app, (thrown) => this.tell(thrown));
    this.recovery = new Recovery(
      async () => this.transport?.restart(),
      async () => (await this.transport?.followed()) ?? true,
    );
    this.reporter = new Reporter(
      async () => this.transport?.measure(),
      (report) => {
        this.set({ bufferMillis: report.bufferMillis });
        return this.app.Report(report);
      },
    );
    this.transport = options.transport?.({
      onState: (media) => this.mediaIs(media),
      onMicrophoneLost: () => void this.voice.openMicrophone(),
      onSoundless: (soundless) => this.set({ soundless }),
      onBlocked: (soundBlocked) => this.set({ soundBlocked }),
    });
    this.current = firstView(options.page, this.transport !== undefined, options.optional);
    this.voice = new Voice({
      app: options.app,
      transport: this.transport,
      now: options.now,
      view: () => this.current,
      set: (change) => this.set(change),
      session: () => this.mySession(),
      tell: (thrown) => this.tell(thrown),
    });
    this.keys = new Keys(
      {
        toggleMuted: () => this.voice.toggleMuted(),
        toggleDeafened: () => this.voice.toggleDeafened(),
        toggleHand: () => this.toggleHand(),
        press: () => this.voice.press(),
        release: () => this.voice.release(),
      },
      () => (this.mySession() ? this.current.state?.keys : undefined),
    );
  }

  get view(): View {
    return this.current;
  }

  /** Calls fn on every change until the returned function is called. */
  subscribe(fn: (view: View) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  /** Starts following the app, until stop. */
  start(): void {
    const { app } = this;
    this.cleanups.push(
      app.on('state', (state) => this.stateIs(state)),
      app.on('rooms', (rooms) => this.roomsAre(rooms)),
      app.on('levels', ({ levels }) => this.levels.report(levels)),
      app.on('links', ({ links }) => this.set({ links })),
      app.on('protect', ({ on }) => this.protect(on)),
      app.on('hotkey', ({ action }) => this.keys.act(action)),
      app.on('link', (link) => this.linkIs(link)),
    );
    // Events are subscribed to first, so that nothing falls between; the higher revision wins. A connection that breaks
    // before the answer fetches both again by itself.
    app.GetState().then(
      (state) => this.stateIs(state),
      () => undefined,
    );
    app.GetRooms().then(
      (rooms) => this.roomsAre(rooms),
      () => undefined,
    );
    this.prepare();
    const freshen = setInterval(() => this.prepare(), freshenEvery);
    this.cleanups.push(() => clearInterval(freshen));
  }

  stop(): void {
    this.cleanups.splice(0).forEach((cleanup) => cleanup());
    clearTimeout(this.nextReturn);
    this.transport?.leave();
  }

  /** The machine has another network, or one again. */
  networkChanged(): void {
    this.prepare(true);
  }

  /** A microphone may have been plugged in. */
  devicesChanged(): void {
    const { microphone } = this.current;
    if (microphone === 'missing' || microphone === 'broken') void this.voice.openMicrophone();
  }

  async startRoom(name: string, pin = ''): Promise<void> {
    if (this.current.joining !== null) return;
    this.set({ joining: '' });
    let listing: RoomListing;
    try {
      listing = await this.app.StartRoom(name, pin);
    } catch (thrown) {
      this.tell(thrown);
      return;
    } finally {
      this.set({ joining: null });
    }
    await this.join(listing.ref, listing);
  }

  /**
   * Enters the room of a listing's ref, an invite or an address. The outcome is in the view: a room that has a PIN is
   * entered once that was given, by another join.
   */
  async join(ref: string, known?: RoomListing, pin = ''): Promise<boolean> {
    if (this.current.joining !== null) return false;
    this.set({ joining: ref, leaving: false, changed: null, recorded: null });
    // What is in the list was chosen by its name; anything else that pins a key is an invite that somebody gave.
    const asked = this.listed(ref) === undefined && pinsKey(ref);
    let name = '';
    try {
      const listing = known ?? this.listed(ref) ?? (await this.app.Look(ref));
      const transport = await this.ready(listing.room.seats);
      if (!transport) {
        await this.openInBrowser(listing.ref); // the page there asks for a PIN
        return true;
      }
      ref = listing.ref;
      name = listing.room.name;
      if (listing.changed && this.accepted !== listing.fingerprint) {
        this.set({ pin: null, changed: { listing, change: listing.changed, invited: asked } });
        return false;
      }
      const back = this.place?.room === listing.room.id ? this.place : undefined;
      // A card of the lobby has said it before the click.
      if (!known && !back && pin === '' && !listing.mine && listing.room.recorders) {
        this.set({ pin: null, recorded: listing });
        return false;
      }
      if (listing.room.pin && !listing.mine && pin === '') {
        this.set({ pin: { ref, room: name, trouble: undefined } });
        return false;
      }
      const asks = listing.room.knock === true && !listing.mine;
      const wishes = back ?? { muted: false, deafened: false };
      await this.enter(transport, ref, listing.room.seats, wishes, { pin, asks });
      this.set({ pin: null });
      return true;
    } catch (thrown) {
      const { code } = asProblem(thrown);
      if (code === 'host_changed') await this.askAboutHost(ref, asked, thrown);
      else if (asksForPin(code))
        this.set({ pin: { ref, room: name, trouble: code === 'pin_needed' ? undefined : code } });
      else {
        this.set({ pin: null });
        this.tell(thrown);
      }
      return false;
    } finally {
      this.set({ joining: null });
      this.reconcile();
    }
  }

  /** The app knows better than the list that we had: another key stands there by now. */
  private async askAboutHost(ref: string, invited: boolean, refusal: unknown): Promise<void> {
    const listing = await this.app.Look(ref).catch(() => undefined);
    if (listing?.changed) this.set({ pin: null, changed: { listing, change: listing.changed, invited } });
    else this.tell(refusal);
  }

  /** Joins the room whose new key the user takes for the right one. */
  async acceptHost(): Promise<boolean> {
    const { changed } = this.current;
    if (!changed) return false;
    this.accepted = changed.listing.fingerprint;
    return this.join(changed.listing.ref, changed.listing);
  }

  /** Closes the question about a new key, and stays outside. */
  declineHost(): void {
    this.set({ changed: null });
  }

  /** The licences of everything that the program is made of. */
  licences(): Promise<string> {
    return this.app.Licences();
  }

  /** The hosts that are remembered. */
  hosts(): Promise<KnownHost[]> {
    return this.app.GetHosts();
  }

  /** Forgets these hosts, all of them when the list is empty. */
  async forgetHosts(fingerprints: string[]): Promise<void> {
    await this.app.ForgetHosts(fingerprints).catch((thrown: unknown) => this.tell(thrown));
  }

  /** What people compare aloud of a key. */
  async hostCode(fingerprint: string): Promise<number[]> {
    return (await this.app.HostCode(fingerprint)).symbols;
  }

  setVerified(fingerprint: string, verified: boolean): void {
    this.app.SetVerified(fingerprint, verified).catch((thrown: unknown) => this.tell(thrown));
  }

  /** Takes our knock back; the join that waits for its answer ends. */
  stopWaiting(): void {
    this.app.StopWaiting().catch((thrown: unknown) => this.tell(thrown));
  }

  /** Closes the question whether to enter a room that is recorded, and stays outside. */
  forgetRecorded(): void {
    this.set({ recorded: null });
  }

  /** Closes the question for a PIN. */
  forgetPin(): void {
    this.set({ pin: null });
  }

  /** Where this page carries a voice; undefined when it does not. */
  whereabouts(): Place | undefined {
    const session = this.mySession();
    if (!session) return undefined;
    const { muted, deafened } = this.current.media === 'closed' ? asInRoster(session) : this.voice.wishes;
    return { ref: session.invite, room: session.room.id, muted, deafened };
  }

  /** Brings the session that another page carries, or that this page carried before a reload, to this page. */
  async takeOver(): Promise<void> {
    const session = this.current.state?.session;
    if (!session || !this.transport || this.current.joining !== null) return;
    this.set({ joining: session.invite });
    try {
      await this.enter(this.transport, session.invite, session.room.seats, asInRoster(session));
    } catch (thrown) {
      this.set({ joining: null });
      // Without the app there is nothing to leave; its next state brings us here again.
      if (isLost(thrown)) return;
      this.tell(thrown);
      // The session names this page but it has no voice: without leaving, it would try for ever.
      if (session.page === this.current.page) await this.leave();
      return;
    }
    this.set({ joining: null });
    this.reconcile();
  }

  /** Enters the room again, as we were, after an absence that was too long for our place; until the app gives up. */
  private async comeBack(session: Session): Promise<void> {
    clearTimeout(this.nextReturn);
    if (!this.transport || this.current.joining !== null) return;
    const inRoster = asInRoster(session);
    // A page that was reloaded meanwhile knows only what the room knew.
    this.away ??= this.current.media === 'closed' ? inRoster : { ...inRoster, ...this.voice.wishes };
    this.set({ joining: session.invite });
    this.recovery.mediaIs('closed'); // that connection is history, whatever it says
    let again = false;
    try {
      await this.enter(this.transport, session.invite, session.room.seats, this.away);
      if (this.away.hand) await this.app.RaiseHand(true).catch(() => undefined);
    } catch {
      again = true; // the app says why, if it gives up
    }
    this.set({ joining: null });
    if (again) this.nextReturn = setTimeout(() => this.reconcile(), returnEvery);
    else this.reconcile();
  }

  /** Opens the room outside once more. */
  async openAgain(): Promise<void> {
    const ref = this.current.opened?.ref ?? this.current.state?.session?.invite;
    if (ref === undefined) return;
    await this.openInBrowser(ref).catch((thrown: unknown) => this.tell(thrown));
  }

  /** Leaves; a room of ours stays open for the others. */
  leave(): Promise<void> {
    return this.depart(() => this.app.Leave());
  }

  /** Ends our room for everybody. */
  endRoom(): Promise<void> {
    return this.depart(() => this.app.EndRoom());
  }

  toggleMuted(): void {
    this.voice.toggleMuted();
  }

  /** Hears nobody, and is heard by nobody, or as before. */
  toggleDeafened(): void {
    this.voice.toggleDeafened();
  }

  /** Asks for the microphone again after it was refused or missing. */
  openMicrophone(): Promise<void> {
    return this.voice.openMicrophone();
  }

  /** Raises our hand, or takes it down. */
  toggleHand(): void {
    const session = this.mySession();
    if (!session) return;
    const up = (session.participants.find(({ id }) => id === session.you)?.hand ?? 0) === 0;
    this.app.RaiseHand(up).catch((thrown: unknown) => this.tell(thrown));
  }

  /** Plays what the browser blocked. Call it from a click. */
  resumeSound(): void {
    this.transport?.resume();
  }

  setProfile(change: Partial<Profile>): void {
    const profile = this.current.state?.profile;
    if (!profile) return;
    this.app.SetProfile({ ...profile, ...change }).catch((thrown: unknown) => this.tell(thrown));
  }

  /** Changes fields of one section of the settings. */
  changeSettings<S extends keyof Settings>(section: S, change: Partial<Settings[S]>): void {
    this.app.ChangeSettings(section, change).catch((thrown: unknown) => this.tell(thrown));
  }

  /** All but the user's name become those of a new installation. */
  resetSettings(): void {
    this.app.ResetSettings().catch((thrown: unknown) => this.tell(thrown));
  }

  /** What is saved for whoever is to help. */
  diagnostics(userAgent: string): Promise<Diagnostics> {
    return this.app.GetDiagnostics(userAgent);
  }

  /** Saves them where the user says in the window; whether they were. */
  async saveDiagnostics(): Promise<boolean> {
    try {
      return await this.app.SaveDiagnostics();
    } catch (thrown) {
      this.tell(thrown);
      return false;
    }
  }

  /** Makes the window small and keeps it above all others, or as before; whether that was done. */
  async miniWindow(on: boolean): Promise<boolean> {
    return this.app.MiniWindow(on).then(
      () => true,
      () => false,
    );
  }

  async closeWindow(hide: boolean): Promise<void> {
    await this.app.CloseWindow(hide).catch((thrown: unknown) => this.tell(thrown));
  }

  setNetwork(network: Network): void {
    this.app.SetNetwork(network).catch((thrown: unknown) => this.tell(thrown));
  }

  setQuality(change: Partial<Quality>): void {
    const quality = this.current.state?.quality;
    if (!quality) return;
    this.app.SetQuality({ ...quality, ...change }).catch((thrown: unknown) => this.tell(thrown));
  }

  /** How loud we play somebody, in this room and in those to come; 100 % is as it comes. */
  setLoudness(who: Participant, volume: number, muted: boolean): void {
    const { state } = this.current;
    if (state) this.changeSettings('people', withLoudness(state.people, who, volume, muted));
  }

  /** The invite of a room in every form it is given away in. */
  inviteCard(ref: string): Promise<InviteCard> {
    return this.app.InviteCard(ref);
  }

  /** Does for the user what a finding of the doctor names. */
  act(action: FindingAction): Promise<void> {
    return this.app.Act(action);
  }

  /** Opens a link that somebody wrote in the system's browser. */
  openLink(url: string): Promise<void> {
    return this.app.OpenLink(url).catch((thrown: unknown) => this.tell(thrown));
  }

  dismissNotice(id: number): void {
    this.app.Dismiss(id).catch((thrown: unknown) => this.tell(thrown));
  }

  dismissTrouble(id: number): void {
    this.set({ troubles: this.current.troubles.filter((trouble) => trouble.id !== id) });
  }

  private set(change: Partial<View>): void {
    this.current = { ...this.current, ...change };
    this.watchers.forEach((fn) => fn(this.current));
  }

  /** Shows what went wrong, in the words of its code. */
  tell(thrown: unknown): void {
    const { code, detail, by, reason } = asProblem(thrown);
    if (code === 'left') return; // our own wish
    const others = this.current.troubles.filter((trouble) => trouble.code !== code);
    this.set({ troubles: [...others, { id: ++this.lastTrouble, code, detail, by, reason }] });
  }

  private stateIs(state: State): void {
    const before = this.current.state;
    if (before && state.revision < before.revision) return;
    const session = state.session;
    const stayed = before?.session && session && before.session.you === session.you ? before.session : undefined;
    const moved = stayed && session ? movements(stayed.participants, session.participants, session.you) : [];
    this.set({
      state,
      leaving: this.current.leaving && session !== null,
      opened: before?.session && !session ? null : this.current.opened,
      movements: moved.length > 0 ? moved : session ? this.current.movements : [],
    });
    this.reconcile();
  }

  private roomsAre(rooms: RoomList): void {
    const before = this.current.rooms;
    if (before && rooms.revision < before.revision) return;
    this.set({ rooms: { ...rooms, rooms: kept(before?.rooms ?? [], rooms.rooms) } });
  }

  private linkIs(link: 'up' | 'down'): void {
    this.set({ link });
    if (link === 'down') this.transport?.leave();
    else this.reconcile();
  }

  private mediaIs(media: MediaState): void {
    this.set({ media });
    this.recovery.mediaIs(media);
    this.reporter.run(media === 'connected');
    if (media !== 'closed') {
      this.voice.follow();
      return;
    }
    this.doubled = false;
    this.levels.clear();
    this.keys.letGoOfAll();
    this.voice.end();
    this.set({ soundBlocked: false, soundless: false, links: {}, bufferMillis: 0 });
  }

  /** Brings our voice in line with what the app says. */
  private reconcile(): void {
    const { state, page, joining, leaving, media, link } = this.current;
    if (!state || link === 'down' || joining !== null) return;
    const { session } = state;
    if (!session?.rejoin || leaving) this.away = undefined;
    const departure = this.departure;
    this.departure = undefined;
    if (departure && session && leaving) void this.depart(departure);
    const here = session?.page === page;
    if (session && here && !leaving) {
      if (session.rejoin) void this.comeBack(session);
      else if (media === 'closed') void this.takeOver();
      else this.recovery.sessionIs(session);
      this.transport?.silence(mutedSeats(session), silencedSeats(session));
      this.transport?.setVolumes(seatVolumes(session, state.people));
      this.voice.say();
      this.voice.follow();
      if (session.status === 'joined') this.applyQuality(state.quality);
    } else if (media !== 'closed') {
      this.transport?.leave();
      this.prepare();
    }
    if (session) this.place = undefined;
    const ref = this.joinAtOnce ?? (session ? undefined : this.returnTo);
    this.joinAtOnce = this.returnTo = undefined;
    // Also when another page carries the session: opening the link was the newer wish.
    if (ref !== undefined && !here) void this.join(ref);
  }

  /** Sends what the settings ask for. What the host cannot be asked now is asked when the session is back. */
  private applyQuality(quality: Quality): void {
    this.transport?.setQuality(quality).catch((thrown: unknown) => {
      if (!isLost(thrown)) this.tell(thrown);
    });
  }

  /** The host wants more, or less, redundancy; its answer to another offer says so. It repeats its wish after an outage. */
  private protect(on: boolean): void {
    if (!this.mySession() || on === this.doubled) return;
    this.doubled = on;
    this.transport?.renegotiate().catch(() => {
      this.doubled = undefined;
    });
  }

  /** asks: somebody inside has to let us in first, and until then the microphone is nobody's business. */
  private async enter(
    transport: VoiceTransport,
    ref: string,
    seats: number,
    wishes: Wishes,
    { pin = '', asks = false } = {},
  ): Promise<void> {
    const quality = this.current.state?.quality;
    if (quality) this.applyQuality(quality);
    this.voice.begin(wishes);
    const joined = transport.join(seats, this.signalling(ref, pin));
    if (asks) await joined;
    // In parallel, and awaited by nobody: hearing starts before the question for the microphone is answered.
    if (this.current.microphone !== 'open') void this.voice.openMicrophone();
    await joined;
  }

  private signalling(ref: string, pin: string): Signalling {
    const join = async (way: { offer: string; seats?: number }) => {
      const voice = this.voice.toSay;
      const accept = this.accepted === undefined ? {} : { accept: this.accepted };
      const reply = await this.app.Join({ room: ref, page: this.current.page, pin, ...way, ...voice, ...accept });
      this.voice.wasSaid(voice);
      this.adopt(reply);
      return reply;
    };
    return {
      join: async (offer) => (await join({ offer })).answer,
      enter: async (seats) => (await join({ offer: '', seats })).voice ?? '',
      candidate: (candidate) => this.app.AddCandidate(candidate),
      restart: (offer) => this.app.Restart(offer),
    };
  }

  /** Shows the room without waiting for the event that will say the same. */
  private adopt({ session }: JoinReply): void {
    const { state } = this.current;
    if (!state || (state.session?.you === session.you && state.session.page === session.page)) return;
    this.set({ state: { ...state, session }, movements: [] });
  }

  private mySession(): Session | undefined {
    const { state, page, leaving } = this.current;
    return !leaving && state?.session?.page === page ? state.session : undefined;
  }

  private async depart(call: () => Promise<void>): Promise<void> {
    this.set({ leaving: this.current.state?.session != null, opened: null });
    this.transport?.leave();
    this.prepare();
    try {
      await call();
    } catch (thrown) {
      if (isLost(thrown)) {
        this.departure = call;
        return;
      }
      this.set({ leaving: false });
      this.tell(thrown);
      this.reconcile();
    }
  }

  /** The transport, undefined in a window whose audio threads do not start. */
  private async ready(seats: number): Promise<VoiceTransport | undefined> {
    if (!this.current.optional) return this.transport;
    return this.transport?.prepare(seats).then(
      () => this.transport,
      () => {
        this.set({ canTalk: false });
        return undefined;
      },
    );
  }

  private async openInBrowser(ref: string): Promise<void> {
    const { browser } = await this.app.OpenInBrowser(ref);
    this.set({ opened: { ref, browser } });
  }

  private prepare(anew = false): void {
    if (this.current.media !== 'closed' || this.current.joining !== null) return;
    // One that cannot be prepared fails again, and is told, at the join.
    this.transport?.prepare(usualSeats, anew).catch(() => undefined);
  }

  private listed(ref: string): RoomListing | undefined {
    return this.current.rooms?.rooms.find((room) => room.ref === ref);
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

/** Whether a ref says which key its host has: a link with a fingerprint, or a short text. */
function pinsKey(ref: string): boolean {
  return /[?&]fp=|\bEAR[- ]?[0-9A-Z]{4}/i.test(ref);
}

/** Whether a refusal is one that another PIN may mend. */
function asksForPin(code: Code): boolean {
  return code === 'pin_needed' || code === 'wrong_pin' || code === 'pin_later' || code === 'bad_pin';
}
