/**
 * Microphones and loudspeakers that come and go: which one to use now, and what to say about it. Plain functions over the lists
 * that the browser gives.
 *
 * A device is known by its name: ids change with the page's address. A microphone that was chosen is used whenever it is
 * there; loudspeakers never change to one that has just appeared, because the room might listen.
 */
import type { Device, Sound } from '../app/api';
import type { Cleaning } from '../audio/care';

export type DeviceKind = 'microphone' | 'speaker';

/** One that is there. */
export interface Found {
  id: string;
  name: string;
}

/** All of one kind, and which of them is the system's default; '' where the browser does not say. */
export interface Shelf {
  found: readonly Found[];
  usual: string;
}

export type Census = Record<DeviceKind, Shelf>;

/** Ids of those in use; '' leaves it to the system. */
export type InUse = Record<DeviceKind, string>;

/**
 * A sentence for the user. "gone": name is no longer there, now is in its place; "back": the chosen one is used again; "moved": the
 * system's default is another one; "offered": a loudspeaker has come that would be used by a click; "echo", "noise": it stays in the
 * microphone, because what takes it out could not be started.
 */
export interface Told {
  kind: DeviceKind;
  what: 'gone' | 'back' | 'moved' | 'offered' | Cleaning;
  name: string;
  /** '' where the browser does not say. */
  now: string;
}

/** How a change of the devices or of the wish turned out. */
export interface Turn {
  use: InUse;
  told: Told[];
  /** The system's default microphone is another one now: to be opened anew, although its id ('') is the same. */
  reopen: boolean;
}

/** Entries of Chromium that stand for another one. */
const stand = new Set(['default', 'communications']);

const nothing: Shelf = { found: [], usual: '' };
export const emptyCensus: Census = { microphone: nothing, speaker: nothing };

/** What is there, each device once. Before the microphone is allowed browsers give no names: then nothing is. */
export function census(list: readonly MediaDeviceInfo[]): Census {
  return { microphone: shelf(list, 'audioinput'), speaker: shelf(list, 'audiooutput') };
}

function shelf(list: readonly MediaDeviceInfo[], kind: MediaDeviceKind): Shelf {
  const all = list.filter((device) => device.kind === kind && device.deviceId !== '' && device.label !== '');
  const real = all.filter(({ deviceId }) => !stand.has(deviceId));
  const usual = all.find(({ deviceId }) => deviceId === 'default');
  // Its label is, in the user's language, "Default - " and that of the real one.
  const behind = usual && real.filter(({ label }) => usual.label.endsWith(label));
  const found = real.map(({ deviceId, label }) => ({ id: deviceId, name: label }));
  return {
    found,
    usual: (behind?.find(({ groupId }) => groupId === usual?.groupId) ?? behind?.[0])?.deviceId ?? '',
  };
}

/** Windows numbers a device that is plugged into another socket: "Microphone (2- Jabra)". */
function plain(name: string): string {
  return name.replace(/\(\d+- /, '(');
}

/** The device that is meant, if it is there. */
export function meant({ found }: Shelf, { name, id }: Device): Found | undefined {
  if (name === '') return undefined;
  return (
    found.find((each) => each.id === id && each.name === name) ??
    found.find((each) => each.name === name) ??
    found.find((each) => plain(each.name) === plain(name))
  );
}

/** The name of one in use, '' where it is not known. */
export function nameOf({ found, usual }: Shelf, id: string): string {
  return found.find((each) => each.id === (id === '' ? usual : id))?.name ?? '';
}

/** What is used by somebody who begins now, or who has just chosen. */
export function chosen(now: Census, sound: Sound): InUse {
  return {
    microphone: meant(now.microphone, sound.microphone)?.id ?? '',
    speaker: meant(now.speaker, sound.speaker)?.id ?? '',
  };
}

/** What a conversation begins with: the loudspeaker is held, because '' would follow the system to one that is plugged in later. */
export function held(now: Census, use: InUse): InUse {
  return { ...use, speaker: use.speaker === '' ? now.speaker.usual : use.speaker };
}

/** What to use after the devices have changed in a conversation. */
export function follow(before: Census, use: InUse, now: Census, sound: Sound): Turn {
  const told: Told[] = [];
  const microphone = followMicrophone(before.microphone, use.microphone, now.microphone, sound.microphone, told);
  const speaker = followSpeaker(before.speaker, use.speaker, now.speaker, sound.speaker, told);
  const byDefault = microphone === '' && use.microphone === '';
  return {
    use: { microphone, speaker },
    told,
    reopen: byDefault && before.microphone.usual !== '' && before.microphone.usual !== now.microphone.usual,
  };
}

const has = ({ found }: Shelf, id: string): boolean => found.some((each) => each.id === id);

function followMicrophone(before: Shelf, used: string, now: Shelf, wish: Device, told: Told[]): string {
  const kind = 'microphone';
  const wished = meant(now, wish)?.id ?? '';
  if (wished !== used) {
    const name = nameOf(now, wished);
    // A list without names was one before the microphone was allowed: then nothing has come back.
    if (wished !== '' && before.found.length > 0 && !has(before, wished))
      told.push({ kind, what: 'back', name, now: name });
    if (wished === '' && !has(now, used)) told.push({ kind, what: 'gone', name: nameOf(before, used), now: name });
    return wished;
  }
  if (used !== '' || before.usual === '' || before.usual === now.usual) return used;
  const gone = !has(now, before.usual);
  told.push({ kind, what: gone ? 'gone' : 'moved', name: nameOf(before, ''), now: nameOf(now, '') });
  return used;
}

function followSpeaker(before: Shelf, used: string, now: Shelf, wish: Device, told: Told[]): string {
  const kind = 'speaker';
  const real = used === '' ? before.usual : used;
  if (real !== '' && !has(now, real)) {
    // The system has chosen another one, which may have appeared just now; there is none to stay with.
    told.push({ kind, what: 'gone', name: nameOf(before, used), now: nameOf(now, '') });
    return now.usual;
  }
  const target = wish.name === '' ? now.usual : (meant(now, wish)?.id ?? '');
  // A list without names was one before the microphone was allowed: this one begins.
  if (before.found.length === 0) return target === '' ? now.usual : target;
  if (target === '' || target === real) return used === '' ? now.usual : used;
  const name = nameOf(now, target);
  if (!has(before, target)) told.push({ kind, what: 'offered', name, now: nameOf(now, real) });
  else if (wish.name === '' && before.usual !== now.usual && before.usual === real) {
    // It was there all the time: the user has changed the system's default.
    told.push({ kind, what: 'moved', name: nameOf(before, real), now: name });
    return target;
  }
  return used === '' ? real : used;
}
