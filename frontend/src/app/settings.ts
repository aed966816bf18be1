/** The settings (app/settings_*.go). */

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

/** Where files go on this computer. */
export interface Folders {
  recordings: string;
  downloads: string;
}
