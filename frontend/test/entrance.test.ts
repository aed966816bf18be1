import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../src/app/api';
import { Entrance, type EntranceOptions } from '../src/session/entrance';
import type { Entry } from '../src/session/stay';
import { firstView, type View } from '../src/session/view';
import { FakeApp, FakeTransport, facts, listing, session } from './fakes';

let app: FakeApp;
let view: View;
let entered: Entry[];
let refusal: Problem | undefined;
let told: unknown[];
let overs: number;

function entrance(change: Partial<EntranceOptions> = {}): Entrance {
  return new Entrance({
    app: app.api,
    transport: new FakeTransport({
      onState: () => undefined,
      onMicrophoneLost: () => undefined,
      onSoundless: () => undefined,
      onBlocked: () => undefined,
    }),
    join: undefined,
    place: undefined,
    view: () => view,
    set: (fields) => (view = { ...view, ...fields }),
    tell: (thrown) => told.push(thrown),
    enter: async (_, entry) => {
      entered.push(entry);
      await Promise.resolve();
      if (refusal) throw refusal;
    },
    over: () => overs++,
    ...change,
  });
}

const settled = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

beforeEach(() => {
  app = new FakeApp();
  app.answers['Look'] = (ref: string) => listing({ ref, room: facts({ seats: 4 }) });
  app.answers['StartRoom'] = () => listing({ ref: 'mine', mine: true });
  view = firstView('here', true);
  entered = [];
  refusal = undefined;
  told = [];
  overs = 0;
});

it('looks at an address first, to offer as many seats as the room has', async () => {
  expect(await entrance().join('10.0.0.2:7788')).toBe(true);
  expect(app.called('Look')).toEqual([['10.0.0.2:7788']]);
  const wishes = { muted: false, deafened: false };
  expect(entered).toEqual([{ ref: '10.0.0.2:7788', seats: 4, wishes, pin: '', asks: false }]);
});

it('shows which room is being entered, and takes no second click meanwhile', async () => {
  const way = entrance();
  const first = way.join('r1', listing());
  expect(view.joining).toBe('r1');
  expect(await way.join('r2', listing({ ref: 'r2' }))).toBe(false);
  await first;
  expect(entered.map(({ ref }) => ref)).toEqual(['r1']);
  expect(view.joining).toBeNull();
  expect(overs).toBe(1);
});

it('tells why it was refused', async () => {
  refusal = new Problem('room_full', 'capacity 2');
  expect(await entrance().join('r1', listing())).toBe(false);
  expect(told).toEqual([refusal]);
  expect(view.joining).toBeNull();
  expect(overs).toBe(1);
});

it('starts a room and walks into it', async () => {
  await entrance().startRoom('Standup', '4711');
  expect(app.called('StartRoom')).toEqual([['Standup', '4711']]);
  expect(entered.map(({ ref }) => ref)).toEqual(['mine']);
});

it('tells why a room could not be started, and enters none', async () => {
  const busy = new Problem('ports_taken');
  app.answers['StartRoom'] = () => Promise.reject(busy);
  await entrance().startRoom('Standup');
  expect(told).toEqual([busy]);
  expect(entered).toEqual([]);
  expect(view.joining).toBeNull();
});

it('waits to be let in where the host says so, but not into its own room', async () => {
  const knock = facts({ knock: true });
  const way = entrance();
  await way.join('r1', listing({ room: knock }));
  await way.join('r1', listing({ room: knock, mine: true }));
  expect(entered.map(({ asks }) => asks)).toEqual([true, false]);
});

describe('a room with a PIN', () => {
  const locked = listing({ room: facts({ pin: true }) });

  it('is asked for it until it is right', async () => {
    const way = entrance();
    expect(await way.join('r1', locked)).toBe(false);
    expect(view.pin).toEqual({ ref: 'r1', room: 'Standup', trouble: undefined });
    expect(entered).toEqual([]);

    refusal = new Problem('wrong_pin');
    await way.join('r1', locked, '1234');
    expect(view.pin).toMatchObject({ ref: 'r1', trouble: 'wrong_pin' });
    expect(told).toEqual([]);

    refusal = undefined;
    const last = way.join('r1', locked, '4711');
    await Promise.resolve();
    expect(view.pin).not.toBeNull(); // the question stands while its answer is on the way
    expect(await last).toBe(true);
    expect(entered.at(-1)?.pin).toBe('4711');
    expect(view.pin).toBeNull();
  });

  it('is asked for one that only the host knew of, and can be told to forget it', async () => {
    refusal = new Problem('pin_needed');
    const way = entrance();
    await way.join('r1', listing());
    expect(view.pin).toMatchObject({ ref: 'r1', trouble: undefined });
    way.forgetPin();
    expect(view.pin).toBeNull();
  });

  it('is entered without it by its own host', async () => {
    expect(await entrance().join('r1', { ...locked, mine: true })).toBe(true);
  });
});

describe('a room that is recorded', () => {
  const recorded = listing({ room: facts({ recorders: ['Maya'] }) });

  it('is entered after a question where nothing has said so before', async () => {
    app.answers['Look'] = recorded;
    const way = entrance();
    expect(await way.join('10.0.0.2:7788')).toBe(false);
    expect(view.recorded).toEqual(recorded);
    way.forgetRecorded();
    expect(view.recorded).toBeNull();
    expect(await way.join('r1', recorded)).toBe(true);
  });

  it('is entered again after a reload without one, muted as before', async () => {
    app.answers['Look'] = recorded;
    entrance({ place: { ref: 'r1', room: 'r1', muted: true, deafened: false } }).follow(null);
    await settled();
    expect(entered).toMatchObject([{ ref: 'r1', wishes: { muted: true, deafened: false } }]);
  });
});

describe('what the page was opened for', () => {
  const link = 'earshot://10.0.0.2:7788/r1';
  const place = { ref: 'r7', room: 'r7', muted: true, deafened: false };

  it('is followed once', async () => {
    const way = entrance({ join: link });
    way.follow(null);
    way.follow(null);
    await settled();
    expect(entered.map(({ ref }) => ref)).toEqual([link]);
  });

  it('is a link even while another page carries a session, and not on the one that does', async () => {
    entrance({ join: link }).follow(session({ page: 'there' }));
    entrance({ join: link }).follow(session({ page: 'here' }));
    await settled();
    expect(entered).toHaveLength(1);
  });

  it('is the room of before a reload only while we are in none', async () => {
    const way = entrance({ place });
    way.follow(session({ page: 'there' }));
    way.follow(null);
    await settled();
    expect(entered).toEqual([]);
  });
});

it('opens rooms in a browser where this page carries no voice, again if asked', async () => {
  const way = entrance({ transport: undefined });
  expect(await way.join('r1', listing())).toBe(true);
  expect(view.opened).toEqual({ ref: 'r1', browser: 'Chromium' });
  await way.openOutside();
  expect(app.called('OpenInBrowser')).toEqual([['r1'], ['r1']]);
  expect(entered).toEqual([]);
});
