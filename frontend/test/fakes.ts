import type {
  AppApi,
  Events,
  Participant,
  Quality,
  Report,
  RoomFacts,
  RoomListing,
  Session,
  Sound,
  State,
} from '../src/app/api';
import type { Heard, Signalling, SoundWish, TransportEvents, VoiceTransport } from '../src/session/transport';

export function facts(change: Partial<RoomFacts> = {}): RoomFacts {
  const usual = { v: 1, id: 'r1', name: 'Standup', host: 'Maya', participants: 2, people: ['Maya', '김지은'] };
  return { ...usual, capacity: 50, seats: 10, pin: false, epoch: 1, ...change };
}

export function listing(change: Partial<RoomListing> = {}): RoomListing {
  const usual = { ref: 'r1', address: '10.0.0.2:7788', fingerprint: 'f'.repeat(43), rttMillis: 2, mine: false };
  return { ...usual, room: facts(), ...change };
}

export const maya: Participant = { id: 'p1', name: 'Maya', host: true };
export const jieun: Participant = { id: 'p2', name: '김지은' };

export function session(change: Partial<Session> = {}): Session {
  const usual = {
    status: 'joined' as const,
    page: 'here',
    room: facts(),
    invite: 'earshot://10.0.0.2:7788/r1',
    you: 'p2',
    fingerprint: 'f'.repeat(43),
    rules: {},
  };
  return { ...usual, participants: [maya, jieun], seats: ['p1'], ...change };
}

export const usualSound: Sound = {
  echo: true,
  noise: 'standard',
  gain: true,
  microphone: { name: '' },
  speaker: { name: '' },
  checked: true,
};

export function state(revision: number, change: Partial<State> = {}): State {
  const profile = { name: '김지은', language: 'en' as const, theme: '' as const };
  const quality = { bitrate: 32000, music: false, lowDelay: false };
  const network = { passOn: true };
  const keys = {
    mode: 'open' as const,
    window: { talk: 'Space', mute: 'KeyM', deafen: 'KeyD', hand: 'KeyH' },
    system: { talk: '', mute: '', deafen: '', hand: '' },
  };
  const folders = { recordings: '/home/j/Music/Earshot', downloads: '/home/j/Downloads' };
  return {
    revision,
    profile,
    quality,
    sound: usualSound,
    network,
    keys,
    folders,
    people: { loudness: [] },
    desktop: { onClose: 'ask', doNotDisturb: false, startAtLogin: false },
    place: { width: 0, height: 0, x: 0, y: 0, maximised: false },
    abilities: { window: false, startAtLogin: true, hotkeys: {} },
    hosting: null,
    session: null,
    notices: [],
    ...change,
  };
}

/** An app that remembers its calls. Each method answers with what `answers` says, a function there being called. */
export class FakeApp {
  readonly calls: [string, ...unknown[]][] = [];
  answers: Partial<Record<string, unknown>> = {
    GetState: state(1),
    GetRooms: { revision: 0, rooms: [], search: { interfaces: [], problem: '', crowded: false } },
    OpenInBrowser: { browser: 'Chromium' },
    TakeInvite: '',
    GetChat: { room: '', messages: [], earlier: true },
    GetFiles: { room: '', files: [] },
    GetHosts: [],
    HostCode: { symbols: [0, 1, 2, 3, 4, 5, 6] },
  };
  private readonly listeners = new Map<string, Set<(payload: never) => void>>();

  readonly api = new Proxy({} as AppApi, {
    get: (_, method: string) => {
      if (method === 'on') return this.on;
      return async (...args: unknown[]): Promise<unknown> => {
        this.calls.push([method, ...args]);
        const answer = this.answers[method];
        return await (typeof answer === 'function' ? (answer as (...args: unknown[]) => unknown)(...args) : answer);
      };
    },
  });

  emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    this.listeners.get(event)?.forEach((fn) => fn(payload as never));
  }

  called(method: string): unknown[][] {
    return this.calls.filter(([name]) => name === method).map(([, ...args]) => args);
  }

  private readonly on = (event: string, fn: (payload: never) => void): (() => void) => {
    const fns = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, fns.add(fn));
    return () => fns.delete(fn);
  };
}

/** A voice that offers, takes the answer and says it is connected. */
export class FakeTransport implements VoiceTransport {
  readonly did: string[] = [];
  microphone: () => Promise<void> = () => Promise.resolve();
  signalling: Signalling | undefined;

  constructor(readonly events: TransportEvents) {}

  prepare(seats: number, anew = false): Promise<void> {
    this.did.push(`prepare ${seats}${anew ? ' anew' : ''}`);
    return Promise.resolve();
  }
  async join(seats: number, signalling: Signalling): Promise<void> {
    this.did.push(`join ${seats}`);
    this.signalling = signalling;
    this.events.onState('connecting');
    try {
      await signalling.join('v=0 offer');
      this.events.onState('connected');
    } catch (thrown) {
      this.leave();
      throw thrown;
    }
  }
  followed(): Promise<boolean> {
    return Promise.resolve(true);
  }
  restart(): Promise<void> {
    this.did.push('restart');
    return Promise.resolve();
  }
  renegotiate(): Promise<void> {
    this.did.push('renegotiate');
    return Promise.resolve();
  }
  given: Heard | undefined;
  heard(): Heard | undefined {
    return this.given;
  }

  readonly sounds: SoundWish[] = [];
  setSound(wish: SoundWish): Promise<void> {
    this.sounds.push(wish);
    return Promise.resolve();
  }

  /** What setQuality does; it may refuse. */
  take: () => Promise<void> = () => Promise.resolve();
  setQuality(quality: Quality): Promise<void> {
    this.did.push(`quality ${quality.bitrate}${quality.music ? ' music' : ''}`);
    return this.take();
  }
  report: Report | undefined;
  measure(): Promise<Report | undefined> {
    return Promise.resolve(this.report);
  }
  openMicrophone(): Promise<void> {
    this.did.push('microphone');
    return this.microphone();
  }
  silenced: readonly boolean[] = [];
  silence(seats: readonly boolean[]): void {
    this.silenced = seats;
  }
  alone = false;
  setAlone(alone: boolean): void {
    this.alone = alone;
  }
  deaf = false;
  setDeaf(deaf: boolean): void {
    this.deaf = deaf;
  }
  volumes: readonly number[] = [];
  setVolumes(seats: readonly number[]): void {
    this.volumes = seats;
  }
  overheard: ((level: number) => void) | undefined;
  overhear(fn: ((level: number) => void) | undefined): void {
    this.overheard = fn;
  }
  setMuted(muted: boolean): void {
    this.did.push(muted ? 'muted' : 'unmuted');
  }
  resume(): void {
    this.did.push('resume');
  }
  leave(): void {
    this.did.push('leave');
    this.events.onState('closed');
  }
}

/** Microphones and loudspeakers, each with kind, id and name. */
export class FakeDevices extends EventTarget {
  private list: readonly unknown[] = [];
  readonly api = this as unknown as MediaDevices;

  are(...devices: readonly (readonly [MediaDeviceKind, string, string])[]): void {
    this.areUntold(...devices);
    this.dispatchEvent(new Event('devicechange'));
  }

  /** As in Chromium on Linux, which notices when it is asked. */
  areUntold(...devices: readonly (readonly [MediaDeviceKind, string, string])[]): void {
    this.list = devices.map(([kind, deviceId, label]) => ({ kind, deviceId, label, groupId: deviceId }));
  }

  enumerateDevices(): Promise<readonly unknown[]> {
    return Promise.resolve(this.list);
  }
}
