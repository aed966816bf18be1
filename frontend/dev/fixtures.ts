/** People, rooms and a scripted app for looking at screens without anything behind them. Never part of a build. */
import { Problem, type AppApi, type Code } from '../src/app/api';
import type {
  ChatMessage,
  Desk,
  Door,
  Events,
  GuestCard,
  KnownHost,
  Link,
  LinkWord,
  Notice,
  Participant,
  Profile,
  RoomFacts,
  RoomFile,
  RoomList,
  RoomListing,
  Rules,
  State,
  TalkMode,
} from '../src/app/api';
import { sceneCode, sceneExamination, sceneQR } from './findings';
import {
  MicrophoneError,
  type MicrophoneTrouble,
  type TransportEvents,
  type VoiceTransport,
} from '../src/session/transport';

export interface Scene {
  screen: 'lobby' | 'room' | 'elsewhere' | 'outside' | 'gone';
  /** Rooms in the lobby, or people in the room. */
  count: number;
  profile: Profile;
  problem: '' | 'no_network' | 'no_multicast';
  /** How many people speak. */
  talkers: number;
  status: 'joined' | 'reconnecting';
  microphone: 'open' | MicrophoneTrouble;
  muted: boolean;
  hosting: boolean;
  notice: string;
  /** Our own link; of the others, one in eight is poor, one fair and one lost when `weak`. */
  link: LinkWord;
  weak: boolean;
  /** Codes of what the doctor finds, separated by commas; "" is nobody_heard, "all" everything there is. */
  findings: string;
  crowded: boolean;
  /** One of each sign of trust: cards, names, a changed host, known ones. "verified": we are in a verified room. */
  trust: '' | 'all' | 'verified';
  /** A link to another room was clicked. */
  invited: boolean;
  /** How many messages the chat has; with an odd number of them the host takes no more. */
  chat: number;
  /** Times a second that one of the rooms changes. */
  busy: number;
  rules: Rules;
  /** We are the host or a moderator, and somebody asks to come in. */
  moderates: boolean;
  silenced: boolean;
  /** Files in the chat, one in each state. */
  files: boolean;
  /** We and another record; a room of the lobby is recorded. */
  records: boolean;
  /** How many others have raised a hand. */
  hands: number;
  myHand: boolean;
  mode: TalkMode;
  /** Nothing of ours gets to the room. */
  unheard: boolean;
  /** We talk although we are muted. */
  talksMuted: boolean;
  /** We ask to come in. */
  waits: boolean;
  /** The check of the microphone was offered. */
  checked: boolean;
  /** Our microphone gives nothing. */
  dead: boolean;
  /** The headset is unplugged after a second, and another loudspeaker appears. */
  unplugs: boolean;
  /** What a guest's page knows of the room; "" is the page of an app. */
  guest: Door | '';
  /** Whether guests may come, and by a certificate that browsers know. */
  guests: 'no' | 'yes' | 'trusted';
  /** How asking and entering end: a code. */
  refusal: Code | '';
  /** The window of Linux, which talks itself or leaves that to a browser. */
  optional: boolean;
  /** Nothing that is heard can be played: before a click, or at all. */
  sound: '' | 'blocked' | 'soundless';
}

const sceneDesk: Desk = {
  bans: [
    { key: 'b'.repeat(43), name: 'Tom Okafor', by: 'Maya Lindqvist', reason: 'Music all day', at: 1_790_000_000 },
    { key: 'c'.repeat(43), name: '임재범' },
  ],
  moderators: [{ key: 'm'.repeat(43), name: '박서준' }],
  knocking: [
    { id: 'k1', name: 'Priya Natarajan', key: 'k'.repeat(43) },
    { id: 'k2', name: '한소희', guest: true },
  ],
};

const names = [
  '김지은', 'Maya Lindqvist', '박서준', 'Tom Okafor', '이하늘', 'Ana Ruiz', '최민호', 'Priya Natarajan', '정유나', 'Jonas Weber',
  'Claire Dubois', '오세훈', 'Ken Sato', '한소희', 'Noah Bennett', '윤도현', 'Zeynep Aydın', '강다은', 'Łukasz Nowak', '임재범',
]; // prettier-ignore

function person(i: number): string {
  const name = names[i % names.length] ?? '';
  return i < names.length ? name : `${name} ${Math.floor(i / names.length) + 1}`;
}

function facts(id: string, name: string, people: number, from: number, more: Partial<RoomFacts> = {}): RoomFacts {
  const inside = Array.from({ length: people }, (_, i) => person(from + i));
  return {
    v: 1, id, name, host: person(from), participants: people, people: inside.slice(0, 8),
    capacity: 100, seats: 10, pin: false, epoch: 1, ...more,
  }; // prettier-ignore
}

function rooms(scene: Scene): RoomListing[] {
  const all: [RoomFacts, number][] = [
    [facts('a', 'Design standup', 4, 1, { locked: scene.rules.locked === true }), 0.6],
    [facts('b', '점심 뭐 먹지', 7, 4, scene.records ? { recorders: [person(4), person(5)] } : {}), 4.2],
    [facts('c', 'Quarterly numbers, the long way round', 0, 9, { pin: true }), 28],
    [facts('d', '음악 작업실', 23, 2, { knock: true }), 88],
    [facts('e', 'Support desk', 2, 12, { capacity: 2 }), 3],
  ];
  for (let i = all.length; i < scene.count; i++) {
    all.push([
      facts(`n${i}`, `${person(i)} ${['standup', '회의실', 'pairing', 'lunch'][i % 4] ?? ''}`, (i * 7) % 12, i),
      (i * 3) % 60,
    ]);
  }
  return all.slice(0, scene.count).map(([room, rttMillis], i) => ({
    ref: room.id, room, address: `192.168.${Math.floor(i / 200)}.${10 + (i % 200)}:7788`, fingerprint: 'x'.repeat(43), rttMillis, mine: scene.hosting && i === 0,
    ...(scene.trust === 'all' && !(scene.hosting && i === 0) && trusts[i % trusts.length]),
  })); // prettier-ignore
}

const knownHosts: KnownHost[] = ['Maya Lindqvist', '김지은', 'Tom Okafor', '이하늘'].map((host, i) => ({
  fingerprint: String(i).repeat(43), host, room: ['Design standup', '점심 뭐 먹지', 'Pairing', '음악 작업실'][i] ?? '', addresses: ['192.168.0.9:7788'],
  first: '2026-03-02T08:00:00Z', joined: '2026-11-20T08:00:00Z', verified: i === 0 ? '2026-03-02T08:00:00Z' : '',
})); // prettier-ignore

const trusts: Partial<RoomListing>[] = [
  { trust: 'changed', changed: { by: 'names', known: knownHosts[0] as KnownHost } },
  { trust: 'verified' },
  { look: 'twin' },
  { trust: 'known', look: 'twin' },
  { look: 'mixed' },
];

function participants(scene: Scene): Participant[] {
  return Array.from({ length: scene.count }, (_, i) => ({
    id: `p${i}`,
    name: i === 0 ? scene.profile.name : person(i),
    host: scene.hosting ? i === 0 : i === 1 % scene.count,
    guest: scene.guest !== '' ? i === 0 : scene.guests !== 'no' && i % 5 === 4,
    muted: i > 1 && i % 3 === 2,
    listener: i % 11 === 7,
    deafened: i % 11 === 5,
    hand: i > 0 && i <= scene.hands ? i + 1 : scene.myHand && i === 0 ? 2 : 0,
    ...(i % 4 !== 3 && !(scene.guest !== '' && i === 0) && { key: String(i).padStart(43, 'k') }),
    moderator: scene.moderates && i === 2,
    silenced: (scene.moderates && i === 3) || (scene.silenced && i === 0),
    recording: (scene.moderates && i === 4) || (scene.records && (i === 0 || i === 1)),
    reconnecting: i % 17 === 6,
  }));
}

const links: Record<LinkWord, Link> = {
  good: { word: 'good', rttMillis: 1.4, upLoss: 0, downLoss: 0.002, jitterMillis: 2.1, concealed: 0 },
  fair: { word: 'fair', rttMillis: 38, upLoss: 0.03, downLoss: 0.06, jitterMillis: 14, concealed: 0.012 },
  poor: { word: 'poor', rttMillis: 212, upLoss: 0.14, downLoss: 0.09, jitterMillis: 47.5, concealed: 0.083 },
  lost: { word: 'lost', rttMillis: 0, upLoss: 0, downLoss: 0, jitterMillis: 0, concealed: 0 },
};

function linkOf(scene: Scene, i: number): Link {
  if (i === 0) return links[scene.link];
  const words: LinkWord[] = ['good', 'poor', 'good', 'fair', 'good', 'good', 'lost', 'good'];
  return links[scene.weak ? (words[i % words.length] ?? 'good') : 'good'];
}

function sceneChat(scene: Scene): ChatMessage[] {
  const texts = [
    'Morning! The build is green again.',
    '오늘 스탠드업은 11시로 옮길까요?',
    'Works for me.\nI will bring the numbers: https://wiki.example.org/quarter/4?view=table#summary',
    '네, 좋아요 👍',
    'And somebody left an umbrella in the kitchen. It is yellow, and it drips.',
    '제 거예요! 감사합니다',
  ];
  return Array.from({ length: scene.chat }, (_, i) => {
    const who = [1, 2, 0, 4, 4, 0][i % 6] ?? 0;
    return {
      n: i + 1,
      at: Date.UTC(2026, 1, 3, 1, 20) + i * 70_000,
      from: `p${who}`,
      name: who === 0 ? scene.profile.name : person(who),
      text: texts[i % texts.length] ?? '',
      tag: `t${i}`,
      guest: scene.guests !== 'no' && who === 4,
    };
  });
}

function sceneFiles(scene: Scene): RoomFile[] {
  if (!scene.files) return [];
  const at = Date.UTC(2026, 1, 3, 2, 20);
  const one = (id: string, who: number, more: Partial<RoomFile>): RoomFile => ({
    id, at: at + Number(id) * 60_000, from: `p${who}`, by: who === 0 ? scene.profile.name : person(who), mine: who === 0,
    name: 'plan.pdf', size: 4_821_300, state: 'offered', moved: 0, ...more,
  }); // prettier-ignore
  const to = ['done', 'moving', 'declined'].map((state, i) => ({
    id: `p${i + 1}`, name: person(i + 1), state: state as RoomFile['state'], moved: i === 1 ? 3_000_000 : 4_821_300,
  })); // prettier-ignore
  return [
    one('1', 1, { name: 'Quarterly numbers, the long way round, final version (3).xlsx' }),
    one('2', 2, { name: '회의실 사진.jpg', state: 'moving', moved: 1_900_000 }),
    one('3', 0, { state: 'moving', moved: 4_821_300, to }),
    one('4', 1, { state: 'done', moved: 4_821_300, size: 900 }),
    one('5', 2, { state: 'failed', code: 'disk_full' }),
    one('6', 0, { state: 'declined', to: to.slice(2) }),
  ];
}

export function sceneState(scene: Scene): State {
  const room = facts('r', '디자인 팀 Standup', scene.count, 0);
  const inRoom = scene.screen !== 'lobby';
  const guests = scene.guests !== 'no';
  const invite = 'earshot://192.168.0.12:7788/r?fp=' + 'x'.repeat(43);
  const notices: Notice[] =
    scene.notice === '' ? [] : [{ id: 1, code: scene.notice as Notice['code'], detail: '7790', room: room.name }];
  return {
    revision: 1,
    profile: scene.profile,
    quality: { bitrate: 32000, music: false, lowDelay: false },
    sound: {
      echo: true,
      noise: 'standard',
      gain: true,
      microphone: { name: scene.unplugs ? 'Jabra Evolve2 65 (0b0e:248c)' : '' },
      speaker: { name: '' },
      checked: scene.checked,
    },
    network: { passOn: true },
    keys: {
      mode: scene.mode,
      window: { talk: 'Space', mute: 'KeyM', deafen: 'KeyD', hand: 'KeyH' },
      system: { talk: '', mute: scene.optional ? 'Ctrl+Alt+KeyM' : '', deafen: '', hand: '' },
    },
    folders: { recordings: '/home/maya/Music/Earshot', downloads: '/home/maya/Downloads' },
    people: { loudness: [] },
    desktop: { onClose: 'ask', doNotDisturb: false, startAtLogin: false },
    place: { width: 0, height: 0, x: 0, y: 0, maximised: false },
    abilities: { window: true, startAtLogin: true, hotkeys: scene.optional ? { refused: { mute: 'taken' } } : {} },
    hosting: scene.hosting ? { roomId: inRoom ? 'r' : 'a', name: room.name, invite, addresses: [], pin: '4711' } : null,
    session: inRoom
      ? {
          status: scene.status, page: scene.screen === 'room' ? 'dev' : 'another', room, invite, you: 'p0',
          rules: { ...scene.rules, guests }, received: !scene.unheard, ...(scene.moderates && { desk: sceneDesk }), ...(scene.silenced && { silenced: { by: 'Maya', reason: 'The vacuum cleaner next door' } }),
          participants: participants(scene), seats: [], fingerprint: 'x'.repeat(43), verified: scene.trust === 'verified',
          ...(scene.records && { recording: { folder: '/home/maya/Music/Earshot/Standup 2026-11-22 19.30.05', since: 0 } }),
          ...(scene.trust === '' ? {} : { looks: { p1: 'twin', p2: 'twin', p3: 'mixed' } }),
        } // prettier-ignore
      : null,
    notices,
    ...(scene.waits && { waiting: { page: 'dev' } }),
    ...(scene.guest !== '' && { guest: true }),
  };
}

function guestCard(scene: Scene): GuestCard {
  return {
    link: 'https://192.168.0.12:7788/guest/',
    qr: sceneQR,
    certificate: Array.from({ length: 32 }, (_, i) => ((i * 83 + 41) % 256).toString(16).padStart(2, '0').toUpperCase()).join(':'), // prettier-ignore
    trusted: scene.guests === 'trusted',
  };
}

/** An app that shows one scene, with people who speak at random; profile changes work, the rest does nothing. */
export function sceneApp(scene: Scene): AppApi {
  const listeners: { [E in keyof Events]: Set<(payload: Events[E]) => void> } = {
    state: new Set(), rooms: new Set(), levels: new Set(), links: new Set(), protect: new Set(), chat: new Set(), files: new Set(), hotkey: new Set(), devices: new Set(), close: new Set(), invite: new Set(), link: new Set(),
  }; // prettier-ignore
  let state = sceneState(scene);
  let list: RoomList = {
    revision: 1,
    rooms: scene.screen === 'lobby' && (scene.guest === '' || scene.guest === 'open') ? rooms(scene) : [],
    search: {
      interfaces: scene.problem === 'no_network' ? [] : ['en0', 'Wi-Fi'],
      problem: scene.problem,
      crowded: scene.crowded,
    },
    ...(scene.guest !== '' && { door: scene.guest }),
  };
  const change = (part: Partial<State>) => {
    state = { ...state, ...part, revision: state.revision + 1 };
    listeners.state.forEach((fn) => fn(state));
  };
  const changed = (part: Partial<State>) => {
    change(part);
    return Promise.resolve();
  };
  const talkers = participants(scene).filter((who) => !who.muted && !who.listener && !who.reconnecting);
  setInterval(() => {
    const speaking = talkers.slice(0, scene.talkers).concat(talkers.slice(-1).slice(0, scene.talkers > 2 ? 1 : 0));
    const levels = Object.fromEntries(speaking.map(({ id }) => [id, Math.round(-18 - 14 * Math.random())]));
    listeners.levels.forEach((fn) => fn({ levels }));
  }, 100);
  // Whatever a test wants to happen: new CustomEvent('scene', { detail: (state) => ({ … }) }).
  addEventListener('scene', (event) => change((event as CustomEvent<(now: State) => Partial<State>>).detail(state)));
  const everybody = Object.fromEntries(participants(scene).map(({ id }, i) => [id, linkOf(scene, i)]));
  if (scene.screen === 'room') setTimeout(() => listeners.links.forEach((fn) => fn({ links: everybody })), 300);
  if (scene.screen === 'gone') setTimeout(() => listeners.link.forEach((fn) => fn('down')), 50);
  if (scene.busy > 0) {
    setInterval(() => {
      const changed = Math.floor(Math.random() * list.rooms.length);
      // As from the app: JSON, so that every object of the list is a new one.
      list = structuredClone(list);
      list.revision++;
      const room = list.rooms[changed]?.room;
      if (room) room.participants = Math.floor(Math.random() * 20);
      listeners.rooms.forEach((fn) => fn(list));
    }, 1000 / scene.busy);
  }
  const changePeople = (one: (who: Participant) => Participant) => {
    const { session } = state;
    return session
      ? changed({ session: { ...session, participants: session.participants.map(one) } })
      : Promise.resolve();
  };
  const nothing = () => Promise.resolve();
  // Where an invite leads: to the room that is recorded, if one is.
  const invited = rooms({ ...scene, count: 2 })[scene.records ? 1 : 0];
  const look = () => (invited ? Promise.resolve(invited) : Promise.reject(new Error('no room')));
  return {
    GetState: () => Promise.resolve(state),
    GetVoiceWay: () => Promise.resolve(''),
    GetSoundCard: () => Promise.resolve({ url: '', devices: { microphones: [], speakers: [] } }),
    GetChat: () => Promise.resolve({ room: 'r', messages: sceneChat(scene), earlier: true }),
    Say: () => (scene.chat % 2 ? Promise.reject(new Problem('rate_limited')) : new Promise(() => undefined)),
    OpenLink: () => Promise.resolve(),
    GetFiles: () => Promise.resolve({ room: 'r', files: sceneFiles(scene) }),
    OfferFile: () => Promise.resolve('f9'),
    PutFile: nothing,
    AnswerFile: nothing,
    CancelFile: nothing,
    ShowDownloads: nothing,
    StartRecording: nothing,
    StopRecording: nothing,
    ShowRecordings: nothing,
    GetRooms: () => Promise.resolve(list),
    StartRoom: look,
    EndRoom: () => changed({ session: null, hosting: null }),
    Look: look,
    Join: () => {
      if (scene.refusal !== '') return Promise.reject(new Problem(scene.refusal, 'scene'));
      const { session } = sceneState({ ...scene, screen: 'room', count: scene.screen === 'lobby' ? 4 : scene.count });
      if (session) change({ session });
      return session ? Promise.resolve({ answer: '', session }) : Promise.reject(new Error('no session'));
    },
    StartCheck: () => Promise.resolve({ speaking: '', hearing: '' }),
    EndCheck: nothing,
    AddCandidate: nothing,
    Restart: () => Promise.resolve(''),
    SetVoice: nothing,
    RaiseHand: (up) => changePeople((who) => (who.id === 'p0' ? { ...who, hand: up ? 9 : 0 } : who)),
    Report: nothing,
    Moderate: (deed) => {
      const { session } = state;
      if (session && deed.rules) change({ session: { ...session, rules: { ...session.rules, ...deed.rules } } });
      if (session?.desk && (deed.do === 'admit' || deed.do === 'refuse')) {
        const knocking = session.desk.knocking.filter(({ id }) => id !== deed.id);
        change({ session: { ...session, desk: { ...session.desk, knocking } } });
      }
      return Promise.resolve();
    },
    StopWaiting: nothing,
    Leave: () => changed({ session: null }),
    Dismiss: (id) => changed({ notices: state.notices.filter((notice) => notice.id !== id) }),
    OpenInBrowser: () => Promise.resolve({ browser: 'Chromium' }),
    TakeInvite: () => Promise.resolve(scene.invited ? 'earshot://192.168.0.40:7788/x' : ''),
    InviteCard: (link) =>
      Promise.resolve({ link, code: sceneCode, qr: sceneQR, ...(scene.hosting && { guests: guestCard(scene) }) }),
    ChangeSettings: (section, fields) => changed({ [section]: { ...state[section], ...fields } }),
    ResetSettings: nothing,
    GetDiagnostics: () =>
      Promise.resolve({ name: 'earshot-diagnostics-20261122-2004.txt', text: 'Earshot diagnostics\n\n== Versions\napp      v0.1.0\n\n== Log\n'.padEnd(3000, 'time=2026-11-22T20:04:13 level=INFO msg=joined participant=p1\n') }), // prettier-ignore
    SaveDiagnostics: () => Promise.resolve(true),
    Notify: nothing,
    MiniWindow: nothing,
    CloseWindow: nothing,
    Licences: () => Promise.resolve('Earshot is made of these parts.\n\nsvelte 5\n\nPermission is hereby granted …'),
    GetHosts: () => Promise.resolve(scene.trust === '' ? [] : knownHosts),
    ForgetHosts: nothing,
    HostCode: (fingerprint) =>
      Promise.resolve({
        symbols: Array.from({ length: 7 }, (_, i) => (fingerprint.charCodeAt(0) * 7 + i * i * 11) % 64),
      }),
    SetVerified: (_, verified) => changed({ session: state.session && { ...state.session, verified } }),
    Examine: () =>
      new Promise((resolve) =>
        setTimeout(() => resolve(sceneExamination(scene.findings)), scene.findings === '' ? 2500 : 300),
      ),
    Act: (action) => (action === 'open_firewall' ? Promise.reject(new Error('scene')) : Promise.resolve()),
    on: (event, fn) => {
      listeners[event].add(fn);
      return () => listeners[event].delete(fn);
    },
  };
}

/** A voice that connects at once and carries nothing. */
export function sceneTransport(scene: Scene, events: TransportEvents): VoiceTransport {
  let overhearing: ReturnType<typeof setInterval> | undefined;
  return {
    setAlone: () => undefined,
    prepare: () => Promise.resolve(),
    join: async (_seats, signalling) => {
      await signalling.join('v=0');
      events.onState('connected');
      if (scene.sound === 'blocked') events.onBlocked(true);
      if (scene.sound === 'soundless') events.onSoundless(true);
    },
    restart: () => Promise.resolve(),
    followed: () => Promise.resolve(true),
    renegotiate: () => Promise.resolve(),
    setQuality: () => Promise.resolve(),
    setSound: () => Promise.resolve(),
    measure: () => Promise.resolve({ received: 100, lost: 0, concealed: 0, bufferMillis: 62.4 }),
    heard: () => (scene.dead ? { name: 'Yeti Stereo Microphone (046d:0ab7)', peak: 0, silenced: false } : undefined),
    openMicrophone: () =>
      scene.microphone === 'open' ? Promise.resolve() : Promise.reject(new MicrophoneError(scene.microphone, 'scene')),
    setMuted: () => undefined,
    setDeaf: () => undefined,
    setVolumes: () => undefined,
    overhear: (fn) => {
      clearInterval(overhearing);
      if (fn && scene.talksMuted) overhearing = setInterval(() => fn(Math.random() < 0.7 ? -20 : -70), 100);
    },
    silence: () => undefined,
    resume: () => undefined,
    leave: () => events.onState('closed'),
  };
}

/** A headset, what is built in and a screen. */
export function sceneDevices(scene: Scene): MediaDevices {
  const device = (kind: MediaDeviceKind, deviceId: string, label: string, groupId = deviceId) => ({
    kind,
    deviceId,
    label,
    groupId,
  });
  const built = [
    device('audioinput', 'default', 'Default - MacBook Air Microphone', 'b'),
    device('audioinput', 'b', 'MacBook Air Microphone'),
    device('audiooutput', 'default', 'Default - MacBook Air Speakers', 's'),
    device('audiooutput', 's', 'MacBook Air Speakers'),
  ];
  const headset = [
    device('audioinput', 'j', 'Jabra Evolve2 65 (0b0e:248c)'),
    device('audiooutput', 'j', 'Jabra Evolve2 65 (0b0e:248c)'),
  ];
  let list = [...built, ...headset];
  const target = new EventTarget();
  if (scene.unplugs)
    setTimeout(() => {
      list = [...built, device('audiooutput', 'h', 'DELL U2723QE (HDMI)')];
      const first = list[2];
      if (first) Object.assign(first, { label: 'Default - DELL U2723QE (HDMI)', groupId: 'h' });
      target.dispatchEvent(new Event('devicechange'));
    }, 1000);
  return Object.assign(target, { enumerateDevices: () => Promise.resolve(list) }) as unknown as MediaDevices;
}
