/** What a guest chose, kept by the browser for this page: there is no app that would. */
import type { Settings } from './api';

const key = 'earshot.guest';

const fresh: Settings = {
  profile: { name: '', language: '', theme: '' },
  quality: { bitrate: 32_000, music: false, lowDelay: false },
  sound: { echo: true, noise: 'standard', gain: true, microphone: { name: '' }, speaker: { name: '' }, checked: true },
  network: { passOn: false },
  keys: {
    mode: 'open',
    window: { talk: 'Space', mute: 'KeyM', deafen: 'KeyD', hand: 'KeyH' },
    system: { talk: '', mute: '', deafen: '', hand: '' },
  },
  folders: { recordings: '', downloads: '' },
  people: { loudness: [] },
  desktop: { onClose: 'ask', doNotDisturb: false, startAtLogin: false },
  place: { width: 0, height: 0, x: 0, y: 0, maximised: false },
};

/** Those that are kept; of the rest there is nothing on a guest's page. */
const sections = ['profile', 'sound', 'people'] as const;

/** Returns what was kept. What cannot be read is as for somebody new. */
export function loadSettings(storage: Storage | undefined): Settings {
  let kept: unknown;
  try {
    kept = JSON.parse(storage?.getItem(key) ?? 'null');
  } catch {
    return fresh;
  }
  const settings = { ...fresh };
  for (const section of sections) Object.assign(settings, { [section]: like(fresh[section], field(kept, section)) });
  return settings;
}

/** Keeps them. A browser that keeps nothing keeps nothing. */
export function saveSettings(storage: Storage | undefined, settings: Settings): void {
  const kept = Object.fromEntries(sections.map((section) => [section, settings[section]]));
  try {
    storage?.setItem(key, JSON.stringify(kept));
  } catch {
    // full, or forbidden
  }
}

/** The fields of value that have the kind of those in example, and the example's where they do not. */
function like<T>(example: T, value: unknown): T {
  if (Array.isArray(example)) return (Array.isArray(value) ? value.slice(0, 100).filter(isLoudness) : example) as T;
  if (typeof example !== 'object' || example === null) return typeof value === typeof example ? (value as T) : example;
  const fields = Object.entries(example).map(([name, of]) => [name, like<unknown>(of, field(value, name))]);
  return Object.fromEntries(fields) as T;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isLoudness(value: unknown): boolean {
  return typeof field(value, 'name') === 'string' && typeof field(value, 'volume') === 'number';
}
