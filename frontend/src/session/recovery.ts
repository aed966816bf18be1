import type { Session } from '../app/api';
import type { MediaState } from './transport';

/** Milliseconds an interrupted connection gets to heal by itself; ICE's own checks mend most within one. */
const healWithin = 2000;
/** Milliseconds after which a restart that changed nothing is tried again: at first, and after some tries. */
const again = 1000;
const lateAgain = 5000;
/** How many tries are made at the faster pace, and how many for a connection that claims to stand. */
const eager = 10;
/** Milliseconds after a restart at which a connection that stands is looked at: whether media took the new way. */
const lookAfter = 500;

/**
 * Decides when to look for a new way to the host. A restart needs Signal, so while the app is resuming that, it waits;
 * when Signal is back and the media is not, that is the moment the network has returned. When Signal took another path
 * (Session.path) the media is taken there at once: browsers notice a dead connection only after seconds, and with a
 * microphone open they do not look at new networks by themselves.
 */
export class Recovery {
  private media: MediaState = 'closed';
  private status: Session['status'] = 'joined';
  /** Of the path that the media is on; undefined before the session has said. */
  private path: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  /** A restart is wanted after the one that is running. */
  private wanted = false;
  private tries = 0;

  /** The second says whether media takes the way that the last restart found. */
  constructor(
    private readonly restart: () => Promise<void>,
    private readonly followed: () => Promise<boolean>,
  ) {}

  mediaIs(media: MediaState): void {
    this.media = media;
    switch (media) {
      case 'connected':
        this.tries = 0;
        this.cancel();
        break;
      case 'closed':
        this.status = 'joined';
        this.path = undefined;
        this.wanted = false;
        this.tries = 0;
        this.cancel();
        break;
      case 'interrupted':
        this.tryIn(healWithin);
        break;
      case 'failed':
        this.tryNow();
        break;
      case 'connecting':
        break;
    }
  }

  sessionIs({ status, path = 0 }: Pick<Session, 'status' | 'path'>): void {
    const resumed = this.status === 'reconnecting' && status === 'joined';
    this.status = status;
    if (status === 'reconnecting' || this.media === 'closed') return;
    const moved = this.path !== undefined && path !== this.path;
    this.path = path;
    if (moved) {
      this.tries = 0;
      this.tryNow();
    } else if (resumed && this.media !== 'connected') this.tryNow();
    else if (resumed && this.tries > 0) void this.look();
  }

  private tryNow(): void {
    this.cancel();
    if (this.status === 'reconnecting') return;
    if (this.running) {
      this.wanted = true;
      return;
    }
    this.running = true;
    this.tries++;
    this.restart()
      // Not possible now: the attempt below follows, unless the stay ends first.
      .catch(() => undefined)
      .finally(() => {
        this.running = false;
        if (this.media === 'closed') return;
        if (this.wanted) {
          this.wanted = false;
          this.tryNow();
        } else if (this.media !== 'connected') this.tryIn(this.tries < eager ? again : lateAgain);
        else if (this.tries < eager) this.in(lookAfter, () => void this.look());
      });
  }

  /** Tries again if media did not follow. A connection that claims to stand is not torn for ever. */
  private async look(): Promise<void> {
    const tries = this.tries;
    const followed = await this.followed().catch(() => true);
    if (followed || this.media !== 'connected' || this.running || this.tries !== tries) return;
    this.tryNow();
  }

  private tryIn(milliseconds: number): void {
    this.in(milliseconds, () => this.tryNow());
  }

  private in(milliseconds: number, what: () => void): void {
    this.cancel();
    this.timer = setTimeout(what, milliseconds);
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
