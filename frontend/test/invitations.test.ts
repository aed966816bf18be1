import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../src/app/api';
import { Invitations } from '../src/session/invitations';
import { RoomController } from '../src/session/room';
import { FakeApp, FakeTransport, facts, listing, session, state } from './fakes';

let app: FakeApp;
let room: RoomController;
let invitations: Invitations;
/** What the system asks to open next. */
let asked: string;

const link = 'earshot://10.0.0.9:7788/r9';
const settled = () => vi.advanceTimersByTimeAsync(0);

function open(): void {
  room = new RoomController({
    app: app.api,
    page: 'here',
    now: () => Date.now(),
    transport: (events) => new FakeTransport(events),
  });
  invitations = new Invitations(app.api, room);
  room.start();
  invitations.start();
}

async function click(ref: string): Promise<void> {
  asked = ref;
  app.emit('invite', null);
  await settled();
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = '';
  app = new FakeApp();
  app.answers['TakeInvite'] = () => {
    const ref = asked;
    asked = '';
    return ref;
  };
  app.answers['Look'] = (ref: string) => listing({ ref, room: facts({ id: 'r9', name: 'Lunch' }) });
  app.answers['Join'] = () => ({ answer: 'v=0', session: session({ room: facts({ id: 'r9', name: 'Lunch' }) }) });
});

afterEach(() => {
  invitations.stop();
  room.stop();
  vi.useRealTimers();
});

describe('a link that the system opens', () => {
  it('that started the app enters its room, once the app has said where we are', async () => {
    asked = link;
    let answer: (value: unknown) => void = () => undefined;
    app.answers['GetState'] = () => new Promise((resolve) => (answer = resolve));
    open();
    await settled();
    expect(app.called('TakeInvite')).toEqual([]);
    answer(state(1));
    await settled();
    expect(app.called('Join')).toMatchObject([[{ room: link }]]);
  });

  it('while it runs enters the room from the lobby', async () => {
    open();
    await settled();
    expect(app.called('Join')).toEqual([]);
    await click(link);
    expect(app.called('Join')).toMatchObject([[{ room: link }]]);
    expect(invitations.invitation).toBeNull();
  });

  it.each(['bad_address', 'unreachable', 'not_found', 'fingerprint_mismatch'] as const)(
    'that is no good is told as %s, and nothing else happens',
    async (code) => {
      app.answers['Look'] = () => Promise.reject(new Problem(code));
      open();
      await click('earshot:what is this');
      expect(room.view.troubles).toMatchObject([{ code }]);
      expect(app.called('Join')).toEqual([]);
    },
  );

  describe('in another room', () => {
    beforeEach(async () => {
      app.answers['GetState'] = state(1, { session: session({ page: 'there' }) });
      open();
      await settled();
      await click(link);
    });

    it('asks, with both names, and leaves nothing by itself', () => {
      expect(invitations.invitation).toMatchObject({
        from: 'Standup',
        hosting: false,
        to: { room: { name: 'Lunch' } },
      });
      expect(app.called('Leave')).toEqual([]);
      expect(app.called('Join')).toEqual([]);
    });

    it('leaves and joins when that is wanted', async () => {
      const accepted = invitations.accept();
      await settled();
      expect(app.called('Leave')).toHaveLength(1);
      expect(app.called('Join')).toEqual([]);
      app.emit('state', state(2));
      await accepted;
      expect(app.called('Join')).toMatchObject([[{ room: link }]]);
      expect(invitations.invitation).toBeNull();
    });

    it('stays when that is wanted', () => {
      invitations.decline();
      expect(invitations.invitation).toBeNull();
      expect(app.called('Leave')).toEqual([]);
    });

    it('that is no good takes a question back and is told', async () => {
      app.answers['Look'] = () => Promise.reject(new Problem('unreachable'));
      await click('10.0.0.8:7788');
      expect(invitations.invitation).toBeNull();
      expect(room.view.troubles).toMatchObject([{ code: 'unreachable' }]);
    });
  });

  it('to the room we are in changes nothing', async () => {
    app.answers['GetState'] = state(1, { session: session({ page: 'there', room: facts({ id: 'r9' }) }) });
    open();
    await click(link);
    expect(invitations.invitation).toBeNull();
    expect(app.called('Join')).toEqual([]);
  });

  it('waits while a room is being entered, and then asks', async () => {
    let enter: (value: unknown) => void = () => undefined;
    app.answers['Join'] = () => new Promise((resolve) => (enter = resolve));
    open();
    void room.entrance.join('r1', listing());
    await click(link);
    expect(app.called('TakeInvite')).toEqual([]);
    enter({ answer: 'v=0', session: session() });
    await settled();
    expect(invitations.invitation).toMatchObject({ from: 'Standup' });
  });
});
