/**
 * What the system asks to open: a link that was clicked, or an invite that the program was started with. Anybody may have
 * written it. The click was one on "Join", so the room is looked up and entered; whoever is in another room is asked first.
 * Nothing else ever follows from it.
 */
import type { AppApi, RoomListing } from '../app/api';
import type { RoomController } from './room';
import type { View } from './view';

/** A room that somebody in another one was invited to. */
export interface Invitation {
  /** Name of the room we are in. */
  readonly from: string;
  readonly hosting: boolean;
  readonly to: RoomListing;
}

export class Invitations {
  private asked: Invitation | null = null;
  private readonly watchers = new Set<(invitation: Invitation | null) => void>();
  private readonly cleanups: (() => void)[] = [];
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly app: Pick<AppApi, 'on' | 'TakeInvite' | 'Look'>,
    private readonly room: RoomController,
  ) {}

  get invitation(): Invitation | null {
    return this.asked;
  }

  subscribe(fn: (invitation: Invitation | null) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  /** Starts following the app, until stop. What was asked for before is taken at once. */
  start(): void {
    this.cleanups.push(this.app.on('invite', () => this.take()));
    this.take();
  }

  stop(): void {
    this.cleanups.splice(0).forEach((cleanup) => cleanup());
  }

  /** Leaves the room we are in and enters the one we are invited to. */
  async accept(): Promise<void> {
    const { asked } = this;
    if (!asked) return;
    this.set(null);
    if (this.room.view.state?.session) await this.room.leave();
    await this.when((view) => settled(view) && !view.state?.session);
    await this.room.entrance.join(asked.to.ref, asked.to);
  }

  decline(): void {
    this.set(null);
  }

  /** One invite after the other, in the order they came. */
  private take(): void {
    this.turn = this.turn.then(() => this.open()).catch((thrown: unknown) => this.room.tell(thrown));
  }

  private async open(): Promise<void> {
    // A room that is being entered or left comes first: then we know which one we are in.
    await this.when(settled);
    const ref = await this.app.TakeInvite();
    if (ref === '') return;
    this.set(null);
    await this.when(settled);
    const { state } = this.room.view;
    const session = state?.session;
    if (!session) {
      void this.room.entrance.join(ref); // tells by itself what is wrong with it
      return;
    }
    const to = await this.app.Look(ref);
    if (session.room.id === to.room.id) return;
    this.set({ from: session.room.name, hosting: state.hosting?.roomId === session.room.id, to });
  }

  /** Resolves once the view is as asked. */
  private when(fits: (view: View) => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (fits(this.room.view)) {
        resolve();
        return;
      }
      const stop = this.room.subscribe((view) => {
        if (!fits(view)) return;
        stop();
        resolve();
      });
    });
  }

  private set(invitation: Invitation | null): void {
    this.asked = invitation;
    this.watchers.forEach((fn) => fn(invitation));
  }
}

function settled({ state, joining, leaving }: View): boolean {
  return state !== null && joining === null && !leaving;
}
