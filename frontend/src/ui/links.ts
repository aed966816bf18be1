/** Links as people read them. */
import type { Link, Participant } from '../app/api';

export interface Figures {
  roundTrip: string;
  up: string;
  down: string;
  jitter: string;
  concealed: string;
}

const none: Figures = { roundTrip: '–', up: '–', down: '–', jitter: '–', concealed: '–' };

/** The numbers of a link, no finer than anybody can use; of a lost one there are none. */
export function figuresOf(link: Link | undefined): Figures {
  if (!link || link.word === 'lost') return none;
  const { rttMillis, upLoss, downLoss, jitterMillis, concealed } = link;
  return {
    roundTrip: rttMillis === 0 ? '–' : milliseconds(rttMillis),
    up: percent(upLoss),
    down: percent(downLoss),
    jitter: milliseconds(jitterMillis),
    concealed: percent(concealed),
  };
}

/** Everybody with their link, the worst first, and among equals in the order of the room. Unknown ones come last. */
export function worstFirst(
  participants: readonly Participant[],
  links: Readonly<Record<string, Link>>,
): { participant: Participant; link: Link | undefined }[] {
  const order = ['lost', 'poor', 'fair', 'good'];
  const rank = (link: Link | undefined) => (link ? order.indexOf(link.word) : order.length);
  return participants
    .map((participant) => ({ participant, link: links[participant.id] }))
    .sort((a, b) => rank(a.link) - rank(b.link));
}

function milliseconds(value: number): string {
  return value < 1 ? '<1 ms' : `${value.toFixed(0)} ms`;
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}
