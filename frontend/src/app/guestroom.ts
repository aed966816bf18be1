/**
 * A guest's stay in a room. A guest has no app: this page speaks Signal (docs/PROTOCOL.md, sections 2 and 3) with the host by itself,
 * over the one WebSocket that the host has for guests. What it knows of the room it keeps as a Session, like an app.
 */
import {
  Problem,
  type ChatMessage,
  type Code,
  type Events,
  type JoinRequest,
  type Link,
  type Participant,
  type Quality,
  type Report,
  type RoomFacts,
  type Rules,
  type Session,
  type Voice,
} from './api';
import type { GuestPass } from './guestpass';
import { objectIn } from './json';

/** Milliseconds between two beats, after which without any word the connection is dead, and that a page stood still itself. */
const beatEvery = 1000;
const deadAfter = 3000;
const stoodStill = 2500;
/** Milliseconds that a join and an offer may take; the host answers at once. */
const answerWithin = 5000;
/** Milliseconds between two tries to come back, and after which they end: the host keeps our place for 15 s, and our way in for 2 min more. */
const redialEvery = 700;
const patience = 135_000;
/** Messages of the chat that are kept for the page. */
const chatKept = 500;

/** The room at one revision. */
interface Snapshot {
  rev: number;
  facts: RoomFacts;
  rules: Rules;
  participants: Participant[];
  seats: string[];
}

/** What the host sends. Fields are looked at by the message's type. */
interface Message {
  type?: string;
  rev?: number;
  you?: string;
  resume?: string;
  answer?: string;
  room?: Snapshot;
  participant?: Participant;
  id?: string;
  seats?: string[];
  rules?: Rules;
  levels?: Record<string, number>;
  links?: Record<string, Link>;
  on?: boolean;
  by?: string;
  reason?: string;
  messages?: ChatMessage[];
  earlier?: boolean;
  code?: Code;
  detail?: string;
  re?: string;
}

export interface GuestRoomOptions {
  /** wss://… of the host's. */
  url: string;
  page: string;
  /** session or waiting is another. */
  onChange: () => void;
  /** The stay is over, and not by our wish. */
  onEnd: (problem: Problem, room: string) => void;
  emit: <E extends keyof Events>(event: E, payload: Events[E]) => void;
  /** Why no connection comes about: browsers do not tell. */
  why: () => Promise<Problem>;
  /** The way back, as the tab has it, and what to do with another. */
  pass: GuestPass | undefined;
  keep: (pass: GuestPass | undefined) => void;
  open?: (url: string) => WebSocket;
  now?: () => number;
}

interface Answer<T> {
  resolve: (value: T) => void;
  reject: (problem: Problem) => void;
}

export class GuestRoom {
  session: Session | null = null;
  /** We have knocked. */
  waiting = false;
  chat: ChatMessage[] = [];
  private readonly options: Required<GuestRoomOptions>;
  private socket: WebSocket | undefined;
  private rev = 0;
  private pass: GuestPass | undefined;
  private voice: Voice | undefined;
  private links: Record<string, Link> = {};
  private entering: (Answer<string> & { wishes: Pick<JoinRequest, 'muted' | 'deafened'> }) | undefined;
  private restarting: Answer<string> | undefined;
  private readonly saying = new Map<string, Answer<void>>();
  /** Since when an answer to a beat, and the host as a whole, is waited for. */
  private beatAt: number | undefined;
  private awayAt: number | undefined;
  private lastTick = 0;
  private ticking: ReturnType<typeof setInterval> | undefined;
  private redialling: ReturnType<typeof setTimeout> | undefined;
  private late: ReturnType<typeof setTimeout> | undefined;

  constructor(options: GuestRoomOptions) {
    this.options = { open: (url) => new WebSocket(url), now: () => performance.now(), ...options };
    this.pass = options.pass;
  }

  /** We can come back without asking. */
  get returns(): boolean {
    return this.pass !== undefined;
  }

  /** Enters, comes back, or knocks and waits for what becomes of it. Resolves to the answer to the offer. */
  join(name: string, quality: Quality, request: JoinRequest): Promise<string> {
    if (this.session?.rejoin) {
      if (this.isTooLate()) {
        this.end(new Problem('lost'));
        return Promise.reject(new Problem('lost'));
      }
      this.hangUp();
      this.failed(new Problem('lost'));
    } else this.gone();
    const { offer, muted, listener, deafened, pin } = request;
    return new Promise((resolve, reject) => {
      this.entering = { resolve, reject, wishes: { muted, deafened } };
      this.expect(() => this.failed(new Problem('unreachable')));
      const way = { ...(this.pass && { resume: this.pass.token }), ...(pin !== '' && { pin }) };
      this.dial({ type: 'join', v: 1, name, offer, muted, listener, deafened, quality, ...way });
    });
  }

  /** Leaves for good, or takes our knock back. */
  leave(): void {
    this.gone();
    this.keep(undefined);
  }

  /** Leaves, and may come back: the page goes, perhaps to be loaded anew. */
  gone(): void {
    this.send({ type: 'leave' });
    this.hangUp();
    this.failed(new Problem('left'));
    this.over();
  }

  say(text: string, tag: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.joined()) reject(new Problem('lost'));
      else {
        this.saying.set(tag, { resolve, reject });
        this.send({ type: 'say', text, tag });
      }
    });
  }

  setVoice(voice: Voice): void {
    this.voice = voice;
    const { muted, deafened } = voice;
    if (this.pass) this.keep({ ...this.pass, muted, deafened });
    this.send({ type: 'update', ...voice });
  }

  raiseHand(up: boolean): void {
    this.send({ type: 'update', hand: up });
  }

  report(report: Report): void {
    this.send({ type: 'report', ...report });
  }

  candidate(candidate: { candidate: string; mid: string }): void {
    this.send({ type: 'candidate', ...candidate });
  }

  /** Another offer on the same connection; one at a time. */
  restart(offer: string, quality: Quality): Promise<string> {
    return new Promise((resolve, reject) => {
      if (!this.joined() || this.restarting) {
        reject(new Problem('lost'));
        return;
      }
      const asked = { resolve, reject };
      this.restarting = asked;
      setTimeout(() => {
        if (this.restarting === asked) this.restarted(new Problem('lost'));
      }, answerWithin);
      this.send({ type: 'restart', offer, quality });
    });
  }

  private joined(): boolean {
    return this.session?.status === 'joined';
  }

  private dial(first: object): void {
    const socket = this.options.open(this.options.url);
    this.socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      socket.send(JSON.stringify(first));
      this.beatAt = undefined;
      this.lastTick = this.options.now();
      this.ticking = setInterval(() => this.tick(), beatEvery);
    };
    socket.onmessage = (event) => {
      this.beatAt = undefined;
      const message: Message | undefined = objectIn(event.data);
      if (message && socket === this.socket) this.read(message);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.closed(opened);
    };
  }

  private hangUp(): void {
    clearInterval(this.ticking);
    clearTimeout(this.redialling);
    const { socket } = this;
    this.socket = undefined; // whatever it says from now on is nobody's
    socket?.close();
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** A page cannot ping, so it asks for a word and notices when none comes. */
  private tick(): void {
    const now = this.options.now();
    const slept = now - this.lastTick > stoodStill; // what came meanwhile waits to be read
    this.lastTick = now;
    if (this.beatAt === undefined || slept) {
      this.beatAt = now;
      this.send({ type: 'beat' });
    } else if (now - this.beatAt >= deadAfter) {
      this.hangUp();
      this.closed(true);
    }
  }

  private closed(opened: boolean): void {
    this.hangUp();
    this.refuse(new Problem('lost'));
    if (this.entering) {
      const { entering } = this;
      if (opened) this.failed(new Problem('lost'));
      else
        void this.options.why().then((problem) => {
          if (this.entering !== entering) return;
          this.failed(problem);
          if (this.session && problem.code === 'no_guests') this.end(problem);
        });
    } else if (this.session) this.comeBack();
  }

  /** Dials again until the host answers, or says that our place is gone, or it takes too long. */
  private comeBack(): void {
    const now = this.options.now();
    this.awayAt ??= now;
    if (this.isTooLate()) {
      this.end(new Problem('lost'));
      return;
    }
    this.change({ status: 'reconnecting' });
    this.redialling = setTimeout(
      () => {
        this.expect(() => {
          this.hangUp();
          this.comeBack();
        });
        this.dial({ type: 'join', v: 1, resume: this.pass?.token ?? '', chat: this.chat.at(-1)?.n ?? 0 });
      },
      now === this.awayAt ? 0 : redialEvery,
    );
  }

  private isTooLate(): boolean {
    return this.awayAt !== undefined && this.options.now() - this.awayAt > patience;
  }

  private expect(otherwise: () => void): void {
    clearTimeout(this.late);
    this.late = setTimeout(otherwise, answerWithin);
  }

  private failed(problem: Problem): void {
    const { entering } = this;
    this.entering = undefined;
    clearTimeout(this.late);
    if (!entering) return;
    this.hangUp();
    if (this.waiting) {
      this.waiting = false;
      this.options.onChange();
    }
    entering.reject(problem);
  }

  private refuse(problem: Problem): void {
    this.restarted(problem);
    for (const one of this.saying.values()) one.reject(problem);
    this.saying.clear();
  }

  private restarted(answer: string | Problem): void {
    const { restarting } = this;
    this.restarting = undefined;
    if (answer instanceof Problem) restarting?.reject(answer);
    else restarting?.resolve(answer);
  }

  /** Forgets the stay. */
  private over(): void {
    clearTimeout(this.late);
    this.refuse(new Problem('lost'));
    this.awayAt = undefined;
    this.voice = undefined;
    if (!this.session) return;
    this.session = null;
    this.options.onChange();
  }

  private end(problem: Problem): void {
    const room = this.session?.room.name ?? '';
    this.keep(undefined);
    this.hangUp();
    this.over();
    this.options.onEnd(problem, room);
  }

  private keep(pass: GuestPass | undefined): void {
    this.pass = pass;
    this.options.keep(pass);
  }

  private change(change: Partial<Session>): void {
    if (!this.session) return;
    this.session = { ...this.session, ...change };
    this.options.onChange();
  }

  private read(message: Message): void {
    switch (message.type ?? '') {
      case 'waiting':
        clearTimeout(this.late);
        this.waiting = true;
        this.options.onChange();
        break;
      case 'welcome':
        this.welcome(message);
        break;
      case 'bye':
        this.bye(problemOf(message));
        break;
      case 'error':
        this.refused(message);
        break;
      case 'restarted':
        this.restarted(message.answer ?? '');
        break;
      case 'snapshot':
        if (message.room) this.take(message.room);
        break;
      case 'joined':
      case 'updated':
      case 'left':
      case 'seats':
      case 'ruled':
        this.changed(message);
        break;
      case 'levels':
        this.options.emit('levels', { levels: message.levels ?? {} });
        break;
      case 'links':
        this.links = { ...this.links, ...message.links };
        this.options.emit('links', { links: this.links });
        break;
      case 'protect':
        this.options.emit('protect', { on: message.on === true });
        break;
      case 'received':
        this.change({ received: message.on === true });
        break;
      case 'silenced':
        this.silenced(message);
        break;
      case 'chat':
        this.written(message.messages ?? [], message.earlier === true);
        break;
      default: // a beat, or what a newer host says
    }
  }

  private welcome({ you = '', resume = '', answer = '', room }: Message): void {
    if (!room) return;
    clearTimeout(this.late);
    const { entering, session } = this;
    if (entering) {
      this.entering = undefined;
      this.awayAt = undefined;
      this.waiting = false;
      this.chat = [];
      this.links = {};
      const { page } = this.options;
      this.session = {
        status: 'joined',
        page,
        room: room.facts,
        invite: guestRef,
        you,
        rules: {},
        participants: [],
        seats: [],
        fingerprint: '',
      };
      this.take(room);
      const { muted, deafened } = entering.wishes;
      this.keep({ page, token: resume, room: room.facts.id, muted, deafened });
      entering.resolve(answer);
      return;
    }
    if (!session) return;
    this.awayAt = undefined;
    // Media looks for a new way: the one of before may be gone as well.
    this.session = { ...session, status: 'joined', path: (session.path ?? 0) + 1 };
    this.take(room);
    if (this.voice) this.send({ type: 'update', ...this.voice });
  }

  private bye(problem: Problem): void {
    const { code } = problem;
    if (this.entering) {
      if (code === 'expired') this.keep(undefined);
      this.failed(problem);
      if (this.session) this.end(problem);
    } else if (this.session && code === 'expired') {
      // Our place is gone, and media with it: the page makes another offer.
      this.hangUp();
      this.awayAt ??= this.options.now();
      this.change({ status: 'reconnecting', rejoin: true });
    } else if (this.session) this.end(problem);
  }

  private refused(message: Message): void {
    const problem = problemOf(message);
    if (message.re === 'restart') this.restarted(problem);
    if (message.re !== 'say') return;
    const first = this.saying.entries().next().value;
    if (!first) return;
    this.saying.delete(first[0]);
    first[1].reject(problem);
  }

  private silenced({ on, by = '', reason = '' }: Message): void {
    if (!this.session) return;
    const session = { ...this.session };
    delete session.silenced;
    this.session = on === true ? { ...session, silenced: { by, reason } } : session;
    this.options.onChange();
  }

  private written(messages: ChatMessage[], earlier: boolean): void {
    const last = this.chat.at(-1)?.n ?? 0;
    const fresh = messages.filter(({ n }) => n > last);
    this.chat = [...this.chat, ...fresh].slice(-chatKept);
    for (const { tag = '' } of messages) {
      this.saying.get(tag)?.resolve();
      this.saying.delete(tag);
    }
    if (this.session) this.options.emit('chat', { room: this.session.room.id, messages: fresh, earlier });
  }

  private take({ rev, facts, rules, participants, seats }: Snapshot): void {
    this.rev = rev;
    this.change({ room: facts, rules, participants, seats });
  }

  /** Takes over a numbered change, or asks for everything when one before it is missing. */
  private changed(message: Message): void {
    const { session } = this;
    const rev = message.rev ?? 0;
    if (!session || rev <= this.rev) return;
    if (rev > this.rev + 1) {
      this.send({ type: 'sync' });
      return;
    }
    this.rev = rev;
    const next = applied(session, message);
    const people = next.participants.slice(0, 8).map(({ name }) => name);
    const recorders = next.participants.filter(({ recording }) => recording === true).map(({ name }) => name);
    const facts = { ...next.room, participants: next.participants.length, people };
    delete facts.recorders;
    this.change({ ...next, room: recorders.length > 0 ? { ...facts, recorders: recorders.slice(0, 8) } : facts });
  }
}

/** What a guest's page calls its one room. */
export const guestRef = 'guest';

function applied(session: Session, { type = '', participant, id, seats, rules }: Message): Session {
  const { participants } = session;
  switch (type) {
    case 'joined':
      return participant
        ? { ...session, participants: [...participants.filter((p) => p.id !== participant.id), participant] }
        : session;
    case 'updated':
      return participant
        ? { ...session, participants: participants.map((p) => (p.id === participant.id ? participant : p)) }
        : session;
    case 'left':
      return {
        ...session,
        participants: participants.filter((p) => p.id !== id),
        seats: session.seats.map((seat) => (seat === id ? '' : seat)),
      };
    case 'seats':
      return { ...session, seats: seats ?? session.seats };
    default:
      return { ...session, rules: rules ?? session.rules };
  }
}

function problemOf({ code = 'internal', detail = '', by, reason }: Message): Problem {
  return new Problem(code, detail, by, reason);
}
