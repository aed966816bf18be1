/** Rooms as they are found, told apart by their hosts' keys, and invited to. */

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
