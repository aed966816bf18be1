/**
 * Brings the settings of sound and the devices that are there to the transport, follows devices that come and go, and notices a
 * microphone that gives nothing. The rules are in devices.ts and vigil.ts.
 */
import type { Device, Sound } from '../app/api';
import type { Cleaning } from '../audio/care';
import { chosen, emptyCensus, follow, held, type Census, type DeviceKind, type InUse, type Told } from './devices';
import type { Inventory } from './inventory';
import type { RoomController } from './room';
import type { SoundWish, VoiceTransport } from './transport';
import type { View } from './view';
import { Vigil } from './vigil';

/** Milliseconds between two looks at what the microphone gives. */
const lookEvery = 500;
/** And between two at the list of devices in a call: Chromium on Linux notices what came and went only when it is asked. */
const listEvery = 3000;

export interface EquipmentView {
  readonly census: Census;
  readonly use: InUse;
  /** Whether this browser lets a page choose where it plays. */
  readonly speakers: boolean;
  /** What was said of devices that came and went, and has not been taken away. */
  readonly told: readonly Told[];
  /** Name of an open microphone that gives nothing. */
  readonly unheard: string | undefined;
  /** It does so because the system keeps it silent. */
  readonly silenced: boolean;
  /** What stays in the microphone of this call against the user's wish. */
  readonly uncleaned: readonly Cleaning[];
}

export interface EquipmentOptions {
  inventory: Inventory;
  now: () => number;
  /** Whether this page can choose where it plays. */
  speakers: boolean;
}

export class Equipment {
  private current: EquipmentView;
  private readonly watchers = new Set<(view: EquipmentView) => void>();
  private readonly cleanups: (() => void)[] = [];
  private readonly vigil = new Vigil();
  private transport: VoiceTransport | undefined;
  private room: Pick<RoomController, 'openMicrophone' | 'preferences'> | undefined;
  private view: View | undefined;
  private watched = '';
  /** Looks on end at which the system kept it silent. */
  private silenced = 0;
  private applied = '';
  private looking: ReturnType<typeof setInterval> | undefined;
  private listing: ReturnType<typeof setInterval> | undefined;
  /** Names as they were when this looked last at the list; one look at a time. */
  private asking: Promise<void> | undefined;

  constructor(private readonly options: EquipmentOptions) {
    this.current = {
      census: emptyCensus,
      use: { microphone: '', speaker: '' },
      speakers: options.speakers,
      told: [],
      unheard: undefined,
      silenced: false,
      uncleaned: [],
    };
  }

  get now(): EquipmentView {
    return this.current;
  }

  subscribe(fn: (view: EquipmentView) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  /** Steers this transport from now on. */
  steer<T extends VoiceTransport | undefined>(transport: T): T {
    this.transport = transport;
    return transport;
  }

  start(room: RoomController): void {
    this.room = room;
    const look = () => void this.census();
    this.cleanups.push(
      this.options.inventory.watch(look),
      room.subscribe((view) => this.viewIs(view)),
      () => clearInterval(this.looking),
      () => this.list(false),
    );
    this.viewIs(room.view);
    look();
  }

  stop(): void {
    this.cleanups.splice(0).forEach((cleanup) => cleanup());
  }

  /** Looks at what is there; after a permission was given, the names are. */
  census(): Promise<void> {
    const before = this.asking;
    const mine = (async () => {
      await before;
      this.devicesAre(await this.options.inventory.list());
    })();
    this.asking = mine;
    return mine;
  }

  /** Uses a device from now on, undefined being the system's default, and remembers it. */
  choose(kind: DeviceKind, id: string | undefined): void {
    const found = this.current.census[kind].found.find((each) => each.id === id);
    const device: Device = found ? { name: found.name, id: found.id } : { name: '' };
    this.forget(kind);
    this.room?.preferences.change('sound', { [kind]: device });
  }

  /** Uses the loudspeaker that was offered. */
  accept(told: Told): void {
    this.dismiss(told);
    const { sound } = this;
    if (sound)
      this.use(held(this.current.census, { ...this.current.use, speaker: chosen(this.current.census, sound).speaker }));
  }

  dismiss(told: Told): void {
    this.set({ told: this.current.told.filter((each) => each !== told) });
  }

  private get sound(): Sound | undefined {
    return this.view?.state?.sound;
  }

  private get talking(): boolean {
    return this.view !== undefined && this.view.media !== 'closed';
  }

  private viewIs(view: View): void {
    const before = this.view;
    this.view = view;
    const { sound } = this;
    if (!sound) return;
    const was = before?.state?.sound;
    const rechosen =
      JSON.stringify([was?.microphone, was?.speaker]) !== JSON.stringify([sound.microphone, sound.speaker]);
    const began = this.talking && (before === undefined || before.media === 'closed');
    const ended = !this.talking && before !== undefined && before.media !== 'closed';
    if (ended) this.set({ told: [], unheard: undefined, uncleaned: [] });
    if (rechosen || began || ended) this.begin(sound);
    else if (was !== sound) this.apply();
    // Names are told once the microphone is allowed.
    if (view.microphone === 'open' && before?.microphone !== 'open') void this.census();
    this.watch(view.microphone === 'open' && this.talking);
    this.list(this.talking && !this.options.inventory.follows);
  }

  /** What was chosen, without a word of how it came. */
  private begin(sound: Sound): void {
    const use = chosen(this.current.census, sound);
    this.use(this.talking ? held(this.current.census, use) : use);
  }

  private devicesAre(now: Census): void {
    const { census: before, use, told } = this.current;
    if (this.talking && JSON.stringify(now) === JSON.stringify(before)) return;
    this.set({ census: now });
    const { sound } = this;
    if (!sound) return;
    if (!this.talking) {
      this.begin(sound);
      return;
    }
    const turn = follow(before, use, now, sound);
    if (turn.told.length > 0) {
      const others = told.filter(({ kind }) => !turn.told.some((each) => each.kind === kind));
      this.set({ told: [...others, ...turn.told] });
    }
    this.use(turn.use);
    if (turn.reopen && !this.options.inventory.follows && this.view?.microphone === 'open')
      void this.room?.openMicrophone();
  }

  private forget(kind: DeviceKind): void {
    this.set({ told: this.current.told.filter((each) => each.kind !== kind) });
  }

  private use(use: InUse): void {
    if (use.microphone !== this.current.use.microphone || use.speaker !== this.current.use.speaker) this.set({ use });
    this.apply();
  }

  private apply(): void {
    const { sound, transport } = this;
    if (!sound || !transport) return;
    const wish: SoundWish = { echo: sound.echo, noise: sound.noise, gain: sound.gain, ...this.current.use };
    const text = JSON.stringify(wish);
    if (this.applied === text) return;
    this.applied = text;
    transport.setSound(wish).catch((thrown: unknown) => console.warn('sound', thrown));
  }

  private list(on: boolean): void {
    if (on) this.listing ??= setInterval(() => void this.census(), listEvery);
    else {
      clearInterval(this.listing);
      this.listing = undefined;
    }
  }

  private watch(on: boolean): void {
    if (!on) {
      clearInterval(this.looking);
      this.looking = undefined;
      this.vigil.restart();
      this.silenced = 0;
      if (this.current.unheard !== undefined) this.set({ unheard: undefined });
    } else this.looking ??= setInterval(() => this.look(), lookEvery);
  }

  private look(): void {
    const heard = this.transport?.heard();
    const name = heard?.name ?? '';
    if (name !== this.watched) this.vigil.restart();
    this.watched = name;
    const muted = this.view?.muted === true;
    this.silenced = heard?.silenced && !muted ? this.silenced + 1 : 0;
    // Twice, because some are silent for a moment while they open.
    const silenced = this.silenced >= 2;
    const nothing = this.vigil.look(muted ? undefined : heard?.peak, this.options.now());
    const unheard = silenced || nothing ? name : undefined;
    if (unheard !== this.current.unheard || silenced !== this.current.silenced) this.set({ unheard, silenced });
    if (heard?.uncleaned) this.staysIn(heard.uncleaned);
  }

  private staysIn(uncleaned: readonly Cleaning[]): void {
    const { told, uncleaned: before } = this.current;
    if (uncleaned.join() === before.join()) return;
    const more = uncleaned.filter((each) => !before.includes(each));
    const words = more.map((what): Told => ({ kind: 'microphone', what, name: '', now: '' }));
    this.set({ uncleaned, told: [...told, ...words] });
  }

  private set(change: Partial<EquipmentView>): void {
    this.current = { ...this.current, ...change };
    this.watchers.forEach((fn) => fn(this.current));
  }
}
