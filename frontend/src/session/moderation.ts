/** What the host and moderators may do, and how it is asked for. Who is what, and what came of it, the app says (State). */
import { asProblem, type AppApi, type Deed, type Moderation as Wish, type Participant, type Session } from '../app/api';

export type Role = 'host' | 'moderator' | '';

/** What we are in the room. */
export function roleOf({ participants, you }: Session): Role {
  const us = participants.find(({ id }) => id === you);
  if (us?.host === true) return 'host';
  return us?.moderator === true ? 'moderator' : '';
}

/** Who has raised a hand, in the order of that. */
export function handsOf({ participants }: Session): Participant[] {
  return participants.filter(({ hand = 0 }) => hand > 0).sort((a, b) => (a.hand ?? 0) - (b.hand ?? 0));
}

/** What we may do to somebody, in the order it is offered. The host decides again: this only hides what is refused. */
export function deedsFor(session: Session, who: Participant): Deed[] {
  const role = roleOf(session);
  if (role === '' || who.host === true || who.id === session.you) return [];
  if (who.moderator === true && role !== 'host') return [];
  const deeds: Deed[] = [who.silenced === true ? 'unmute' : 'mute'];
  const known = who.key !== undefined;
  if (known && role === 'host') deeds.push(who.moderator === true ? 'dismiss' : 'appoint');
  if ((who.hand ?? 0) > 0) deeds.push('lower');
  deeds.push('remove');
  if (known) deeds.push('ban');
  return deeds;
}

/** Turns clicks into deeds and tells what was refused. */
export class Moderation {
  constructor(
    private readonly app: AppApi,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  /** Resolves to whether it was done. */
  async do(wish: Wish): Promise<boolean> {
    try {
      await this.app.Moderate(wish);
      return true;
    } catch (thrown) {
      // Another moderator was faster: what was wished for is so.
      if (asProblem(thrown).code !== 'already_so') this.tell(thrown);
      return false;
    }
  }
}
