/** Finding a room among many. */
import type { RoomListing } from '../app/api';

/** The rooms whose name, host or one of whose people has every word of the wish in it, in their order. */
export function matching(rooms: readonly RoomListing[], wish: string): readonly RoomListing[] {
  const words = folded(wish).split(/\s+/).filter(Boolean);
  if (words.length === 0) return rooms;
  return rooms.filter(({ room }) => {
    const text = folded([room.name, room.host, ...room.people].join('\n'));
    return words.every((word) => text.includes(word));
  });
}

function folded(text: string): string {
  return text.normalize('NFC').toLocaleLowerCase();
}
