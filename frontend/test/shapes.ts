/**
 * Runtime shapes of the values of src/app/api.ts. A field that is missing here or has another type there does not
 * compile; a value that does not fit its shape is described by problems().
 */
import type {
  Abilities,
  Desktop,
  HotkeyState,
  Place,
  Ban,
  Candidate,
  CheckReply,
  CheckRequest,
  Desk,
  Device,
  Chat,
  ChatMessage,
  Examination,
  Finding,
  Folders,
  Files,
  FileTo,
  RoomFile,
  HostChange,
  HostCode,
  Hotkey,
  Hosting,
  InterfaceCheck,
  GuestCard,
  InviteCard,
  JoinReply,
  JoinRequest,
  Keys,
  Knock,
  KnownHost,
  Levels,
  Link,
  Links,
  Look,
  Loudness,
  Moderation,
  Moderator,
  Network,
  Notice,
  Opened,
  Participant,
  People,
  Profile,
  Protect,
  Quality,
  Reach,
  Recording,
  Report,
  RoomFacts,
  RoomList,
  RoomListing,
  Rules,
  Search,
  Session,
  Shortcuts,
  Silenced,
  Sound,
  SoundCard,
  SoundCheck,
  SoundDevice,
  SoundDevices,
  State,
  Voice,
  Waiting,
} from '../src/app/api';

/** Lists what is wrong with a value, each with its path. T is what the value is when nothing is. */
export interface Shape<T> {
  check(value: unknown, path: string): string[];
  readonly type?: T;
}

const is = <T>(what: string, fits: (value: unknown) => boolean): Shape<T> => ({
  check: (value, path) => (fits(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${what}`]),
});

const string = is<string>('string', (value) => typeof value === 'string');
const number = is<number>('number', (value) => typeof value === 'number');
const boolean = is<boolean>('boolean', (value) => typeof value === 'boolean');
const oneOf = <T extends string>(...words: T[]) => is<T>(words.join(' or '), (value) => words.includes(value as T));
const orNull = <T>(shape: Shape<T>): Shape<T | null> => ({
  check: (value, path) => (value === null ? [] : shape.check(value, path)),
});
const optional = <T>(shape: Shape<T>): Shape<T | undefined> => ({
  check: (value, path) => (value === undefined ? [] : shape.check(value, path)),
});
const array = <T>(shape: Shape<T>): Shape<T[]> => ({
  check: (value, path) =>
    Array.isArray(value) ? value.flatMap((item, i) => shape.check(item, `${path}[${i}]`)) : [`${path}: no array`],
});
const record = <T>(shape: Shape<T>): Shape<Record<string, T>> => ({
  check: (value, path) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => shape.check(item, `${path}.${key}`))
      : [`${path}: no object`],
});
const object = <T extends object>(fields: { [K in keyof T]-?: Shape<T[K]> }): Shape<T> => ({
  check: (value, path) => {
    if (typeof value !== 'object' || value === null) return [`${path}: no object`];
    const given = value as Partial<Record<string, unknown>>;
    const known = Object.entries<Shape<unknown>>(fields).flatMap(([key, shape]) =>
      shape.check(given[key], `${path}.${key}`),
    );
    const unknown = Object.keys(given).filter((key) => !Object.hasOwn(fields, key));
    return [...known, ...unknown.map((key) => `${path}.${key}: not in the page's types`)];
  },
});

const facts = object<RoomFacts>({
  v: number, id: string, name: string, host: string, participants: number, people: array(string),
  capacity: number, seats: number, pin: boolean, locked: optional(boolean), knock: optional(boolean), recorders: optional(array(string)), epoch: number,
}); // prettier-ignore
const look = oneOf<Look>('twin', 'mixed');
const knownHost = object<KnownHost>({
  fingerprint: string,
  host: string,
  room: string,
  addresses: array(string),
  first: string,
  joined: string,
  verified: string,
});
/** What only a guest's page says, of itself. */
const noApps = is<undefined>('word of an app', (value) => value === undefined);
const guestCard = object<GuestCard>({ link: string, qr: array(string), certificate: string, trusted: boolean });
const participant = object<Participant>({
  id: string,
  name: string,
  key: optional(string),
  host: optional(boolean),
  guest: optional(boolean),
  moderator: optional(boolean),
  muted: optional(boolean),
  silenced: optional(boolean),
  listener: optional(boolean),
  deafened: optional(boolean),
  hand: optional(number),
  recording: optional(boolean),
  reconnecting: optional(boolean),
});
const rules = object<Rules>({
  locked: optional(boolean),
  knock: optional(boolean),
  noGuests: optional(boolean),
  noRecording: optional(boolean),
  guests: optional(boolean),
  guestsFree: optional(boolean),
});
const desk = object<Desk>({
  bans: array(
    object<Ban>({ key: string, name: string, by: optional(string), reason: optional(string), at: optional(number) }),
  ),
  moderators: array(object<Moderator>({ key: string, name: string })),
  knocking: array(object<Knock>({ id: string, name: string, key: optional(string), guest: optional(boolean) })),
});
const session = object<Session>({
  status: oneOf('joined', 'reconnecting'),
  page: string,
  room: facts,
  invite: string,
  you: string,
  rules,
  desk: optional(desk),
  silenced: optional(object<Silenced>({ by: string, reason: string })),
  participants: array(participant),
  received: optional(boolean),
  seats: array(string),
  path: optional(number),
  rejoin: optional(boolean),
  fingerprint: string,
  verified: optional(boolean),
  looks: optional(record(look)),
  recording: optional(object<Recording>({ folder: string, since: number })),
});
const profile = object<Profile>({
  name: string,
  language: oneOf('', 'en', 'ko'),
  theme: oneOf('', 'light', 'dark'),
  openInBrowser: optional(boolean),
});
const quality = object<Quality>({ bitrate: number, music: boolean, lowDelay: boolean });
const link = object<Link>({
  word: oneOf('good', 'fair', 'poor', 'lost'),
  rttMillis: number,
  upLoss: number,
  downLoss: number,
  jitterMillis: number,
  concealed: number,
});
const hosting = object<Hosting>({
  roomId: string,
  name: string,
  invite: string,
  addresses: array(string),
  pin: string,
});
// Any code is fine: a newer app may send one that this page does not know.
const notice = object<Notice>({
  id: number,
  code: string as Shape<Notice['code']>,
  detail: string,
  room: string,
  by: optional(string),
  reason: optional(string),
});
const listing = object<RoomListing>({
  ref: string,
  room: facts,
  address: string,
  fingerprint: string,
  rttMillis: number,
  mine: boolean,
  trust: optional(oneOf('known', 'verified', 'changed')),
  changed: optional(object<HostChange>({ by: oneOf('room', 'names', 'address'), known: knownHost })),
  look: optional(look),
});
const search = object<Search>({
  interfaces: array(string),
  problem: oneOf('', 'no_network', 'no_multicast'),
  crowded: boolean,
});
const device = object<Device>({ name: string, id: optional(string) });
const soundDevice = object<SoundDevice>({ id: string, name: string, default: boolean });
const soundDevices = object<SoundDevices>({ microphones: array(soundDevice), speakers: array(soundDevice) });
const sound = object<Sound>({
  echo: boolean,
  noise: oneOf('off', 'standard', 'strong'),
  gain: boolean,
  microphone: device,
  speaker: device,
  checked: boolean,
});
const network = object<Network>({ passOn: boolean });
const shortcuts = object<Shortcuts>({ talk: string, mute: string, deafen: string, hand: string });
const keys = object<Keys>({
  mode: oneOf('open', 'push-to-talk', 'push-to-mute'),
  window: shortcuts,
  system: shortcuts,
});
const folders = object<Folders>({ recordings: string, downloads: string });
const people = object<People>({
  loudness: array(object<Loudness>({ key: optional(string), name: string, volume: number, muted: optional(boolean) })),
});
const fileStatus = oneOf('loading', 'offered', 'waiting', 'moving', 'done', 'declined', 'gone', 'failed');
const roomFile = object<RoomFile>({
  id: string,
  at: number,
  from: string,
  by: string,
  mine: boolean,
  name: string,
  size: number,
  state: fileStatus,
  moved: number,
  code: optional(string as Shape<Notice['code']>),
  to: optional(array(object<FileTo>({ id: string, name: string, state: fileStatus, moved: number }))),
});
const answer = oneOf('yes', 'no', 'unknown');
const checked = object<InterfaceCheck>({
  name: string,
  kind: oneOf('ethernet', 'wifi', 'vpn', 'virtual', 'loopback'),
  addresses: array(string),
  up: boolean,
  used: boolean,
  multicast: oneOf('works', 'silent', 'not_sent', 'unused'),
  apps: number,
  rooms: number,
});
const finding = object<Finding>({
  code: string as Shape<Finding['code']>,
  level: oneOf('problem', 'warning', 'note', 'good'),
  params: optional(record(string)),
  action: optional(string as Shape<NonNullable<Finding['action']>>),
});

export const shapes: Record<string, Shape<unknown>> = {
  State: object<State>({
    revision: number,
    profile,
    quality,
    sound,
    network,
    keys,
    folders,
    people,
    desktop: object<Desktop>({
      onClose: oneOf('ask', 'hide', 'quit'),
      doNotDisturb: boolean,
      startAtLogin: boolean,
    }),
    place: object<Place>({ width: number, height: number, x: number, y: number, maximised: boolean }),
    abilities: object<Abilities>({
      window: boolean,
      startAtLogin: boolean,
      hotkeys: object<HotkeyState>({
        reason: optional(oneOf('no_way', 'no_portal', 'no_server')),
        refused: optional(record(oneOf('taken', 'unknown')) as Shape<NonNullable<HotkeyState['refused']>>),
      }),
    }),
    hosting: orNull(hosting),
    session: orNull(session),
    waiting: optional(object<Waiting>({ page: string })),
    notices: array(notice),
    guest: noApps,
  }),
  Profile: profile,
  Hosting: hosting,
  Session: session,
  Notice: notice,
  RoomFacts: facts,
  Participant: participant,
  RoomListing: listing,
  RoomList: object<RoomList>({ revision: number, rooms: array(listing), search, door: noApps }),
  Search: search,
  Quality: quality,
  Sound: sound,
  Folders: folders,
  Files: object<Files>({ room: string, files: array(roomFile) }),
  CheckRequest: object<CheckRequest>({ page: string, speaking: string, hearing: string }),
  CheckReply: object<CheckReply>({ speaking: string, hearing: string, voice: optional(string) }),
  SoundCard: object<SoundCard>({ url: string, devices: soundDevices }),
  SoundDevices: soundDevices,
  Links: object<Links>({ links: record(link) }),
  Protect: object<Protect>({ on: boolean }),
  Chat: object<Chat>({
    room: string,
    messages: array(
      object<ChatMessage>({
        n: number,
        at: number,
        from: string,
        name: string,
        text: string,
        tag: optional(string),
        guest: optional(boolean),
      }),
    ),
    earlier: boolean,
  }),
  Report: object<Report>({ received: number, lost: number, concealed: number, bufferMillis: number }),
  Levels: object<Levels>({ levels: record(number) }),
  JoinRequest: object<JoinRequest>({
    room: string,
    page: string,
    offer: string,
    muted: boolean,
    listener: boolean,
    deafened: boolean,
    pin: string,
    seats: optional(number),
    accept: optional(string),
  }),
  KnownHost: knownHost,
  HostCode: object<HostCode>({ symbols: array(number) }),
  JoinReply: object<JoinReply>({ answer: string, voice: optional(string), session }),
  Candidate: object<Candidate>({ candidate: string, mid: string }),
  Moderation: object<Moderation>({
    do: string as Shape<Moderation['do']>,
    id: optional(string),
    key: optional(string),
    reason: optional(string),
    rules: optional(rules),
  }),
  Voice: object<Voice>({ muted: boolean, listener: boolean, deafened: boolean }),
  Opened: object<Opened>({ browser: string }),
  Network: network,
  Keys: keys,
  People: people,
  Hotkey: object<Hotkey>({
    action: oneOf('mute.toggle', 'deafen.toggle', 'hand.toggle', 'talk.press', 'talk.release'),
  }),
  InviteCard: object<InviteCard>({ link: string, code: string, qr: array(string), guests: optional(guestCard) }),
  Examination: object<Examination>({
    interfaces: array(checked),
    reach: object<Reach>({ port: number, tcp: answer, udp: answer, by: string }),
    sound: object<SoundCheck>({ microphone: answer, speaker: answer }),
    findings: array(finding),
  }),
};
