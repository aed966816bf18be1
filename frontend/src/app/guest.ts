/**
 * The app of somebody who has none: the same language as an app's (api.ts), as far as a guest's page needs it, spoken by the page
 * itself. Settings are the browser's, the one room is the host's that served the page, and all else is "unsupported".
 */
import { asProblem, Problem, type AppApi, type Events, type Notice, type RoomList, type State } from './api';
import type { Code, Door, RoomFacts, RoomListing } from './api';
import { loadPass, savePass, type GuestPass } from './guestpass';
import { GuestRoom, guestRef } from './guestroom';
import { loadSettings, saveSettings } from './guestsettings';
import { methodsOver } from './methods';

/** Milliseconds between two looks at the room while we are not inside. */
const lookEvery = 5000;

export interface GuestOptions {
  page: string;
  /** HOST:PORT that the page came from. */
  host: string;
  storage: Storage | undefined;
  /** The tab's own. */
  session: Storage | undefined;
  fetch?: typeof fetch;
  open?: (url: string) => WebSocket;
}

type Listeners = { [E in keyof Events]?: Set<(payload: Events[E]) => void> };

/** Whether this page was served to a guest, by the host of a room. */
export function isGuestPage({ protocol, pathname }: Location): boolean {
  return protocol === 'https:' && pathname.startsWith('/guest/');
}

export interface GuestApp {
  app: AppApi;
  /** Where this page was before it was loaded anew; see session/place.ts. */
  place: (Pick<GuestPass, 'room' | 'muted' | 'deafened'> & { ref: string }) | undefined;
  /** The page goes. Without a word the others would wait for it. */
  gone: () => void;
}

export function guestApp(options: GuestOptions): GuestApp {
  const listeners: Listeners = {};
  const emit = <E extends keyof Events>(event: E, payload: Events[E]) => {
    (listeners[event] as Set<(payload: Events[E]) => void> | undefined)?.forEach((fn) => fn(payload));
  };
  let settings = loadSettings(options.storage);
  let notices: Notice[] = [];
  let revision = 0;
  let lastNotice = 0;
  let rooms: RoomList = {
    revision: 0,
    rooms: [],
    search: { interfaces: [], problem: '', crowded: false },
    door: 'asking',
  };

  const state = (): State => ({
    revision,
    ...settings,
    abilities: { window: false, startAtLogin: false, hotkeys: { reason: 'no_way' } },
    hosting: null,
    session: room.session,
    ...(room.waiting && { waiting: { page: options.page } }),
    notices,
    guest: true,
  });
  const changed = () => {
    revision++;
    emit('state', state());
  };

  const look = async (): Promise<RoomListing> => {
    const facts = await roomFacts(options.fetch ?? fetch);
    // Whether guests have to ask nobody, only the host knows: the microphone waits for its answer. Who comes back is asked for nothing.
    const asked = room.returns ? { knock: false, pin: false } : { knock: true };
    return {
      ref: guestRef,
      room: { ...facts, ...asked },
      address: options.host,
      fingerprint: '',
      rttMillis: 0,
      mine: false,
    };
  };
  const watch = async () => {
    if (room.session) return;
    let found: RoomListing[] = [];
    let door: Door = 'open';
    try {
      found = [await look()];
    } catch (thrown) {
      door = asProblem(thrown).code === 'no_guests' ? 'no_guests' : 'unreachable';
    }
    rooms = { ...rooms, revision: rooms.revision + 1, rooms: found, door };
    emit('rooms', rooms);
  };

  const pass = loadPass(options.session, options.page);
  const room = new GuestRoom({
    pass,
    keep: (now) => {
      savePass(options.session, now);
      if (!now) void watch();
    },
    url: `wss://${options.host}/guest/signal`,
    page: options.page,
    emit,
    onChange: changed,
    onEnd: ({ code, detail, by, reason }, name) => {
      const words = { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
      notices = [{ id: ++lastNotice, code, detail, room: name, ...words }];
      changed();
      void watch();
    },
    why: () =>
      look().then(
        () => new Problem('room_full', 'the host takes no more guests from here'),
        (thrown: unknown) => asProblem(thrown),
      ),
    ...(options.open && { open: options.open }),
  });
  void watch();
  setInterval(() => void watch(), lookEvery);

  const done = () => Promise.resolve();
  const app: AppApi = {
    ...methodsOver((method) => Promise.reject(new Problem('unsupported', `${method} is an app's`))),
    GetState: () => Promise.resolve(state()),
    GetRooms: () => Promise.resolve(rooms),
    ChangeSettings: (section, change) => {
      settings = { ...settings, [section]: { ...settings[section], ...change } };
      saveSettings(options.storage, settings);
      changed();
      return done();
    },
    Look: look,
    Join: async (request) => {
      const answer = await room.join(settings.profile.name, settings.quality, request);
      if (!room.session) throw new Problem('left');
      return { answer, session: room.session };
    },
    AddCandidate: (candidate) => (room.candidate(candidate), done()),
    Restart: (offer) => room.restart(offer, settings.quality),
    SetVoice: (voice) => (room.setVoice(voice), done()),
    RaiseHand: (up) => (room.raiseHand(up), done()),
    Report: (report) => (room.report(report), done()),
    Say: (text, tag) => room.say(text, tag),
    GetChat: () => Promise.resolve({ room: room.session?.room.id ?? '', messages: room.chat, earlier: true }),
    GetFiles: () => Promise.resolve({ room: room.session?.room.id ?? '', files: [] }),
    OpenLink: (url) => (window.open(url, '_blank', 'noopener,noreferrer'), done()),
    Leave: () => (room.leave(), done()),
    StopWaiting: () => (room.leave(), done()),
    Dismiss: (id) => {
      notices = notices.filter((notice) => notice.id !== id);
      changed();
      return done();
    },
    on: (event, fn) => {
      const of = (listeners[event] ??= new Set() as never) as Set<typeof fn>;
      of.add(fn);
      return () => of.delete(fn);
    },
  };
  const { room: id, muted = false, deafened = false } = pass ?? {};
  const place = id === undefined ? undefined : { ref: guestRef, room: id, muted, deafened };
  return { app, place, gone: () => room.gone() };
}

/** What the host tells everybody of its room. */
async function roomFacts(get: typeof fetch): Promise<RoomFacts> {
  let answer: Response;
  try {
    answer = await get('/guest/room', { cache: 'no-store', signal: AbortSignal.timeout(lookEvery) });
  } catch {
    throw new Problem('unreachable');
  }
  const codes: Partial<Record<number, Code>> = { 403: 'no_guests', 429: 'rate_limited' };
  if (!answer.ok) throw new Problem(codes[answer.status] ?? 'unreachable');
  return (await answer.json()) as RoomFacts;
}
