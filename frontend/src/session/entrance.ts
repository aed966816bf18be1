/**
 * The way into a room: from a click, a link or an address to where the voice goes in. What the user is asked on it, a PIN, whether a changed
 * key is right, whether to be recorded, is in the view, and the answer is another join.
 */
import { asProblem, type AppApi, type Code, type RoomListing, type Session } from '../app/api';
import type { Place } from './place';
import type { Entry } from './stay';
import type { VoiceTransport } from './transport';
import type { View } from './view';

export interface EntranceOptions {
  app: AppApi;
  /** undefined where this page can carry no voice: rooms then open in a browser. */
  transport: VoiceTransport | undefined;
  /** A room to enter at once; see Connection. */
  join: string | undefined;
  /** Where this page was before it was reloaded. */
  place: Place | undefined;
  view: () => View;
  set: (change: Partial<View>) => void;
  tell: (thrown: unknown) => void;
  /** Takes the voice in. */
  enter: (transport: VoiceTransport, entry: Entry) => Promise<void>;
  /** A join is over, whatever came of it. */
  over: () => void;
}

export class Entrance {
  private joinAtOnce: string | undefined;
  private returnTo: string | undefined;
  /** Where this page was before it was reloaded, until we are in again or elsewhere. */
  private place: Place | undefined;
  private acceptedKey: string | undefined;

  constructor(private readonly options: EntranceOptions) {
    this.joinAtOnce = options.join;
    this.returnTo = options.place?.ref;
    this.place = options.place;
  }

  /** Fingerprint of a new key that the user takes for the right one of a room. */
  get accepted(): string | undefined {
    return this.acceptedKey;
  }

  async startRoom(name: string, pin = ''): Promise<void> {
    const { app, view, set, tell } = this.options;
    if (view().joining !== null) return;
    set({ joining: '' });
    let listing: RoomListing;
    try {
      listing = await app.StartRoom(name, pin);
    } catch (thrown) {
      tell(thrown);
      return;
    } finally {
      set({ joining: null });
    }
    await this.join(listing.ref, listing);
  }

  /**
   * Enters the room of a listing's ref, an invite or an address. The outcome is in the view: a room that has a PIN is
   * entered once that was given, by another join.
   */
  async join(ref: string, known?: RoomListing, pin = ''): Promise<boolean> {
    const { app, view, set, tell, enter, over } = this.options;
    if (view().joining !== null) return false;
    set({ joining: ref, leaving: false, changed: null, recorded: null });
    // What is in the list was chosen by its name; anything else that pins a key is an invite that somebody gave.
    const invited = this.listed(ref) === undefined && pinsKey(ref);
    let name = '';
    try {
      const listing = known ?? this.listed(ref) ?? (await app.Look(ref));
      const { room, mine } = listing;
      const transport = await this.ready(room.seats);
      if (!transport) {
        await this.openInBrowser(listing.ref); // the page there asks for a PIN
        return true;
      }
      ref = listing.ref;
      name = room.name;
      const back = this.place?.room === room.id ? this.place : undefined;
      // A card of the lobby has said of a recording before the click.
      const question = this.question(listing, { invited, told: known !== undefined || back !== undefined, pin });
      if (question) {
        set({ pin: null, ...question });
        return false;
      }
      const asks = room.knock === true && !mine;
      await enter(transport, { ref, seats: room.seats, wishes: back ?? { muted: false, deafened: false }, pin, asks });
      set({ pin: null });
      return true;
    } catch (thrown) {
      const { code } = asProblem(thrown);
      if (code === 'host_changed') await this.askAboutHost(ref, invited, thrown);
      else if (asksForPin(code)) set({ pin: { ref, room: name, trouble: code === 'pin_needed' ? undefined : code } });
      else {
        set({ pin: null });
        tell(thrown);
      }
      return false;
    } finally {
      set({ joining: null });
      over();
    }
  }

  /** Joins the room whose new key the user takes for the right one. */
  async acceptHost(): Promise<boolean> {
    const { changed } = this.options.view();
    if (!changed) return false;
    this.acceptedKey = changed.listing.fingerprint;
    return this.join(changed.listing.ref, changed.listing);
  }

  /** Closes the question about a new key, and stays outside. */
  declineHost(): void {
    this.options.set({ changed: null });
  }

  /** Closes the question whether to enter a room that is recorded, and stays outside. */
  forgetRecorded(): void {
    this.options.set({ recorded: null });
  }

  /** Closes the question for a PIN. */
  forgetPin(): void {
    this.options.set({ pin: null });
  }

  /** Takes our knock back; the join that waits for its answer ends. */
  stopWaiting(): void {
    this.options.app.StopWaiting().catch(this.options.tell);
  }

  /** Opens the room outside this window, once more where it is there; without a room, this page as it begins. */
  async openOutside(): Promise<void> {
    const { app, view, tell } = this.options;
    const { opened, state } = view();
    const ref = opened?.ref ?? state?.session?.invite;
    await (ref === undefined ? app.OpenInBrowser('') : this.openInBrowser(ref)).catch(tell);
  }

  /** The app has said where we are: goes, once, where this page was opened for or was before a reload. */
  follow(session: Session | null): void {
    if (session) this.place = undefined;
    const ref = this.joinAtOnce ?? (session ? undefined : this.returnTo);
    this.joinAtOnce = this.returnTo = undefined;
    // Also when another page carries the session: opening the link was the newer wish.
    const here = session?.page === this.options.view().page;
    if (ref !== undefined && !here) void this.join(ref);
  }

  /** What the user is to be asked before this room is entered, for the view. */
  private question(
    listing: RoomListing,
    { invited, told, pin }: { invited: boolean; told: boolean; pin: string },
  ): Partial<View> | undefined {
    const { ref, room, mine, changed, fingerprint } = listing;
    if (changed && this.acceptedKey !== fingerprint) return { changed: { listing, change: changed, invited } };
    if (mine || pin !== '') return undefined;
    if (room.recorders && !told) return { recorded: listing };
    if (room.pin) return { pin: { ref, room: room.name, trouble: undefined } };
    return undefined;
  }

  /** The app knows better than the list that we had: another key stands there by now. */
  private async askAboutHost(ref: string, invited: boolean, refusal: unknown): Promise<void> {
    const { app, set, tell } = this.options;
    const listing = await app.Look(ref).catch(() => undefined);
    if (listing?.changed) set({ pin: null, changed: { listing, change: listing.changed, invited } });
    else tell(refusal);
  }

  /** The transport, undefined in a window whose audio threads do not start. */
  private async ready(seats: number): Promise<VoiceTransport | undefined> {
    const { transport, view, set } = this.options;
    if (!view().optional) return transport;
    return transport?.prepare(seats).then(
      () => {
        set({ canTalk: true });
        return transport;
      },
      () => {
        set({ canTalk: false });
        return undefined;
      },
    );
  }

  private async openInBrowser(ref: string): Promise<void> {
    const { browser } = await this.options.app.OpenInBrowser(ref);
    this.options.set({ opened: { ref, browser } });
  }

  private listed(ref: string): RoomListing | undefined {
    return this.options.view().rooms?.rooms.find((room) => room.ref === ref);
  }
}

/** Whether a ref says which key its host has: a link with a fingerprint, or a short text. */
function pinsKey(ref: string): boolean {
  return /[?&]fp=|\bEAR[- ]?[0-9A-Z]{4}/i.test(ref);
}

/** Whether a refusal is one that another PIN may mend. */
function asksForPin(code: Code): boolean {
  return code === 'pin_needed' || code === 'wrong_pin' || code === 'pin_later' || code === 'bad_pin';
}
