import { expect, it } from 'vitest';
import { fitName, hueOf, hues, initials } from '../src/ui/people';

it.each([
  ['김지은', '지은'],
  ['지은', '지은'],
  ['남궁민수', '민수'],
  ['김 지은', '김지'],
  ['Maya Lindqvist', 'ML'],
  ['maya', 'M'],
  ['Ana Maria Ruiz', 'AR'],
  ['👩‍💻 dev', '👩‍💻D'],
  ['<b>x</b>', '<'],
  ['', '?'],
])('%s is %s', (name, face) => expect(initials(name)).toBe(face));

it('gives a name the same colour however its Hangul is composed', () => {
  expect(hueOf('김지은'.normalize('NFD'))).toBe(hueOf('김지은'));
  expect(hueOf('Maya')).toBeLessThan(hues);
});

it('fits names into 64 bytes without cutting a character', () => {
  expect(fitName('가'.repeat(30))).toBe('가'.repeat(21));
  expect(fitName('x'.repeat(62) + '👩‍💻')).toBe('x'.repeat(62));
  expect(fitName('Maya')).toBe('Maya');
});
