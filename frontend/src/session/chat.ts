/**
 * The room's chat as this page shows it: what came, in the host's order, and below it what we have written and is not there
 * for everybody yet. A message of ours that was lost on the way is sent again by itself, under the same tag, once the room is
 * back; the host shows it once.
 */
import { asProblem, type AppApi, type Chat as Chunk, type ChatMessage, type Code, type State } from '../app/api';

/** Bytes of UTF-8 that one message may have (sfu/signal: MaxChatText). */
export const longestText = 4000;

/** A message of ours that is on its way, or that the host refused. */
export interface Unsent {
  readonly tag: string;
  readonly text: string;
  /** Why it was refused; undefined while it is on its way. */
  readonly refused: Code | undefined;
}

export interface ChatView {
  readonly messages: readonly ChatMessage[];
  readonly unsent: readonly Unsent[];
  /** How many came from others since the chat was last looked at. */
  readonly unread: number;
}

const empty: ChatView = { messages: [], unsent: [], unread: 0 };

/** What is kept on the page, the oldest going first: as many as the app keeps. */
const kept = 500;

export class Chat {
  private current = empty;
  private room = '';
  private you = '';
  private looking = false;
  private readonly ours = new Set<string>();
  private readonly watchers = new Set<(view: ChatView) => void>();
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly app: AppApi,
    private readonly newTag: () => string = randomTag,
  ) {}

  get view(): ChatView {
    return this.current;
  }

  subscribe(fn: (view: ChatView) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  start(): void {
    this.stops.push(
      this.app.on('state', (state) => this.stateIs(state)),
      this.app.on('chat', (chunk) => this.came(chunk)),
    );
    this.app.GetState().then(
      (state) => this.stateIs(state),
      () => undefined, // it comes as an event once the app is there
    );
  }

  stop(): void {
    this.stops.splice(0).forEach((stop) => stop());
  }

  /** Whether the message is one of this page's. */
  isOurs({ from, tag }: ChatMessage): boolean {
    return from === this.you || (tag !== undefined && this.ours.has(tag));
  }

  /** Writes to the room. It is shown at once, as being on its way. */
  say(text: string): void {
    if (text.trim() === '') return;
    const tag = this.newTag();
    this.ours.add(tag);
    this.set({ unsent: [...this.current.unsent, { tag, text, refused: undefined }] });
    this.send(tag);
  }

  /** Sends a refused message again. */
  again(tag: string): void {
    this.mark(tag, undefined);
    this.send(tag);
  }

  /** Takes back a refused message and returns its text. */
  takeBack(tag: string): string {
    const text = this.current.unsent.find((one) => one.tag === tag)?.text ?? '';
    this.drop(tag);
    return text;
  }

  /** Says whether somebody is looking at the chat: what comes then is read. */
  look(looking: boolean): void {
    this.looking = looking;
    if (looking && this.current.unread > 0) this.set({ unread: 0 });
  }

  private stateIs({ session }: State): void {
    if (!session) {
      this.you = '';
      return;
    }
    if (session.room.id !== this.room) {
      this.room = session.room.id;
      this.ours.clear();
      this.set(empty);
    }
    if (session.status !== 'joined' || session.you === this.you) return;
    this.you = session.you;
    this.app.GetChat().then(
      (chunk) => this.came(chunk),
      () => undefined, // we have left again
    );
    // Sent into an outage that outlasted our place in the room.
    this.current.unsent.filter(({ refused }) => refused === undefined).forEach(({ tag }) => this.send(tag));
  }

  private came({ room, messages, earlier }: Chunk): void {
    if (room !== this.room) return;
    const tags = new Set(messages.map(({ tag }) => tag));
    const known = new Set(this.current.messages.map(({ n }) => n));
    const fresh = messages.filter(({ n }) => !known.has(n));
    // Whoever was here before and missed something has not read it.
    const news = earlier && known.size === 0 ? [] : fresh.filter((message) => !this.isOurs(message));
    this.set({
      messages: [...this.current.messages, ...fresh].sort((a, b) => a.n - b.n).slice(-kept),
      unsent: this.current.unsent.filter(({ tag }) => !tags.has(tag)),
      unread: this.looking ? 0 : this.current.unread + news.length,
    });
  }

  private send(tag: string): void {
    const one = this.current.unsent.find((unsent) => unsent.tag === tag);
    if (!one) return;
    this.app.Say(one.text, tag).then(
      () => undefined, // it has come, or comes at once
      (thrown: unknown) => {
        const { code } = asProblem(thrown);
        if (code !== 'lost') this.mark(tag, code);
        else setTimeout(() => this.send(tag), 1000);
      },
    );
  }

  private mark(tag: string, refused: Code | undefined): void {
    this.set({ unsent: this.current.unsent.map((one) => (one.tag === tag ? { ...one, refused } : one)) });
  }

  private drop(tag: string): void {
    this.set({ unsent: this.current.unsent.filter((one) => one.tag !== tag) });
  }

  private set(change: Partial<ChatView>): void {
    this.current = { ...this.current, ...change };
    this.watchers.forEach((fn) => fn(this.current));
  }
}

function randomTag(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A piece of a message: words, or a web address among them. */
export interface Piece {
  readonly text: string;
  /** Where it leads, if it is a link: http and https alone. */
  readonly href?: string;
}

/** Finds the web addresses in a message. What follows a sentence, and brackets around an address, are no part of it. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"“”「」]+/giu)) {
    const address = trimmed(match[0]);
    const href = webAddress(address);
    if (href === undefined) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

function trimmed(address: string): string {
  let short = address.replace(/[.,;:!?'’…。，、！？]+$/u, '');
  for (const [open, close] of ['()', '[]', '{}']) {
    if (open === undefined || close === undefined) continue;
    while (short.endsWith(close) && short.split(close).length > short.split(open).length) short = short.slice(0, -1);
  }
  return short === address ? short : trimmed(short);
}

/** The address as a browser understands it, or undefined when it does not, or when it holds a name and password. */
function webAddress(address: string): string | undefined {
  try {
    const url = new URL(address);
    const web = url.protocol === 'http:' || url.protocol === 'https:';
    return web && url.username === '' && url.password === '' ? url.href : undefined;
  } catch {
    return undefined;
  }
}
