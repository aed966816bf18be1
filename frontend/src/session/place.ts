/**
 * Where a page was when it went, for the page that a reload puts there. The app leaves the room when no page comes back
 * within seconds, and a browser that has stood still for longer than that would show the lobby in the middle of a call.
 */

const key = 'earshot.place';

/** Milliseconds for which a page is brought back by itself: a reload, not a tab that is opened again another day. */
const returnsWithin = 120_000;

/** A room and what we wished in it. */
export interface Place {
  /** The room's invite, and its id. */
  ref: string;
  room: string;
  muted: boolean;
  deafened: boolean;
}

export function keepPlace(storage: Storage, place: Place, now: number): void {
  storage.setItem(key, JSON.stringify({ ...place, at: now }));
}

/** The place that was kept a moment ago; it is forgotten. */
export function takePlace(storage: Storage, now: number): Place | undefined {
  const kept = storage.getItem(key);
  storage.removeItem(key);
  if (kept === null) return undefined;
  try {
    const { ref, room, muted, deafened, at } = JSON.parse(kept) as Partial<Place & { at: number }>;
    if (
      typeof ref !== 'string' ||
      typeof room !== 'string' ||
      typeof at !== 'number' ||
      now - at > returnsWithin ||
      at > now
    )
      return undefined;
    return { ref, room, muted: muted === true, deafened: deafened === true };
  } catch {
    return undefined;
  }
}
