import type { Code, HostChange, Link, RoomList, RoomListing, State } from '../app/api';
import type { Movement } from './roster';
import type { MediaState, MicrophoneTrouble } from './transport';

/** Where our microphone is: not in use, waiting for the user's word, open, or why not. */
export type MicrophoneState = 'off' | 'asking' | 'open' | MicrophoneTrouble;

/** Something that went wrong on this page, to tell once. */
export interface Trouble {
  id: number;
  code: Code;
  detail: string;
  by?: string | undefined;
  reason?: string | undefined;
}

/** Everything the screens show, but the levels. Each change is a new object. */
export interface View {
  /** This page's id. */
  readonly page: string;
  /** false in a window that cannot carry a voice: rooms then open in a browser. */
  readonly canTalk: boolean;
  /** Whether the user can choose that this window talks itself, which is on trial: a browser is the other way. */
  readonly optional: boolean;
  readonly link: 'up' | 'down';
  readonly state: State | null;
  readonly rooms: RoomList | null;
  /** The ref being joined, "" while a room is being started, null otherwise. */
  readonly joining: string | null;
  /** Between our wish to leave and the app's word that we left. */
  readonly leaving: boolean;
  /** The room whose PIN is asked for, and what was wrong with the last one (undefined: none was given yet). */
  readonly pin: { ref: string; room: string; trouble: Code | undefined } | null;
  /** The room that looks like a remembered one and has another key, while the user is asked whether to join it. */
  readonly changed: {
    readonly listing: RoomListing;
    readonly change: HostChange;
    /** An invite that names this very key was followed. */
    readonly invited: boolean;
  } | null;
  /** The room that is being recorded, while the user is asked whether to enter it. */
  readonly recorded: RoomListing | null;
  readonly media: MediaState;
  readonly microphone: MicrophoneState;
  /** By our own switch, or because we are deafened. */
  readonly muted: boolean;
  readonly deafened: boolean;
  /** The talk key is held, or was until a moment ago. */
  readonly pressing: boolean;
  /** We should have been heard for some time, and are not. */
  readonly overdue: boolean;
  /** We talk while we are muted. */
  readonly talksMuted: boolean;
  /** The browser waits for a click before it plays sound. */
  readonly soundBlocked: boolean;
  /** The sound system of this computer does not answer: nothing is heard and nothing is said. */
  readonly soundless: boolean;
  /** The room that was opened outside this window, and in which browser ("" is the default one). */
  readonly opened: { ref: string; browser: string } | null;
  /** How long sound waited here lately before it was played, ms; 0 is not measured yet. */
  readonly bufferMillis: number;
  /** How well everybody is connected, by participant id; absent is not known yet. */
  readonly links: Readonly<Record<string, Link>>;
  readonly movements: readonly Movement[];
  readonly troubles: readonly Trouble[];
}

/** The view before the app has said anything. */
export function firstView(page: string, canTalk: boolean, optional = false): View {
  return {
    page,
    canTalk,
    optional,
    link: 'up',
    state: null,
    rooms: null,
    joining: null,
    leaving: false,
    pin: null,
    changed: null,
    recorded: null,
    media: 'closed',
    microphone: 'off',
    muted: false,
    deafened: false,
    pressing: false,
    overdue: false,
    talksMuted: false,
    soundBlocked: false,
    soundless: false,
    opened: null,
    bufferMillis: 0,
    links: {},
    movements: [],
    troubles: [],
  };
}

export type Screen = 'loading' | 'lobby' | 'room' | 'elsewhere' | 'gone';

export function screenOf(view: View): Screen {
  if (view.link === 'down') return 'gone';
  if (!view.state) return 'loading';
  const { session } = view.state;
  if (session && !view.leaving) return session.page === view.page ? 'room' : 'elsewhere';
  return view.opened ? 'elsewhere' : 'lobby';
}
