/** The examples of docs/PROTOCOL.md, which the Go tests read too, must be values of this page's types. */
import { describe, expect, it } from 'vitest';
import { shapes } from './shapes';

interface Example {
  kind: string;
  name: string;
  value: unknown;
}

// Empty where the document does not exist (yet).
const documents = import.meta.glob<string>('../../docs/PROTOCOL.md', { query: '?raw', import: 'default', eager: true });
const text = Object.values(documents).join('\n');
const found = text.matchAll(/<!-- example: (\w+)\/(\w+) -->\s*```json\n(.*?)\n```/gs);
const examples = Array.from(found, ([, kind = '', name = '', json = '']): Example => ({
  kind,
  name,
  value: JSON.parse(json),
}));
const app = examples.filter(({ kind, name }) => kind === 'app' || name === 'RoomFacts');

describe('docs/PROTOCOL.md', () => {
  it('has examples', () => expect(app.length).toBeGreaterThan(0));
  it.each(app)('$kind/$name is what the page expects', ({ name, value }) => {
    const shape = shapes[name];
    expect(shape, `the page has no type ${name}`).toBeDefined();
    expect(shape?.check(value, name)).toEqual([]);
  });
});

describe('a shape', () => {
  it('finds what is missing, wrong and unknown', () => {
    expect(shapes['Voice']?.check({ muted: 1, deaf: true, deafened: false }, 'Voice')).toEqual([
      'Voice.muted: 1 is no boolean',
      'Voice.listener: undefined is no boolean',
      "Voice.deaf: not in the page's types",
    ]);
  });
});
