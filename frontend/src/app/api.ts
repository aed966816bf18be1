/**
 * The whole language between this page and the app: a mirror of app/api.go and of the parts of sfu/signal that reach a
 * page. A change there is a change here; test/contract.test.ts compares both through docs/PROTOCOL.md.
 */

/** Codes that a host or an app gives as the reason of a refusal or an end (sfu/signal/code.go). */
export type ProblemCode =
  | 'bad_message'
  | 'too_large'
  | 'unsupported'
  | 'unsupported_version'
  | 'bad_name'
  | 'bad_offer'
  | 'bad_text'
  | 'bad_quality'
  | 'not_joined'
  | 'already_joined'
  | 'rate_limited'
  | 'room_full'
  | 'pin_needed'
  | 'wrong_pin'
  | 'no_pin'
  | 'pin_later'
  | 'expired'
  | 'slow'
  | 'replaced'
  | 'left'
  | 'room_ended'
  | 'internal'
  | 'forbidden'
  | 'nobody'
  | 'already_so'
  | 'no_key'
  | 'list_full'
  | 'bad_reason'
  | 'removed'
  | 'banned'
  | 'locked'
  | 'refused'
  | 'unanswered'
  | 'knocks_full'
  | 'no_guests'
  | 'no_recording'
  | 'recordings_full'
  | 'file_too_large'
  | 'bad_file_name'
  | 'files_full'
  | 'unreachable'
  | 'fingerprint_mismatch'
  | 'host_changed'
  | 'lost'
  | 'bad_address'
  | 'not_found'
  | 'ambiguous'
  | 'ports_taken'
  | 'no_browser'
  | 'not_in_room'
  | 'ask_first'
  | 'bad_folder'
  | 'disk_full'
  | 'damaged'
  | 'file_unreadable'
  | 'bad_pin';

/** Codes of notices that are no failure of a session (app/api.go). */
export type NoticeCode =
  | 'settings_broken'
  | 'settings_mended'
  | 'settings_unsaved'
  | 'login_unset'
  | 'bans_broken'
  | 'wrong_pin_tried'
  | 'known_broken'
  | 'known_unsaved'
  | 'recording_saved'
  | 'recording_forbidden'
  | 'recording_disk_full'
  | 'recording_failed'
  | 'recording_cut';

/** Any code that can reach a page. A newer app may send one that is not listed: text falls back, nothing breaks. */
export type Code = ProblemCode | NoticeCode;

/** How a page without WebRTC carries its voice: the app plays and records, or the page by its own means. */
export type VoiceWay = 'card' | 'loopback';

export type Language = '' | 'en' | 'ko';
export type Theme = '' | 'light' | 'dark';

/** What the user chose for this installation. "" follows the system. */
export interface Profile {
  name: string;
  language: Language;
  theme: Theme;
  /** A window without WebRTC (Linux) opens rooms in a browser instead of talking itself. It takes effect when the app is started. */
  openInBrowser?: boolean;
}

/** What our microphone sends, and how it is taken in. */
export interface Quality {
  /** Of a voice, bit/s: 16000 to 96000. */
  bitrate: number;
  /** Stereo at 128 kbit/s, without echo cancellation, noise suppression and gain control. */
  music: boolean;
  /** Packets of 10 ms instead of 20. */
  lowDelay: boolean;
}

/** Taken out of the microphone: nothing, by the browser, or by RNNoise in the page. */
export type NoiseLevel = 'off' | 'standard' | 'strong';

/** A microphone or a loudspeaker as the browser calls it. Without a name it is the system's default. */
export interface Device {
  /** Its label, by which it is found again. */
  name: string;
  /** The browser's id of it when it was chosen: a hint, for two of one name. */
  id?: string;
}

/** How our microphone is cleaned, unless it sends music, and which devices are used. */
export interface Sound {
  echo: boolean;
  noise: NoiseLevel;
  gain: boolean;
  /** What was chosen, also while it is not there. */
  microphone: Device;
  speaker: Device;
  /** The check of microphone and speaker was offered. */
  checked: boolean;
}

/** What this app does for others on its networks. */
export interface Network {
  /** Passes on which rooms there are, between the networks this computer is in. */
  passOn: boolean;
}

/** What the user chose for this installation, one section for each part of the app (app/settings.go). */
export interface Settings {
  profile: Profile;
  quality: Quality;
  sound: Sound;
  network: Network;
  keys: Keys;
  folders: Folders;
  people: People;
  desktop: Desktop;
  place: Place;
}

/** What the window's close button does while there is a call: asks, hides the window, or ends the app. */
export type OnClose = 'ask' | 'hide' | 'quit';

/** How the app behaves among the other programs of a computer. */
export interface Desktop {
  onClose: OnClose;
  /** Nothing notifies. */
  doNotDisturb: boolean;
  startAtLogin: boolean;
}

/** Where the window was when it was closed, in logical pixels. */
export interface Place {
  width: number;
  height: number;
  x: number;
  y: number;
  maximised: boolean;
}

/** Why keys that are to work everywhere do not: none does, or some of them do not. */
export interface HotkeyState {
  reason?: 'no_way' | 'no_portal' | 'no_server';
  refused?: Partial<Record<keyof Shortcuts, 'taken' | 'unknown'>>;
}

/** What the computer lets the app do. */
export interface Abilities {
  /** There is a window: it can be hidden and made small, and the app notifies by itself. */
  window: boolean;
  startAtLogin: boolean;
  hotkeys: HotkeyState;
}

/** One thing to tell a user who looks elsewhere. */
export interface Notification {
  title: string;
  body: string;
}

/** A text for whoever is to help, and what a file of it is called. */
export interface Diagnostics {
  name: string;
  text: string;
}

/** When an open microphone is heard: always, only while the talk key is held, or but not while it is held. */
export type TalkMode = 'open' | 'push-to-talk' | 'push-to-mute';

/** A key for each action, "" is none: Ctrl+Alt+Shift+Meta+CODE with the modifiers it needs, CODE being KeyboardEvent.code. */
export interface Shortcuts {
  talk: string;
  mute: string;
  deafen: string;
  hand: string;
}

/** How the microphone is worked, and by which keys: those of the window, and those that work everywhere. */
export interface Keys {
  mode: TalkMode;
  window: Shortcuts;
  system: Shortcuts;
}

export type HotkeyAction = 'mute.toggle' | 'deafen.toggle' | 'hand.toggle' | 'talk.press' | 'talk.release';

/** A key that works everywhere was pressed or released. */
export interface Hotkey {
  action: HotkeyAction;
}

/** How loud we play somebody: by key, or by name where the person has none. */
export interface Loudness {
  key?: string;
  /** As it was then. */
  name: string;
  /** Percent, 0 to 200. */
  volume: number;
  muted?: boolean;
}

/** What the user wants of others in all rooms. */
export interface People {
  /** Those who are not played as they come, in the order of their last change; at most 100. */
  loudness: Loudness[];
}

/** A link in one word, best first. Where the borders lie is the host's decision (sfu/links.go). */
export type LinkWord = 'good' | 'fair' | 'poor' | 'lost';

/** How well one participant is connected to the host. Shares are 0 to 1. */
export interface Link {
  word: LinkWord;
  /** 0 is not measured yet. */
  rttMillis: number;
  /** What the network lost, before repair. */
  upLoss: number;
  downLoss: number;
  jitterMillis: number;
  /** Of what the participant hears, the share that was made up. */
  concealed: number;
}

/** Participant id to link: whole; absent is not known yet. */
export interface Links {
  links: Record<string, Link>;
}

/** The host wants each frame twice, or no longer: the page that carries the voice makes another offer. */
export interface Protect {
  on: boolean;
}

/** Where files go on this computer. */
export interface Folders {
  recordings: string;
  downloads: string;
}

export type FileStatus = 'loading' | 'offered' | 'waiting' | 'moving' | 'done' | 'declined' | 'gone' | 'failed';

/** A file of ours on its way to one person. */
export interface FileTo {
  id: string;
  name: string;
  state: FileStatus;
  moved: number;
}

/** A file that was offered in the room. Its name is from a stranger: never markup. */
export interface RoomFile {
  id: string;
  /** ms since 1970 */
  at: number;
  from: string;
  by: string;
  /** We offer it. */
  mine: boolean;
  name: string;
  size: number;
  state: FileStatus;
  /** Bytes so far; of ours, to the app. */
  moved: number;
  /** Why it failed, when that is known. */
  code?: Code;
  to?: FileTo[];
}

/** The files of a room, whole. */
export interface Files {
  room: string;
  files: RoomFile[];
}

/** What this app records now. */
export interface Recording {
  folder: string;
  /** ms since 1970 */
  since: number;
}

/** One message of a room's chat. Its text and name are from strangers: never markup. */
export interface ChatMessage {
  /** From 1, without gaps: the host's order is everybody's. */
  n: number;
  /** ms since 1970 on the host's clock. */
  at: number;
  /** Participant id, perhaps of somebody who has left. */
  from: string;
  /** The sender's then. */
  name: string;
  text: string;
  /** The sender's own. */
  tag?: string;
  /** The sender was a guest. */
  guest?: boolean;
}

/** What was written in a room. */
export interface Chat {
  /** Id of the room. */
  room: string;
  messages: ChatMessage[];
  /** It was written before we came. */
  earlier: boolean;
}

/** What this page's receivers measured since its last report. */
export interface Report {
  received: number;
  lost: number;
  concealed: number;
  bufferMillis: number;
}

/** What anybody on the LAN may know of a room. Names are never trusted and never markup. */
export interface RoomFacts {
  v: number;
  id: string;
  name: string;
  host: string;
  participants: number;
  /** The first eight names, in order of joining. */
  people: string[];
  capacity: number;
  /** K: how many recvonly audio m-lines an offer should have. */
  seats: number;
  pin: boolean;
  /** Nobody new enters. */
  locked?: boolean;
  /** Whoever is new has to be let in. */
  knock?: boolean;
  /** The first eight names of those who record. */
  recorders?: string[];
  epoch: number;
}

export interface Participant {
  id: string;
  name: string;
  /** Fingerprint of their installation's key, the same in every room; absent is not known. */
  key?: string;
  host?: boolean;
  /** Has no app and came by a browser. */
  guest?: boolean;
  /** Appointed by the host. */
  moderator?: boolean;
  muted?: boolean;
  /** Muted by the host or a moderator, beside their own wish. */
  silenced?: boolean;
  listener?: boolean;
  /** Hears nobody, by their own wish. */
  deafened?: boolean;
  /** Raised: the lower, the earlier; absent is not raised. Of somebody silenced it asks to be heard. */
  hand?: number;
  /** Keeps what it hears. */
  recording?: boolean;
  reconnecting?: boolean;
}

/** What holds in a room for everybody. Absent is false. */
export interface Rules {
  /** Nobody new enters. */
  locked?: boolean;
  /** Whoever is new has to be let in. */
  knock?: boolean;
  /** Nobody enters without a key. */
  noGuests?: boolean;
  noRecording?: boolean;
  /** People without the app may come by their browser, unless noGuests. */
  guests?: boolean;
  /** And need not be let in. */
  guestsFree?: boolean;
}

/** A key that may not enter the host's rooms. */
export interface Ban {
  key: string;
  name: string;
  by?: string;
  reason?: string;
  /** Unix time, s. */
  at?: number;
}

export interface Moderator {
  key: string;
  name: string;
}

/** Somebody who waits to be let in. */
export interface Knock {
  id: string;
  name: string;
  key?: string;
  /** Comes by a browser, without the app. */
  guest?: boolean;
}

/** What only the host and moderators see. */
export interface Desk {
  bans: Ban[];
  moderators: Moderator[];
  knocking: Knock[];
}

/** How a moderator muted us. reason is "" when they gave none. */
export interface Silenced {
  by: string;
  reason: string;
}

/** A Join that waits until somebody inside lets it in. */
export interface Waiting {
  /** That called it. */
  page: string;
}

export type Deed =
  | 'mute'
  | 'unmute'
  | 'lower'
  | 'remove'
  | 'ban'
  | 'unban'
  | 'admit'
  | 'refuse'
  | 'rule'
  | 'appoint'
  | 'dismiss'
  | 'end';

/** Something that the host or a moderator does (PROTOCOL, Moderation). */
export interface Moderation {
  do: Deed;
  id?: string;
  key?: string;
  reason?: string;
  rules?: Rules;
}

/** One thing to tell the user, until dismissed. */
export interface Notice {
  id: number;
  code: Code;
  detail: string;
  room: string;
  /** Name of the person who did it, if one did, and the reason they gave. */
  by?: string;
  reason?: string;
}

/** The room that this app hosts. */
export interface Hosting {
  roomId: string;
  name: string;
  invite: string;
  addresses: string[];
  /** That whoever enters has to know, to be told to them; "" when the room is open. */
  pin: string;
}

/** "reconnecting": Signal dropped and the app is resuming; audio may well go on. */
export type SessionStatus = 'joined' | 'reconnecting';

/** Our stay in one room. */
export interface Session {
  status: SessionStatus;
  /** Id of the page that carries the voice; another page only watches. */
  page: string;
  room: RoomFacts;
  invite: string;
  /** Our participant id. */
  you: string;
  rules: Rules;
  /** What only the host and moderators see; absent when we are neither. */
  desk?: Desk;
  /** How a moderator muted us; absent when none did. */
  silenced?: Silenced;
  participants: Participant[];
  /** The room receives our voice, by its own count; absent is not. */
  received?: boolean;
  /** Participant id of the i-th recvonly m-line, "" when empty. */
  seats: string[];
  /** Grows whenever media should look for a new way to the host (an ICE restart), whatever its connection says. */
  path?: number;
  /** We were away for longer than the host keeps a place: enter again, with a new offer and as before. */
  rejoin?: boolean;
  /** Of the host's key. */
  fingerprint: string;
  /** Its code was compared on this computer. */
  verified?: boolean;
  /** Participants whose names are not to be believed at once, by id. */
  looks?: Record<string, Look>;
  /** What we record; absent when we do not. */
  recording?: Recording;
}

/** What is to be known of a name: another one looks like it, or it mixes alphabets whose letters look alike. */
export type Look = 'twin' | 'mixed';

/** What is known of the key of a room's host: nothing yet, joined before, its code was compared, or another one was known. */
export type Trust = 'known' | 'verified' | 'changed';

/** A host that is remembered. Times are RFC 3339, "" is never. */
export interface KnownHost {
  fingerprint: string;
  /** Names as they were the last time. */
  host: string;
  room: string;
  addresses: string[];
  first: string;
  joined: string;
  verified: string;
}

/** Which remembered host a room with another key looks like, and by what. */
export interface HostChange {
  by: 'room' | 'names' | 'address';
  known: KnownHost;
}

/** What people compare aloud: indices of the 64 symbols (session/code.ts). */
export interface HostCode {
  symbols: number[];
}

/** Everything a page needs to draw itself, but the rooms on the LAN. */
export interface State extends Settings {
  revision: number;
  abilities: Abilities;
  hosting: Hosting | null;
  session: Session | null;
  /** Our knock at a room; absent when we do not wait. */
  waiting?: Waiting;
  notices: Notice[];
  /** This page is a guest's, who has no app; no app says this. */
  guest?: true;
}

/** Whether a guest can enter the room: not known yet, yes, or why not. */
export type Door = 'asking' | 'open' | 'no_guests' | 'unreachable';

/** One room on the LAN that answers. */
export interface RoomListing {
  /** What Join takes; unique in the list. */
  ref: string;
  room: RoomFacts;
  address: string;
  fingerprint: string;
  rttMillis: number;
  /** This app hosts it. */
  mine: boolean;
  trust?: Trust;
  /** When trust is "changed". */
  changed?: HostChange;
  /** Of its name, among the rooms that are listed. */
  look?: Look;
}

/** What discovery is looking at, so that an empty list is never silent. */
export interface Search {
  interfaces: string[];
  problem: '' | 'no_network' | 'no_multicast';
  /** More rooms are advertised than are looked at: some may be left out. */
  crowded: boolean;
}

export interface RoomList {
  revision: number;
  rooms: RoomListing[];
  search: Search;
  /** Of a guest's page alone, which knows one room. */
  door?: Door;
}

/** Participant id to dBov, -127 (silence) to 0 (loudest). Absent is silent. */
export interface Levels {
  levels: Record<string, number>;
}

export interface JoinRequest {
  /** RoomListing.ref, an invite, or host:port. */
  room: string;
  /** Id of the page that carries the voice. */
  page: string;
  /** SDP: one sendonly audio m-line, then RoomFacts.seats recvonly ones; or "", see seats. */
  offer: string;
  muted: boolean;
  listener: boolean;
  deafened: boolean;
  /** Of the room; "" when it has none, or when it is the room that we are in. */
  pin: string;
  /** Without an offer: the app makes the connection itself, with that many seats. Restart has no offer then either. */
  seats?: number;
  /** Fingerprint of a key that is taken for the room's although another was known; else that is host_changed. */
  accept?: string;
}

export interface JoinReply {
  answer: string;
  /** ws://…: where this page's Opus goes if the app made the connection. */
  voice?: string;
  session: Session;
}

/** One trickled ICE candidate of the page. */
export interface Candidate {
  candidate: string;
  mid: string;
}

/** What the page says of its microphone and its ears. */
export interface Voice {
  muted: boolean;
  listener: boolean;
  deafened: boolean;
}

/** The offers of two connections, each with a sendonly m-line and a recvonly one. */
export interface CheckRequest {
  page: string;
  /** Of the one that is heard by the other. */
  speaking: string;
  hearing: string;
}

/** The app's sound card (app/card.go). */
export interface SoundCard {
  /** ws://…, where sound comes and goes; '' where the page has its own. */
  url: string;
  devices: SoundDevices;
}

export interface SoundDevices {
  microphones: SoundDevice[];
  speakers: SoundDevice[];
}

export interface SoundDevice {
  id: string;
  /** For people; what is remembered. */
  name: string;
  /** The system's. */
  default: boolean;
}

export interface CheckReply {
  speaking: string;
  hearing: string;
  /** ws://…, as in JoinReply, for a request without offers. */
  voice?: string;
}

/** Where a room was opened outside the window. browser is "" for the default browser. */
export interface Opened {
  browser: string;
}

/** A room's invite in every form it is given away in. */
export interface InviteCard {
  link: string;
  /** The short text, to be read aloud or typed; "" where there can be none. */
  code: string;
  /** The modules of the link's QR code, row by row: "1" is dark. Without a quiet zone. */
  qr: string[];
  /** For people without the app, where we host the room. */
  guests?: GuestCard;
}

/** Leads a browser to the room that we host, where its rules let guests come. */
export interface GuestCard {
  /** https://… */
  link: string;
  qr: string[];
  /** SHA-256 fingerprint of the certificate that the browser is shown, as browsers show it. */
  certificate: string;
  /** It is the organisation's, which browsers do not warn of. */
  trusted: boolean;
}

/** What an interface most likely is (internal/lan). */
export type InterfaceKind = 'ethernet' | 'wifi' | 'vpn' | 'virtual' | 'loopback';

/** How multicast, by which rooms are found, fares on an interface. "silent": not even our own came back. */
export type Multicast = 'works' | 'silent' | 'not_sent' | 'unused';

/** One network interface, as the doctor saw it. */
export interface InterfaceCheck {
  name: string;
  kind: InterfaceKind;
  /** IP/BITS */
  addresses: string[];
  up: boolean;
  /** Rooms are looked for on it. */
  used: boolean;
  multicast: Multicast;
  /** Other computers with Earshot heard on it lately. */
  apps: number;
  rooms: number;
}

export type Answer = 'yes' | 'no' | 'unknown';

/** Whether other computers get through to a room on this one, proved by another app that dialled back. */
export interface Reach {
  port: number;
  tcp: Answer;
  udp: Answer;
  /** Who dialled back; "" when nobody could be asked. */
  by: string;
}

/** Whether there is something to speak into and something to hear from. */
export interface SoundCheck {
  microphone: Answer;
  speaker: Answer;
}

export type FindingLevel = 'problem' | 'warning' | 'note' | 'good';

/** Codes of findings (app/doctor/report.go). */
export type FindingCode =
  | 'all_well'
  | 'no_network'
  | 'only_virtual'
  | 'vpn_up'
  | 'multicast_blocked'
  | 'multicast_not_possible'
  | 'nobody_heard'
  | 'apps_without_rooms'
  | 'room_silent'
  | 'unheard'
  | 'not_heard_by_others'
  | 'tcp_blocked'
  | 'udp_blocked'
  | 'reachable'
  | 'nobody_to_ask'
  | 'port_taken'
  | 'crowded'
  | 'firewall_blocks'
  | 'firewall_on'
  | 'public_network'
  | 'local_network_denied'
  | 'no_microphone'
  | 'no_speaker'
  | 'microphone_denied';

/** What Act does for the user; the page does copy_command, join_by_address and start_room itself. */
export type FindingAction =
  | ''
  | 'copy_command'
  | 'open_firewall'
  | 'allow_in_firewall'
  | 'open_network'
  | 'open_local_network'
  | 'open_microphone'
  | 'open_sound'
  | 'join_by_address'
  | 'start_room';

/** One thing that the doctor found. A newer app may send a code that is not listed. */
export interface Finding {
  code: FindingCode;
  level: FindingLevel;
  params?: Record<string, string>;
  action?: FindingAction;
}

/** What the doctor found out about this computer and its networks (app/doctor: Report). */
export interface Examination {
  interfaces: InterfaceCheck[];
  reach: Reach;
  sound: SoundCheck;
  /** Never empty; the likeliest reason that no room is found comes first. */
  findings: Finding[];
}

/** The bound methods of the app (app/methods.go). A refusal rejects with a {@link Problem}. */
export interface Methods {
  GetState(): Promise<State>;
  /** How a page without WebRTC is to carry its voice, '' when it is to open rooms in a browser instead. */
  GetVoiceWay(): Promise<VoiceWay | ''>;
  /** Call it once `devices` is listened to. */
  GetSoundCard(): Promise<SoundCard>;
  GetRooms(): Promise<RoomList>;
  /** Puts the fields of change into a section of the settings; the others stay. */
  ChangeSettings<S extends keyof Settings>(section: S, change: Partial<Settings[S]>): Promise<void>;
  /** All but the user's name become those of a new installation. The file is put aside. */
  ResetSettings(): Promise<void>;
  StartRoom(name: string, pin: string): Promise<RoomListing>;
  EndRoom(): Promise<void>;
  Look(ref: string): Promise<RoomListing>;
  Join(request: JoinRequest): Promise<JoinReply>;
  AddCandidate(candidate: Candidate): Promise<void>;
  Restart(offer: string): Promise<string>;
  SetVoice(voice: Voice): Promise<void>;
  RaiseHand(up: boolean): Promise<void>;
  Report(report: Report): Promise<void>;
  /** Resolves when the message is there for everybody. After "lost" it may be said again with the same tag. */
  Say(text: string, tag: string): Promise<void>;
  GetChat(): Promise<Chat>;
  /** Resolves when it records and everybody is told. */
  StartRecording(): Promise<void>;
  StopRecording(): Promise<void>;
  ShowRecordings(): Promise<void>;
  GetFiles(): Promise<Files>;
  /** Begins to offer a file; to is a participant id, or "" for everybody. Its bytes follow by PutFile. */
  OfferFile(name: string, size: number, to: string): Promise<string>;
  /** At most 128 KiB, as base64. Resolves when there is room for the next piece; the last one when the file is offered. */
  PutFile(id: string, piece: string): Promise<void>;
  AnswerFile(id: string, take: boolean): Promise<void>;
  CancelFile(id: string): Promise<void>;
  ShowDownloads(): Promise<void>;
  /** Opens a web address in the system's browser. */
  OpenLink(url: string): Promise<void>;
  Leave(): Promise<void>;
  /** A room for this page alone, until EndCheck: what one connection says, the other hears. */
  StartCheck(request: CheckRequest): Promise<CheckReply>;
  EndCheck(): Promise<void>;
  Moderate(moderation: Moderation): Promise<void>;
  /** Takes our knock back: the Join that waits is refused with "left". */
  StopWaiting(): Promise<void>;
  Dismiss(id: number): Promise<void>;
  OpenInBrowser(ref: string): Promise<Opened>;
  TakeInvite(): Promise<string>;
  InviteCard(ref: string): Promise<InviteCard>;
  Licences(): Promise<string>;
  GetHosts(): Promise<KnownHost[]>;
  /** All of them when the list is empty. */
  ForgetHosts(fingerprints: string[]): Promise<void>;
  HostCode(fingerprint: string): Promise<HostCode>;
  SetVerified(fingerprint: string, verified: boolean): Promise<void>;
  /** What SaveDiagnostics will save. It takes seconds. */
  GetDiagnostics(userAgent: string): Promise<Diagnostics>;
  /** Asks in the window where to; resolves to whether it was saved. "unsupported" in a browser. */
  SaveDiagnostics(): Promise<boolean>;
  /** "unsupported" in a browser, where the page does it. */
  Notify(notification: Notification): Promise<void>;
  MiniWindow(on: boolean): Promise<void>;
  /** Answers `close`. */
  CloseWindow(hide: boolean): Promise<void>;
  Examine(): Promise<Examination>;
  Act(action: FindingAction): Promise<void>;
}

/**
 * What a page can listen to. All but `link` come from the app; `link` is the page's own word on whether
 * the app is there: "down" means it has been out of reach for longer than a hiccup.
 */
export interface Events {
  state: State;
  rooms: RoomList;
  levels: Levels;
  links: Links;
  protect: Protect;
  chat: Chat;
  files: Files;
  hotkey: Hotkey;
  /** Only where GetSoundCard has a url. */
  devices: SoundDevices;
  /** The window was closed in the middle of a call: its page asks what is meant. */
  close: null;
  /** The system asked to open an invite: the page of the window calls TakeInvite. */
  invite: null;
  link: 'up' | 'down';
}

/** The app as a page sees it, whichever way it is reached. */
export interface AppApi extends Methods {
  /** Calls fn for every event until the returned function is called. */
  on<E extends keyof Events>(event: E, fn: (payload: Events[E]) => void): () => void;
}

/** A refusal with a stable code. detail is for developers; users read the sentence of the code. */
export class Problem extends Error {
  constructor(
    readonly code: Code,
    readonly detail = '',
    /** Name of the person who did it, and the reason they gave. */
    readonly by?: string,
    readonly reason?: string,
  ) {
    super(detail === '' ? code : `${code}: ${detail}`);
    this.name = 'Problem';
  }
}

/** Returns whatever was thrown or sent as a Problem; without a code of its own it is "internal". */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string') {
    const detail = 'detail' in thrown && typeof thrown.detail === 'string' ? thrown.detail : '';
    return new Problem(thrown.code as Code, detail, wordOf(thrown, 'by'), wordOf(thrown, 'reason'));
  }
  return new Problem('internal', thrown instanceof Error ? thrown.message : String(thrown));
}

function wordOf(thrown: object, key: string): string | undefined {
  const word = (thrown as Record<string, unknown>)[key];
  return typeof word === 'string' && word !== '' ? word : undefined;
}
