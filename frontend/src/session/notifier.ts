/**
 * Tells a user who looks elsewhere what happened in the room: who came, who raises a hand, what was written, who asks to come in. The
 * app shows it by the system's means; in a browser the page does, if it is allowed to.
 */
import { asProblem, type AppApi, type Chat, type Session, type State } from '../app/api';

/** The sentences, in the user's language. */
export interface NotifierWords {
  joined: (names: string, room: string) => string;
  hand: (name: string) => string;
  message: (name: string, room: string) => string;
  knock: (name: string) => string;
  knockBody: (room: string) => string;
}

export interface NotifierOptions {
  app: AppApi;
  page: string;
  /** Whether the user looks at this page now. */
  looking: () => boolean;
  words: () => NotifierWords;
  list: (names: string[]) => string;
  /** Shows one by the browser's means; does nothing where that is not allowed. */
  show: (title: string, body: string) => void;
}

export class Notifier {
  private before: Session | undefined;
  private quiet = true;
  private readonly stops: (() => void)[] = [];

  constructor(private readonly options: NotifierOptions) {}

  start(): void {
    const { app } = this.options;
    this.stops.push(
      app.on('state', (state) => this.stateIs(state)),
      app.on('chat', (chat) => this.came(chat)),
    );
  }

  stop(): void {
    this.stops.splice(0).forEach((stop) => stop());
  }

  private stateIs({ session, desktop }: State): void {
    this.quiet = desktop.doNotDisturb;
    const mine = session?.page === this.options.page ? session : undefined;
    const { before } = this;
    this.before = mine;
    // What was there when we came, or came back, is no news.
    if (!mine || before?.you !== mine.you || before.status !== 'joined' || mine.status !== 'joined') return;
    const words = this.options.words();
    const room = mine.room.name;
    const known = new Map(before.participants.map((one) => [one.id, one]));
    const came = mine.participants.filter(({ id }) => !known.has(id));
    if (came.length > 0) this.tell(words.joined(this.options.list(came.map(({ name }) => name)), room));
    for (const { id, name, hand } of mine.participants) {
      if (id !== mine.you && hand !== undefined && known.has(id) && known.get(id)?.hand === undefined)
        this.tell(words.hand(name), room);
    }
    const waited = new Set(before.desk?.knocking.map(({ id }) => id));
    for (const { id, name } of mine.desk?.knocking ?? [])
      if (!waited.has(id)) this.tell(words.knock(name), words.knockBody(room));
  }

  private came({ room, messages, earlier }: Chat): void {
    const session = this.before;
    if (earlier || session?.room.id !== room) return;
    for (const { from, name, text } of messages)
      if (from !== session.you) this.tell(this.options.words().message(name, session.room.name), text);
  }

  private tell(title: string, body = ''): void {
    const { app, looking, show } = this.options;
    if (this.quiet || looking()) return;
    app.Notify({ title, body }).catch((thrown: unknown) => {
      if (asProblem(thrown).code === 'unsupported') show(title, body);
    });
  }
}
