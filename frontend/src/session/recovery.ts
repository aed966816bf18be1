import type { SessionStatus } from '../app/api';
import type { MediaState } from './transport';

/** Milliseconds an interrupted connection gets to heal by itself; ICE's own checks mend most within one. */
const healWithin = 2000;
/** Milliseconds after which a restart that changed nothing is tried again. */
const again = 5000;

/**
 * Decides when to look for a new way to the host. A restart needs Signal, so while the app is resuming that, it waits;
 * when Signal is back and the media is not, that is the moment the network has returned.
 */
export class Recovery {
  private media: MediaState = 'closed';
  private status: SessionStatus = 'joined';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;

  constructor(private readonly restart: () => Promise<void>) {}

  mediaIs(media: MediaState): void {
    this.media = media;
    switch (media) {
      case 'connected':
        this.cancel();
        break;
      case 'closed':
        this.status = 'joined';
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

  statusIs(status: SessionStatus): void {
    const resumed = this.status === 'reconnecting' && status === 'joined';
    this.status = status;
    if (resumed && this.media !== 'connected' && this.media !== 'closed') this.tryNow();
  }

  private tryNow(): void {
    this.cancel();
    if (this.running || this.status === 'reconnecting') return;
    this.running = true;
    this.restart()
      // Not possible now: the attempt below follows, unless the stay ends first.
      .catch(() => undefined)
      .finally(() => {
        this.running = false;
        if (this.media !== 'connected' && this.media !== 'closed') this.tryIn(again);
      });
  }

  private tryIn(milliseconds: number): void {
    this.cancel();
    this.timer = setTimeout(() => this.tryNow(), milliseconds);
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
