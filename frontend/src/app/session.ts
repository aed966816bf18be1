/** Our stay in a room: who is there, how well they are connected, and what they say, write and send. */
import type { Code } from './problem';
import type { Look, RoomFacts } from './rooms';
import type { Desk, Rules, Silenced } from './rules';

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
