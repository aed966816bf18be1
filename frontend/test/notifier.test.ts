import { describe, expect, it, vi } from 'vitest';
import { Problem, type Participant } from '../src/app/api';
import { messagesOf } from '../src/i18n';
import { Notifier } from '../src/session/notifier';
import { FakeApp, facts, jieun, maya, session, state } from './fakes';

function watch({ looking = false, unsupported = false } = {}) {
  const app = new FakeApp();
  if (unsupported) app.answers['Notify'] = () => Promise.reject(new Problem('unsupported'));
  const show = vi.fn();
  const notifier = new Notifier({
    app: app.api,
    page: 'here',
    looking: () => looking,
    words: () => messagesOf('en').desktop.notify,
    list: (names) => names.join(' and '),
    show,
  });
  notifier.start();
  return { app, show, told: () => app.called('Notify').map(([one]) => one) };
}

const noor: Participant = { id: 'p3', name: 'Noor' };

describe('the notifier', () => {
  it('tells who came, who raises a hand, what was written and who asks to come in', () => {
    const { app, told } = watch();
    const desk = { bans: [], moderators: [], knocking: [] };
    app.emit('state', state(2, { session: session({ desk }) }));
    expect(told()).toEqual([]); // who was there is no news
    const here = [maya, jieun, noor, { id: 'p4', name: 'Tom' }];
    app.emit('state', state(3, { session: session({ desk, participants: here }) }));
    const up = here.map((one) => (one.id === 'p2' || one.id === 'p3' ? { ...one, hand: 7 } : one));
    app.emit('state', state(4, { session: session({ desk, participants: up }) }));
    app.emit('state', state(5, { session: session({ desk: { ...desk, knocking: [noor] }, participants: up }) }));
    const message = { n: 1, at: 0, from: 'p1', name: 'Maya', text: 'lunch?' };
    app.emit('chat', { room: 'r1', earlier: true, messages: [message] });
    app.emit('chat', {
      room: 'r1',
      earlier: false,
      messages: [
        { ...message, n: 2 },
        { ...message, from: 'p2' },
      ],
    });
    expect(told()).toEqual([
      { title: 'Noor and Tom joined “Standup”', body: '' },
      { title: 'Noor raises a hand', body: 'Standup' }, // p2 is we
      { title: 'Noor asks to come in', body: 'Open “Standup” to let them in or not.' },
      { title: 'Maya in “Standup”', body: 'lunch?' },
    ]);
  });

  it.each([
    ['while somebody looks', { looking: true }, false],
    ['when not to be disturbed', {}, true],
  ])('is silent %s', (_, how, doNotDisturb) => {
    const { app, told } = watch(how);
    const desktop = { ...state(1).desktop, doNotDisturb };
    app.emit('state', state(2, { desktop, session: session() }));
    app.emit('state', state(3, { desktop, session: session({ participants: [maya, jieun, noor] }) }));
    expect(told()).toEqual([]);
  });

  it('is silent about a room that another page carries, and about a return after an outage', () => {
    const { app, told } = watch();
    app.emit('state', state(2, { session: session({ page: 'there' }) }));
    app.emit('state', state(3, { session: session({ page: 'there', participants: [maya, jieun, noor] }) }));
    app.emit('state', state(4, { session: session({ status: 'reconnecting' }) }));
    app.emit('state', state(5, { session: session({ participants: [maya, jieun, noor], room: facts() }) }));
    expect(told()).toEqual([]);
  });

  it('leaves it to the browser where the app has no window', async () => {
    const { app, show } = watch({ unsupported: true });
    app.emit('state', state(2, { session: session() }));
    app.emit('state', state(3, { session: session({ participants: [maya, jieun, noor] }) }));
    await vi.waitFor(() => expect(show).toHaveBeenCalledWith('Noor joined “Standup”', ''));
  });
});
