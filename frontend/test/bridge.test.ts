// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AppApi } from '../src/app/api';
import { bridgeApp } from '../src/app/bridge';
import { state } from './fakes';

class FakeSocket {
  readyState: number = WebSocket.CONNECTING;
  readonly sent: { id: number; method: string; args: unknown[] }[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as FakeSocket['sent'][number]);
  }
  open(): void {
    this.readyState = WebSocket.OPEN;
    this.onopen?.();
  }
  drop(): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.();
  }
  say(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

let sockets: FakeSocket[];
let app: AppApi;
const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (!socket) throw new Error('no socket was opened');
  return socket;
};

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  app = bridgeApp({
    url: () => 'ws://127.0.0.1:1/bridge?token=t&page=p',
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
});
afterEach(() => void vi.useRealTimers());

it('matches answers to calls by id, in whatever order they come', async () => {
  last().open();
  const first = app.Restart('v=0');
  const second = app.GetState();
  expect(last().sent).toEqual([
    { id: 1, method: 'Restart', args: ['v=0'] },
    { id: 2, method: 'GetState', args: [] },
  ]);
  last().say({ id: 2, result: state(1) });
  last().say({ id: 1, result: 'answer' });
  expect(await first).toBe('answer');
  expect(await second).toEqual(state(1));
});

it('sends what was asked before the socket was open', () => {
  void app.GetRooms();
  expect(last().sent).toEqual([]);
  last().open();
  expect(last().sent).toEqual([{ id: 1, method: 'GetRooms', args: [] }]);
});

it('refuses with the code and detail of the app', async () => {
  last().open();
  const refused = app.Leave();
  last().say({ id: 1, error: { code: 'not_in_room', detail: 'why' } });
  await expect(refused).rejects.toMatchObject({ code: 'not_in_room', detail: 'why' });
});

it('hands events to who listens, until they stop', () => {
  last().open();
  const heard = vi.fn();
  const stop = app.on('levels', heard);
  last().say({ event: 'levels', data: { levels: { a: -20 } } });
  stop();
  last().say({ event: 'levels', data: { levels: {} } });
  expect(heard.mock.calls).toEqual([[{ levels: { a: -20 } }]]);
});

it('survives what it does not understand', () => {
  last().open();
  for (const message of [
    'not json',
    'null',
    '[]',
    { event: 'future', data: 1 },
    { event: 'toString' },
    { id: 99, result: 1 },
  ]) {
    expect(() => last().say(message)).not.toThrow();
  }
});

it('refuses waiting calls when the socket drops, connects again and fetches what it missed', async () => {
  last().open();
  const lost = app.StartRoom('Standup', '');
  const states = vi.fn();
  app.on('state', states);
  last().drop();
  await expect(lost).rejects.toMatchObject({ code: 'lost' });
  vi.advanceTimersByTime(50);
  expect(sockets).toHaveLength(2);
  last().open();
  expect(last().sent.map(({ method }) => method)).toEqual(['GetState', 'GetRooms']);
  last().say({ id: last().sent[0]?.id, result: state(8) });
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toHaveBeenCalledWith(state(8));
});

it('says down after three seconds without the app, keeps trying with growing pauses, and says up again', () => {
  const links: string[] = [];
  app.on('link', (link) => links.push(link));
  last().open();
  last().drop();
  const opened: number[] = [];
  for (let at = 0; at < 6000; at += 50) {
    vi.advanceTimersByTime(50);
    if (last().readyState === WebSocket.CONNECTING) {
      opened.push(at + 50);
      last().drop();
    }
  }
  expect(opened).toEqual([50, 250, 750, 1750, 3750, 5750]);
  expect(links).toEqual(['down']);
  vi.advanceTimersByTime(2000);
  last().open();
  expect(links).toEqual(['down', 'up']);
});

it('does not keep a call waiting for an app that is gone', async () => {
  last().drop();
  vi.advanceTimersByTime(3000);
  await expect(app.GetState()).rejects.toMatchObject({ code: 'lost' });
});
