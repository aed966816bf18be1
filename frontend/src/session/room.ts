/**
 * The page's side of being in a room. It follows what the app says (State) and has the view of it; its parts turn clicks into calls. It knows
 * neither the framework nor the way to the app.
 */
import { asProblem, type AppApi, type RoomList, type Session, type State } from '../app/api';
import { Entrance } from './entrance';
import { Errands } from './errands';
import { Keys } from './keys';
import { LevelMeter } from './levels';
import { Moderation } from './moderation';
import type { Place } from './place';
import { Preferences } from './preferences';
import { Recorder } from './recorder';
import { kept } from './rooms';
import { movements } from './roster';
import { Stay } from './stay';
import type { TransportEvents, VoiceTransport } from './transport';
import { firstView, type View } from './view';
import { Voice } from './voice';

/** Milliseconds between looks at whether the prepared connection is still fresh. */
const freshenEvery = 60_000;

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
  readonly preferences: Preferences;
  readonly errands: Errands;
  readonly keys: Keys;
  readonly voice: Voice;
  readonly entrance: Entrance;
  private readonly stay: Stay;
  private readonly app: AppApi;
  private readonly transport: VoiceTransport | undefined;
  private readonly watchers = new Set<(view: View) => void>();
  private readonly cleanups: (() => void)[] = [];
  private current: View;
  private lastTrouble = 0;

  constructor({ app, page, join, place, transport, optional, now }: RoomOptions) {
    this.app = app;
    this.transport = transport?.({
      onState: (media) => this.stay.mediaIs(media),
      onMicrophoneLost: () => void this.voice.openMicrophone(),
      onSoundless: (soundless) => this.set({ soundless }),
      onBlocked: (soundBlocked) => this.set({ soundBlocked }),
    });
    this.current = firstView(page, this.transport !== undefined, optional);
    const tell = (thrown: unknown) => this.tell(thrown);
    const session = () => this.mySession();
    const shared = {
      app,
      transport: this.transport,
      view: () => this.current,
      set: (change: Partial<View>) => this.set(change),
      tell,
    };
    this.levels = new LevelMeter(now);
    this.moderation = new Moderation(app, tell);
    this.recorder = new Recorder(app, tell);
    this.preferences = new Preferences(app, () => this.current.state, tell);
    this.errands = new Errands(app, tell);
    this.voice = new Voice({ ...shared, session, now });
    this.keys = new Keys(
      {
        toggleMuted: () => this.toggleMuted(),
        toggleDeafened: () => this.toggleDeafened(),
        toggleHand: () => this.toggleHand(),
        press: () => this.voice.press(),
        release: () => this.voice.release(),
      },
      () => (this.mySession() ? this.current.state?.keys : undefined),
    );
    this.stay = new Stay({
      ...shared,
      voice: this.voice,
      session,
      accepted: () => this.entrance.accepted,
      ended: () => {
        this.levels.clear();
        this.keys.letGoOfAll();
      },
      reconcile: () => this.reconcile(),
    });
    this.entrance = new Entrance({
      ...shared,
      join,
      place,
      enter: (through, entry) => this.stay.enter(through, entry),
      over: () => this.reconcile(),
    });
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
      app.on('protect', ({ on }) => this.stay.protect(on)),
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
    this.stay.prepare();
    const freshen = setInterval(() => this.stay.prepare(), freshenEvery);
    this.cleanups.push(() => clearInterval(freshen));
  }

  stop(): void {
    this.cleanups.splice(0).forEach((cleanup) => cleanup());
    this.stay.stop();
  }

  /** The machine has another network, or one again. */
  networkChanged(): void {
    this.stay.prepare(true);
  }

  /** A microphone may have been plugged in. */
  devicesChanged(): void {
    const { microphone } = this.current;
    if (microphone === 'missing' || microphone === 'broken') void this.voice.openMicrophone();
  }

  /** Where this page carries a voice; undefined when it does not. */
  whereabouts(): Place | undefined {
    return this.stay.whereabouts();
  }

  /** Brings the session that another page carries to this page. */
  takeOver(): Promise<void> {
    return this.stay.takeOver();
  }

  /** Leaves; a room of ours stays open for the others. */
  leave(): Promise<void> {
    return this.stay.depart(() => this.app.Leave());
  }

  /** Ends our room for everybody. */
  endRoom(): Promise<void> {
    return this.stay.depart(() => this.app.EndRoom());
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

  dismissTrouble(id: number): void {
    this.set({ troubles: this.current.troubles.filter((trouble) => trouble.id !== id) });
  }

  /** Shows what went wrong, in the words of its code. */
  tell(thrown: unknown): void {
    const { code, detail, by, reason } = asProblem(thrown);
    if (code === 'left') return; // our own wish
    const others = this.current.troubles.filter((trouble) => trouble.code !== code);
    this.set({ troubles: [...others, { id: ++this.lastTrouble, code, detail, by, reason }] });
  }

  private set(change: Partial<View>): void {
    this.current = { ...this.current, ...change };
    this.watchers.forEach((fn) => fn(this.current));
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

  /** Does what follows from what the app says, unless a room is just being entered. */
  private reconcile(): void {
    const { state, link, joining } = this.current;
    if (!state || link === 'down' || joining !== null) return;
    this.stay.follow(state);
    this.entrance.follow(state.session);
  }

  /** Our session, if this page carries its voice. */
  private mySession(): Session | undefined {
    const { state, page, leaving } = this.current;
    return !leaving && state?.session?.page === page ? state.session : undefined;
  }
}
