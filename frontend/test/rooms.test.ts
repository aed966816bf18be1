import { expect, it } from 'vitest';
import { kept } from '../src/session/rooms';
import { facts, listing } from './fakes';

it('keeps the listings that say nothing new, and takes the others', () => {
  const before = ['a', 'b', 'c'].map((ref) => listing({ ref, room: facts({ id: ref }), rttMillis: 2 }));
  const now = structuredClone([
    { ...listing({ ref: 'a', rttMillis: 2.3 }), room: facts({ id: 'a' }) },
    { ...listing({ ref: 'b' }), room: facts({ id: 'b', participants: 3 }) },
    { ...listing({ ref: 'd' }), room: facts({ id: 'd' }) },
  ]);
  const list = kept(before, now);
  expect(list[0]).toBe(before[0]);
  expect(list.slice(1)).toEqual(now.slice(1));
  expect(list).toHaveLength(3);
  expect(kept(list, structuredClone([{ ...now[0], rttMillis: 9 }] as typeof now))[0]?.rttMillis).toBe(9);
});
