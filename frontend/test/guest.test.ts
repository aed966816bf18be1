// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AppApi, State } from '../src/app/api';
import { guestApp, isGuestPage, type GuestApp } from '../src/app/guest';
import { facts, jieun, maya } from './fakes';

/** A host's end of a guest's WebSocket. */
class Socket {
  static all: Socket[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: () => void;
  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  breaks(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

const you = { ...jieun, guest: true };
const room = { rev: 7, facts: facts(), rules: {}, participants: [maya, you], seats: ['p1', ''] };
const welcome = { type: 'welcome', you: 'p2', resume: 'token', answer: 'v=0 answer', room };
const request = { room: 'guest', page: 'here', offer: 'v=0', muted: true, listener: false, deafened: false, pin: '' };

let app: AppApi;
let made: GuestApp;
let state: State;
let status = 200;
const last = () => Socket.all.at(-1) ?? new Socket('');
const kinds = (socket: Socket) => socket.sent.map(({ type }) => type);

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  status = 200;
  localStorage.clear();
  sessionStorage.clear();
  app = open();
});

function open(page = 'here'): AppApi {
  made = guestApp({
    page,
    host: '10.0.0.2:7788',
    storage: localStorage,
    session: sessionStorage,
    open: (url) => new Socket(url) as unknown as WebSocket,
    fetch: () => Promise.resolve(new Response(JSON.stringify(facts()), { status })),
  });
  made.app.on('state', (now) => (state = now));
  return made.app;
}

afterEach(() => vi.useRealTimers());

async function enter(): Promise<void> {
  const joined = app.Join(request);
  last().open();
  last().says(welcome);
  await joined;
}

it('knows its own page by the address alone', () => {
  const at = (href: string) => isGuestPage(new URL(href) as unknown as Location);
  expect(at('https://10.0.0.2:7788/guest/')).toBe(true);
  expect(at('http://127.0.0.1:7787/guest/')).toBe(false);
  expect(at('wails://wails/')).toBe(false);
});

it('asks to come in, waits, and is in the room when somebody says so', async () => {
  await app.ChangeSettings('profile', { name: 'Noor', language: '', theme: '' });
  const joined = app.Join({ ...request, pin: '4711' });
  expect(last().url).toBe('wss://10.0.0.2:7788/guest/signal');
  last().open();
  expect(last().sent[0]).toMatchObject({ type: 'join', v: 1, name: 'Noor', offer: 'v=0', muted: true, pin: '4711' });
  last().says({ type: 'waiting' });
  expect(state.waiting).toEqual({ page: 'here' });
  for (let i = 0; i < 60; i++) {
    vi.advanceTimersByTime(1000);
    last().says({ type: 'beat' });
  }
  last().says(welcome);
  expect((await joined).answer).toBe('v=0 answer');
  expect(state.waiting).toBeUndefined();
  expect(state.session).toMatchObject({ status: 'joined', you: 'p2', participants: [maya, you] });
  expect(state.guest).toBe(true);
});

it('says why it was not let in, and why no connection came about', async () => {
  const refused = app.Join(request);
  last().open();
  last().says({ type: 'bye', code: 'refused', by: 'Maya' });
  await expect(refused).rejects.toMatchObject({ code: 'refused', by: 'Maya' });
  status = 403;
  const shut = app.Join(request);
  last().breaks();
  await expect(shut).rejects.toMatchObject({ code: 'no_guests' });
  const given = app.Join(request);
  last().open();
  last().says({ type: 'waiting' });
  void app.StopWaiting();
  await expect(given).rejects.toMatchObject({ code: 'left' });
  expect(kinds(last())).toContain('leave');
  expect(state.waiting).toBeUndefined();
});

it('follows the room by its numbered changes, and asks for everything where one is missing', async () => {
  await enter();
  last().says({ type: 'joined', rev: 8, participant: { id: 'p3', name: 'Jun' } });
  last().says({ type: 'seats', rev: 9, seats: ['p1', 'p3'] });
  last().says({ type: 'updated', rev: 9, participant: { id: 'p3', name: 'Old' } }); // already known
  last().says({ type: 'left', rev: 10, id: 'p1', code: 'left' });
  last().says({ type: 'ruled', rev: 11, rules: { guests: true } });
  expect(state.session).toMatchObject({
    participants: [you, { id: 'p3', name: 'Jun' }],
    seats: ['', 'p3'],
    rules: { guests: true },
    room: { participants: 2, people: [you.name, 'Jun'] },
  });
  last().says({ type: 'left', rev: 13, id: 'p3', code: 'left' });
  expect(kinds(last()).at(-1)).toBe('sync');
  last().says({ type: 'snapshot', room: { ...room, rev: 13 } });
  expect(state.session?.participants).toEqual([maya, you]);
});

it('notices a host that says nothing, comes back with its token and repeats what it is', async () => {
  await enter();
  void app.SetVoice({ muted: false, listener: false, deafened: true });
  vi.advanceTimersByTime(1000);
  expect(kinds(last()).at(-1)).toBe('beat');
  last().says({ type: 'beat' });
  vi.advanceTimersByTime(4000);
  expect(state.session?.status).toBe('reconnecting');
  await vi.advanceTimersByTimeAsync(1);
  const second = last();
  second.open();
  expect(second.sent[0]).toEqual({ type: 'join', v: 1, resume: 'token', chat: 0 });
  second.says({ ...welcome, answer: undefined });
  expect(state.session).toMatchObject({ status: 'joined', path: 1 });
  expect(second.sent.at(-1)).toEqual({ type: 'update', muted: false, listener: false, deafened: true });
});

/** The host has given our place up while we were away. */
async function placeIsGone(): Promise<void> {
  last().breaks();
  await vi.advanceTimersByTimeAsync(1);
  last().open();
  last().says({ type: 'bye', code: 'expired' });
}

it('enters anew by its token after an absence that was too long for its place', async () => {
  await enter();
  await placeIsGone();
  expect(state.session).toMatchObject({ status: 'reconnecting', rejoin: true, you: 'p2' });
  const back = app.Join({ ...request, offer: 'v=0 another' });
  last().open();
  expect(last().sent[0]).toMatchObject({ type: 'join', resume: 'token', offer: 'v=0 another', muted: true });
  last().says({ ...welcome, you: 'p9', resume: 'another' });
  await back;
  expect(state.session).toMatchObject({ status: 'joined', you: 'p9' });
  expect(state.session?.rejoin).toBeUndefined();
  expect(state.notices).toEqual([]);
});

it('gives up where the host does not let it in again, and asks the next time', async () => {
  await enter();
  await placeIsGone();
  const unreached = app.Join(request);
  last().breaks();
  await expect(unreached).rejects.toMatchObject({ code: 'room_full' });
  expect(state.session?.rejoin).toBe(true); // the page tries again
  const back = app.Join(request);
  last().open();
  last().says({ type: 'bye', code: 'expired' });
  await expect(back).rejects.toMatchObject({ code: 'expired' });
  expect(state.session).toBeNull();
  expect(state.notices).toMatchObject([{ code: 'expired', room: 'Standup' }]);
  void app.Join(request).catch(() => undefined);
  last().open();
  expect(last().sent[0]).not.toHaveProperty('resume');
});

it('stops trying to enter anew after the time in which the host lets it', async () => {
  await enter();
  await placeIsGone();
  vi.advanceTimersByTime(136_000);
  await expect(app.Join(request)).rejects.toMatchObject({ code: 'lost' });
  expect(state.session).toBeNull();
  expect(state.notices).toMatchObject([{ code: 'lost' }]);
});

it('keeps the way back in its tab over a reload, and nowhere else', async () => {
  await enter();
  void app.SetVoice({ muted: false, listener: false, deafened: true });
  expect(localStorage.getItem('earshot.guest') ?? '').not.toContain('token');
  const before = last();
  made.gone();
  expect(kinds(before)).toContain('leave');
  open();
  expect(made.place).toEqual({ ref: 'guest', room: facts().id, muted: false, deafened: true });
  expect((await made.app.Look('guest')).room).toMatchObject({ knock: false, pin: false });
  void made.app.Join(request);
  last().open();
  expect(last().sent[0]).toMatchObject({ resume: 'token', offer: 'v=0' });
  open('a duplicate of the tab');
  expect(made.place).toBeUndefined();
});

it.each(['left', 'removed', 'room_ended', 'replaced'])('keeps no way back when its stay ended by %s', async (code) => {
  await enter();
  if (code === 'left') await app.Leave();
  else last().says({ type: 'bye', code });
  open();
  expect(made.place).toBeUndefined();
});

it('takes nothing broken for a way back', () => {
  for (const kept of [
    '{',
    '7',
    '{"page":"here"}',
    '{"page":"here","token":"","room":"r"}',
    '{"page":"here","token":1,"room":"r"}',
  ]) {
    sessionStorage.setItem('earshot.guest.pass', kept);
    open();
    expect(made.place).toBeUndefined();
  }
});

it('gives up a host that stays away', async () => {
  await enter();
  last().breaks();
  for (let i = 0; i < 240; i++) {
    await vi.advanceTimersByTimeAsync(700);
    if (last().readyState === 0) last().breaks();
  }
  expect(state.session).toBeNull();
  expect(state.notices).toMatchObject([{ code: 'lost' }]);
  const dialled = Socket.all.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(Socket.all.length).toBe(dialled);
});

it('writes once for each tag, and says what was refused', async () => {
  await enter();
  const said = app.Say('Hello', 't1');
  const fast = app.Say('Again', 't2');
  last().says({
    type: 'chat',
    messages: [{ n: 1, at: 1, from: 'p2', name: 'x', text: 'Hello', tag: 't1', guest: true }],
  });
  await said;
  last().says({ type: 'error', re: 'say', code: 'rate_limited' });
  await expect(fast).rejects.toMatchObject({ code: 'rate_limited' });
  expect((await app.GetChat()).messages.map(({ n }) => n)).toEqual([1]);
});

it('tells who removed it, and keeps settings in the browser alone', async () => {
  await app.ChangeSettings('profile', { name: 'Noor', theme: 'dark' });
  await app.ChangeSettings('people', { loudness: [{ name: 'Maya', volume: 150 }] });
  await enter();
  last().says({ type: 'bye', code: 'removed', by: 'Maya', reason: 'We are done' });
  expect(state.notices).toMatchObject([{ code: 'removed', by: 'Maya', reason: 'We are done', room: 'Standup' }]);
  const again = await open().GetState();
  expect(again.profile).toEqual({ name: 'Noor', language: '', theme: 'dark' });
  expect(again.people.loudness).toEqual([{ name: 'Maya', volume: 150 }]);
  localStorage.setItem('earshot.guest', '{"profile":{"name":7},"sound":[],"people":{"loudness":[1]}}');
  const broken = await open().GetState();
  expect(broken.profile.name).toBe('');
  expect(broken.sound.echo).toBe(true);
  expect(broken.people.loudness).toEqual([]);
});

it('does nothing that only an app can', async () => {
  for (const call of [
    app.StartRecording(),
    app.OfferFile('a', 1, ''),
    app.StartRoom('a', ''),
    app.Moderate({ do: 'end' }),
  ])
    await expect(call).rejects.toMatchObject({ code: 'unsupported' });
});
