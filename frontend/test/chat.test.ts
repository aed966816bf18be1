import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem, type ChatMessage } from '../src/app/api';
import { Chat, pieces } from '../src/session/chat';
import { FakeApp, session, state } from './fakes';

const message = (n: number, change: Partial<ChatMessage> = {}): ChatMessage => ({
  n,
  at: 1_764_000_000_000 + n,
  from: 'p1',
  name: 'Maya',
  text: `message ${n}`,
  tag: `t${n}`,
  ...change,
});

describe('the chat', () => {
  let app: FakeApp;
  let chat: Chat;
  let tags: number;
  const settled = () => vi.advanceTimersByTimeAsync(0);
  const texts = () => chat.view.messages.map(({ text }) => text);
  const comes = (messages: ChatMessage[], earlier = false, room = 'r1') =>
    app.emit('chat', { room, messages, earlier });

  beforeEach(async () => {
    vi.useFakeTimers();
    app = new FakeApp();
    app.answers['GetState'] = state(1, { session: session() });
    app.answers['GetChat'] = { room: 'r1', messages: [], earlier: true };
    tags = 0;
    chat = new Chat(app.api, () => `ours${++tags}`);
    chat.start();
    await settled();
  });

  afterEach(() => {
    chat.stop();
    vi.useRealTimers();
  });

  it('shows what came in its order, each once, and counts what was not read', () => {
    comes([message(1), message(2)], true);
    expect(chat.view.unread).toBe(0);
    comes([message(4)]);
    comes([message(3), message(4)]);
    expect(texts()).toEqual(['message 1', 'message 2', 'message 3', 'message 4']);
    expect(chat.view.unread).toBe(2);
    chat.look(true);
    expect(chat.view.unread).toBe(0);
    comes([message(5)]);
    expect(chat.view.unread).toBe(0);
    chat.look(false);
    comes([message(6)]);
    expect(chat.view.unread).toBe(1);
  });

  it('counts what was missed while away as not read', () => {
    comes([message(1)]);
    chat.look(true);
    chat.look(false);
    comes([message(1), message(2)], true);
    expect(chat.view.unread).toBe(1);
  });

  it('shows our own message at once, and once', async () => {
    chat.say('hello');
    chat.say('  ');
    expect(chat.view.unsent).toEqual([{ tag: 'ours1', text: 'hello', refused: undefined }]);
    expect(app.called('Say')).toEqual([['hello', 'ours1']]);
    comes([message(1, { from: 'p2', name: '김지은', text: 'hello', tag: 'ours1' })]);
    await settled();
    expect(chat.view.unsent).toEqual([]);
    expect(chat.view.unread).toBe(0);
    expect(chat.view.messages.map((one) => chat.isOurs(one))).toEqual([true]);
  });

  it('says again under the same tag what was lost, until it is there', async () => {
    app.answers['Say'] = () => Promise.reject(new Problem('lost'));
    chat.say('hello');
    await vi.advanceTimersByTimeAsync(2500);
    expect(app.called('Say').length).toBe(3);
    expect(new Set(app.called('Say').map(([, tag]) => tag))).toEqual(new Set(['ours1']));
    comes([message(1, { tag: 'ours1', from: 'old-id' })]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(app.called('Say').length).toBe(3);
    expect(chat.view.messages.every((one) => chat.isOurs(one))).toBe(true);
  });

  it('keeps what was refused, to be sent again or taken back', async () => {
    app.answers['Say'] = () => Promise.reject(new Problem('rate_limited'));
    chat.say('one');
    chat.say('two');
    await settled();
    expect(chat.view.unsent.map(({ refused }) => refused)).toEqual(['rate_limited', 'rate_limited']);
    app.answers['Say'] = undefined;
    chat.again('ours1');
    expect(chat.view.unsent[0]?.refused).toBeUndefined();
    expect(chat.takeBack('ours2')).toBe('two');
    expect(chat.view.unsent.map(({ text }) => text)).toEqual(['one']);
  });

  it('begins anew in another room, and asks what was there when it comes back into one', async () => {
    comes([message(1)]);
    comes([message(9)], false, 'another');
    expect(texts()).toEqual(['message 1']);
    app.emit('state', state(2, { session: session({ you: 'p9', status: 'joined' }) }));
    await settled();
    expect(app.called('GetChat').length).toBe(2);
    expect(texts()).toEqual(['message 1']);
    const other = session();
    app.emit('state', state(3, { session: { ...other, you: 'p3', room: { ...other.room, id: 'r2' } } }));
    expect(texts()).toEqual([]);
  });
});

describe('links in a message', () => {
  const links = (text: string) => pieces(text).flatMap(({ href }) => (href === undefined ? [] : [href]));

  it.each([
    ['see https://example.org/a?b=c#d.', ['https://example.org/a?b=c#d']],
    ['(https://en.wikipedia.org/wiki/Ear_(disambiguation))', ['https://en.wikipedia.org/wiki/Ear_(disambiguation)']],
    ['여기 http://10.0.0.7:8080/메뉴, 그리고', ['http://10.0.0.7:8080/%EB%A9%94%EB%89%B4']],
    ['two https://a.example and https://b.example!', ['https://a.example/', 'https://b.example/']],
    ['javascript:alert(1) file:///etc/passwd earshot://x data:text/html,x', []],
    ['https://user:secret@example.org', []],
    ['http:// https://', []],
    ['HTTPS://EXAMPLE.ORG', ['https://example.org/']],
  ])('%s', (text, want) => {
    expect(links(text)).toEqual(want);
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
  });
});
