/** The list of rooms from one event to the next. */
import type { RoomListing } from '../app/api';

/**
 * The listings of now, but those that say nothing new as the very objects of before: of 200 rooms one has changed, and only
 * that one is to be drawn again. The round trip counts in whole milliseconds, which is as fine as it is shown.
 */
export function kept(before: readonly RoomListing[], now: readonly RoomListing[]): RoomListing[] {
  const old = new Map(before.map((listing) => [listing.ref, listing]));
  return now.map((listing) => {
    const same = old.get(listing.ref);
    return same !== undefined && saying(same) === saying(listing) ? same : listing;
  });
}

function saying(listing: RoomListing): string {
  return JSON.stringify({ ...listing, rttMillis: Math.round(listing.rttMillis) });
}
