import { describe, expect, it } from 'vitest';
import { matching } from '../src/ui/find';
import { facts, listing } from './fakes';

const rooms = [
  listing({ ref: 'a', room: facts({ id: 'a', name: 'Design Standup', host: 'Maya', people: ['Maya', '김지은'] }) }),
  listing({ ref: 'b', room: facts({ id: 'b', name: '점심 뭐 먹지', host: '박서준', people: [] }) }),
];
const found = (wish: string) => matching(rooms, wish).map(({ ref }) => ref);

describe('finding a room', () => {
  it.each([
    ['', ['a', 'b']],
    ['  ', ['a', 'b']],
    ['standup', ['a']],
    ['STAND design', ['a']],
    ['지은', ['a']],
    ['서준', ['b']],
    ['점심'.normalize('NFD'), ['b']],
    ['design 서준', []],
  ])('by %j', (wish, refs) => expect(found(wish)).toEqual(refs));
});
