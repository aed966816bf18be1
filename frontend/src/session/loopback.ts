/**
 * Voice where there is no RTCPeerConnection: the window on Linux. The connection to the host is the app's own; Opus comes
 * and goes by a loopback WebSocket, and is encoded, decoded, mixed and played in an AudioWorklet.
 */
import { Problem, type Quality, type Report } from '../app/api';
import type { Care, Encoding, Loudness } from '../audio/messages';
import type { Counts, Engine } from './engine';
import { openMicrophone } from './microphone';
import { Stillness } from './stillness';
import {
  MicrophoneError,
  usualSound,
  type Heard,
  type Signalling,
  type SoundWish,
  type TransportEvents,
  type VoiceTransport,
} from './transport';

/** Milliseconds after which a context that does not run waits for a click: its resume() then never settles. */
const runsWithin = 500;
/** Of music, bit/s, as the app's api.go has it. */
const musicBitrate = 128_000;
/** The audio thread cleans, not the browser. */
const untouched = { echo: false, noise: 'off', gain: false } as const;
/** Of a voice until the app has said. */
const usualBitrate = 32_000;

export interface LoopbackOptions {
  events: TransportEvents;
  devices: MediaDevices | undefined;
  startEngine: () => Promise<Engine>;
  /** Whether somebody has ever clicked here; until then the browser may keep sound back. */
  touched: () => boolean;
}

/** One stay in one room. */
interface Stay {
  signalling: Signalling;
  engine: Engine | undefined;
  counted: Counts | undefined;
}

export class LoopbackTransport implements VoiceTransport {
  private started: Promise<Engine> | undefined;
  private stay: Stay | undefined;
  private track: MediaStreamTrack | undefined;
  private muted = false;
  private silent: readonly boolean[] = [];
  private deaf = false;
  private volumes: readonly number[] = [];
  private alone = false;
  private overheard: ((level: number) => void) | undefined;
  /** The largest sample since it was last asked for; undefined while none came. */
  private peak: number | undefined;
  private readonly stillness = new Stillness(
    (still) => this.options.events.onSoundless(still && this.options.touched()),
    () => {
      const context = this.stay?.engine?.context;
      // One that says that it runs cannot be helped: of a sound server that is gone the whole program keeps a dead connection.
      if (context && context.state !== 'running') this.resume();
    },
  );
  private sound = usualSound;
  private quality: Quality = { bitrate: usualBitrate, music: false, lowDelay: false };

  constructor(private readonly options: LoopbackOptions) {
    options.devices?.addEventListener('devicechange', () => void this.devicesChanged());
  }

  async prepare(): Promise<void> {
    await this.engine();
  }

  async join(seats: number, signalling: Signalling): Promise<void> {
    this.hangUp();
    const stay: Stay = { signalling, engine: undefined, counted: undefined };
    this.stay = stay;
    this.options.events.onState('connecting');
    try {
      const entered = signalling.enter(seats);
      // Awaited below; when the engine fails first, nobody else would.
      entered.catch(() => undefined);
      const engine = await this.engine();
      this.mustStay(stay);
      stay.engine = engine;
      engine.onState = (state) => {
        if (this.stay === stay) this.options.events.onState(state);
      };
      engine.setEncoding(encodingOf(this.quality), careOf(this.quality, this.sound));
      engine.setMuted(this.muted);
      engine.rest(this.alone);
      engine.silence(this.silent);
      engine.setVolumes(this.deaf ? 0 : 1, this.volumes);
      engine.listen((loudness) => this.isLoud(loudness));
      if (this.track) engine.setMicrophone(this.track);
      this.resume();
      this.stillness.watch(engine.context);
      this.useCard(engine);
      const url = await entered;
      this.mustStay(stay);
      engine.connect(url);
    } catch (thrown) {
      if (this.stay === stay) this.leave();
      throw thrown;
    }
  }

  async restart(): Promise<void> {
    await this.stay?.signalling.restart('');
  }

  /** The app's own connection leaves a dead way by itself. */
  followed(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** The app takes the host's wish itself. */
  renegotiate(): Promise<void> {
    return Promise.resolve();
  }

  async setQuality(quality: Quality): Promise<void> {
    const before = this.quality;
    if (before.bitrate === quality.bitrate && before.music === quality.music && before.lowDelay === quality.lowDelay)
      return;
    this.quality = quality;
    const engine = this.stay?.engine;
    engine?.setEncoding(encodingOf(quality), careOf(quality, this.sound));
    if (before.music !== quality.music) await this.reopenMicrophone();
  }

  async setSound(sound: SoundWish): Promise<void> {
    const before = this.sound;
    this.sound = sound;
    const engine = this.stay?.engine;
    engine?.setEncoding(encodingOf(this.quality), careOf(this.quality, sound));
    if (engine?.card) engine.card.use(sound.microphone, sound.speaker);
    else if (before.microphone !== sound.microphone) await this.reopenMicrophone();
  }

  /** Opens an open microphone as it is wanted now. */
  private async reopenMicrophone(): Promise<void> {
    if (!this.stay?.engine || !this.track) return;
    try {
      await this.openMicrophone();
    } catch {
      this.dropMicrophone();
      this.options.events.onMicrophoneLost();
    }
  }

  async measure(): Promise<Report | undefined> {
    const stay = this.stay;
    const counted = await stay?.engine?.count();
    if (!stay || !counted) return undefined;
    const before = stay.counted;
    stay.counted = counted;
    return before && reportBetween(before, counted);
  }

  async openMicrophone(): Promise<void> {
    const stay = this.stay;
    const { card } = await this.engine();
    if (card) {
      // It is the stay's: with none there is nothing to open it for. It has both channels always, and follows the system by itself.
      if (stay && this.stay === stay) await card.open();
      return;
    }
    // The old one goes first: some systems keep its channels.
    this.dropMicrophone();
    const track = await openMicrophone(this.options.devices, {
      ...untouched,
      microphone: this.sound.microphone,
      music: this.quality.music,
    });
    if (!stay || this.stay !== stay) {
      track.stop();
      throw new MicrophoneError('broken', 'left while the microphone was being opened');
    }
    this.track = track;
    track.onended = () => this.lost();
    const engine = await this.engine();
    if (this.track === track) engine.setMicrophone(track);
    this.resume(); // live capture lets sound play without a click
  }

  heard(): Heard | undefined {
    const { peak } = this;
    this.peak = undefined;
    const engine = this.stay?.engine;
    const card = engine?.card;
    const name = card ? card.name : this.track?.label;
    if (name === undefined) return undefined;
    const { echo, noise } = careOf(this.quality, this.sound);
    const wished = { echo, noise: noise !== 'off' };
    const uncleaned = [...(engine?.lacks ?? [])].filter((each) => wished[each]);
    return { name, peak, silenced: card ? card.muted : this.track?.muted === true, uncleaned };
  }

  private isLoud({ peak, level }: Loudness): void {
    this.peak = Math.max(peak, this.peak ?? 0);
    if (this.muted) this.overheard?.(level);
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    this.stay?.engine?.setMuted(muted);
  }

  overhear(fn: ((level: number) => void) | undefined): void {
    this.overheard = fn;
  }

  setDeaf(deaf: boolean): void {
    this.deaf = deaf;
    this.tellVolumes();
  }

  setVolumes(seats: readonly number[]): void {
    this.volumes = seats;
    this.tellVolumes();
  }

  private tellVolumes(): void {
    this.stay?.engine?.setVolumes(this.deaf ? 0 : 1, this.volumes);
  }

  setAlone(alone: boolean): void {
    if (alone === this.alone) return;
    this.alone = alone;
    this.stay?.engine?.rest(alone);
  }

  silence(seats: readonly boolean[]): void {
    this.silent = seats;
    this.stay?.engine?.silence(seats);
  }

  resume(): void {
    const context = this.stay?.engine?.context;
    if (!context) return;
    const running = context.resume().then(
      () => true,
      () => false,
    );
    const tooLate = new Promise<boolean>((resolve) =>
      setTimeout(() => resolve(context.state === 'running'), runsWithin),
    );
    void Promise.race([running, tooLate]).then((runs) => {
      if (this.stay?.engine?.context === context) this.options.events.onBlocked(!runs);
    });
  }

  leave(): void {
    this.dropMicrophone();
    if (this.hangUp()) this.options.events.onState('closed');
  }

  private hangUp(): boolean {
    const stay = this.stay;
    this.stay = undefined;
    this.silent = [];
    const { still } = this.stillness;
    this.stillness.watch(undefined);
    if (stay?.engine) {
      stay.engine.disconnect();
      // WebKitGTK would wait for a sound server that is gone, for ever, and the window with it.
      if (!still) void stay.engine.context?.suspend();
      this.options.events.onBlocked(false);
    }
    return stay !== undefined;
  }

  /** WebKitGTK does not say that a microphone was unplugged, only that the devices have changed. */
  private async devicesChanged(): Promise<void> {
    const { track } = this;
    const { devices } = this.options;
    const id = track?.getSettings().deviceId;
    if (!devices || !track || !id) return;
    const known = await devices.enumerateDevices();
    const gone = !known.some((device) => device.kind === 'audioinput' && device.deviceId === id);
    if (gone && this.track === track) this.lost();
  }

  private lost(): void {
    this.dropMicrophone();
    this.options.events.onMicrophoneLost();
  }

  /** What the app's sound card tells of itself is told of this stay. */
  private useCard({ card }: Engine): void {
    if (!card) return;
    card.onLost = () => this.options.events.onMicrophoneLost();
    card.onSoundless = (soundless) => this.options.events.onSoundless(soundless);
    card.use(this.sound.microphone, this.sound.speaker);
  }

  private dropMicrophone(): void {
    this.stay?.engine?.card?.close();
    const { track } = this;
    if (!track) return;
    this.track = undefined;
    track.onended = null;
    track.stop();
    this.stay?.engine?.setMicrophone(undefined);
  }

  private mustStay(stay: Stay): void {
    if (this.stay !== stay) throw new Problem('left', 'left while the answer was on its way');
  }

  /** The threads, started once for the life of the page, or again after they could not be. */
  private engine(): Promise<Engine> {
    this.started ??= this.options.startEngine();
    this.started.catch(() => (this.started = undefined));
    return this.started;
  }
}

export function encodingOf({ bitrate, music, lowDelay }: Quality): Encoding {
  return {
    bitrate: music ? musicBitrate : bitrate || usualBitrate,
    channels: music ? 2 : 1,
    packet: lowDelay ? 480 : 960,
  };
}

/** Music is left as it is: what is made for voices takes held notes for noise. */
export function careOf({ music }: Pick<Quality, 'music'>, { echo, noise, gain }: Omit<SoundWish, 'speaker'>): Care {
  return { echo: echo && !music, noise: music ? 'off' : noise, gain: gain && !music };
}

function reportBetween(before: Counts, now: Counts): Report {
  const total = now.total - before.total;
  return {
    received: now.received - before.received,
    lost: now.lost - before.lost,
    concealed: total > 0 ? Math.min(1, (now.concealed - before.concealed) / total) : 0,
    bufferMillis: total > 0 ? Math.min(60_000, Math.max(0, (now.waited - before.waited) / total / 48)) : 0,
  };
}
