/** Moderation: what holds in a room, and what the host and moderators do (docs/PROTOCOL.md). */

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
