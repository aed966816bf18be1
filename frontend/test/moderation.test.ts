import { expect, it } from 'vitest';
import { Problem, type Participant, type Session } from '../src/app/api';
import { deedsFor, Moderation, roleOf } from '../src/session/moderation';
import { mutedSeats, silencedSeats } from '../src/session/roster';
import { FakeApp, session } from './fakes';

const key = 'k'.repeat(43);
const host: Participant = { id: 'h', name: 'Mina', key, host: true };
const moderator: Participant = { id: 'm', name: 'Bora', key, moderator: true };
const jun: Participant = { id: 'j', name: 'Jun', key };
const guest: Participant = { id: 'g', name: 'Guest' };
const seenBy = (you: string): Session => session({ you, participants: [host, moderator, jun, guest] });

it('offers what the host will do, and nothing else', () => {
  expect(['h', 'm', 'j'].map((you) => roleOf(seenBy(you)))).toEqual(['host', 'moderator', '']);
  expect(deedsFor(seenBy('h'), jun)).toEqual(['mute', 'appoint', 'remove', 'ban']);
  expect(deedsFor(seenBy('h'), moderator)).toEqual(['mute', 'dismiss', 'remove', 'ban']);
  expect(deedsFor(seenBy('h'), guest)).toEqual(['mute', 'remove']);
  expect(deedsFor(seenBy('h'), host)).toEqual([]);
  expect(deedsFor(seenBy('m'), jun)).toEqual(['mute', 'remove', 'ban']);
  expect(deedsFor(seenBy('m'), { ...jun, silenced: true })).toEqual(['unmute', 'remove', 'ban']);
  expect(deedsFor(seenBy('m'), host)).toEqual([]);
  expect(deedsFor(seenBy('m'), moderator)).toEqual([]);
  expect(deedsFor(seenBy('j'), guest)).toEqual([]);
});

it('tells what was refused, but not that another was faster', async () => {
  const app = new FakeApp();
  const told: unknown[] = [];
  const moderation = new Moderation(app.api, (thrown) => told.push(thrown));
  app.answers['Moderate'] = undefined;
  expect(await moderation.do({ do: 'mute', id: 'j' })).toBe(true);
  expect(app.calls).toEqual([['Moderate', { do: 'mute', id: 'j' }]]);
  app.answers['Moderate'] = () => Promise.reject(new Problem('already_so'));
  expect(await moderation.do({ do: 'mute', id: 'j' })).toBe(false);
  expect(told).toEqual([]);
  app.answers['Moderate'] = () => Promise.reject(new Problem('forbidden'));
  expect(await moderation.do({ do: 'mute', id: 'h' })).toBe(false);
  expect(told).toHaveLength(1);
});

it('knows whose voice is to be cut off in which seat', () => {
  const room = session({
    participants: [host, { ...jun, silenced: true }, { ...guest, muted: true }],
    seats: ['h', 'j', 'g', ''],
  });
  expect(mutedSeats(room)).toEqual([false, true, true, false]);
  expect(silencedSeats(room)).toEqual([false, true, false, false]);
});
