/** How loud each of the others is played here, which they do not learn of. */
import type { Loudness, Participant, People, Session } from '../app/api';

/** How many the settings keep (app/settings_people.go). */
const kept = 100;

/** How loud somebody is played: 100 % and not muted unless that was changed. */
export function loudnessOf({ loudness }: People, who: Participant): Pick<Loudness, 'volume' | 'muted'> {
  return loudness.find((one) => is(one, who)) ?? { volume: 100 };
}

/** The settings with somebody's loudness in them; what is as it comes needs no place. */
export function withLoudness({ loudness }: People, who: Participant, volume: number, muted: boolean): People {
  const others = loudness.filter((one) => !is(one, who));
  if (volume === 100 && !muted) return { loudness: others };
  const one: Loudness = {
    ...(who.key !== undefined && { key: who.key }),
    name: who.name,
    volume,
    ...(muted && { muted }),
  };
  return { loudness: [...others, one].slice(-kept) };
}

/** Of each seat, how loud its speaker is played: 1 is as it comes. */
export function seatVolumes({ seats, participants }: Session, people: People): number[] {
  if (people.loudness.length === 0) return [];
  return seats.map((id) => {
    const who = participants.find((participant) => participant.id === id);
    const { volume, muted = false } = who ? loudnessOf(people, who) : { volume: 100 };
    return muted ? 0 : volume / 100;
  });
}

/** The same key, or the same name without any. */
function is(one: Loudness, who: Participant): boolean {
  return one.key === who.key && (who.key !== undefined || one.name === who.name);
}
