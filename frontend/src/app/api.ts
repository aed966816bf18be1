/**
 * The whole language between this page and the app: a mirror of app/api.go and of the parts of sfu/signal that reach a
 * page. A change there is a change here; test/contract.test.ts compares both through docs/PROTOCOL.md.
 */
import type { Examination, FindingAction } from './examination';
import type { Code } from './problem';
import type { HostCode, InviteCard, KnownHost, RoomList, RoomListing } from './rooms';
import type { Moderation, Waiting } from './rules';
import type {
  Candidate,
  Chat,
  Files,
  JoinReply,
  JoinRequest,
  Levels,
  Links,
  Protect,
  Report,
  Session,
  Voice,
} from './session';
import type { Settings, Shortcuts } from './settings';

export type * from './examination';
export * from './problem';
export type * from './rooms';
export type * from './rules';
export type * from './session';
export type * from './settings';

/** How a page without WebRTC carries its voice: the app plays and records, or the page by its own means. */
export type VoiceWay = 'card' | 'loopback';

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

export type HotkeyAction = 'mute.toggle' | 'deafen.toggle' | 'hand.toggle' | 'talk.press' | 'talk.release';

/** A key that works everywhere was pressed or released. */
export interface Hotkey {
  action: HotkeyAction;
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
