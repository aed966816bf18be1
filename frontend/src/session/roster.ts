import type { Participant, Session } from '../app/api';

export interface Movement {
  kind: 'joined' | 'left';
  names: string[];
}

/** Who came and who went between two rosters, ourselves aside; at most one movement of each kind. */
export function movements(before: readonly Participant[], after: readonly Participant[], you: string): Movement[] {
  const missing = (from: readonly Participant[], other: readonly Participant[]) => {
    const ids = new Set(other.map((participant) => participant.id));
    return from.filter(({ id }) => id !== you && !ids.has(id)).map(({ name }) => name);
  };
  const all: Movement[] = [
    { kind: 'left', names: missing(before, after) },
    { kind: 'joined', names: missing(after, before) },
  ];
  return all.filter(({ names }) => names.length > 0);
}

/** Whether nobody hears us, and nobody records us. */
export function isAlone({ participants }: Session): boolean {
  return participants.length <= 1 && participants.every(({ recording }) => recording !== true);
}

/** Of each seat, whether its speaker is muted, by themselves or by a moderator. */
export function mutedSeats({ seats, participants }: Session): boolean[] {
  const muted = new Set(
    participants
      .filter((participant) => participant.muted === true || participant.silenced === true)
      .map(({ id }) => id),
  );
  return seats.map((id) => muted.has(id));
}

/** Of each seat, whether a moderator muted its speaker. */
export function silencedSeats({ seats, participants }: Session): boolean[] {
  const silenced = new Set(participants.filter((participant) => participant.silenced === true).map(({ id }) => id));
  return seats.map((id) => silenced.has(id));
}
