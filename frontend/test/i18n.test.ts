import { describe, expect, it } from 'vitest';
import { languageOf, messagesOf, sentence } from '../src/i18n';
import { en } from '../src/i18n/en';
import { ko } from '../src/i18n/ko';

const everyParam = Object.fromEntries(
  ['interface', 'interfaces', 'address', 'port', 'name', 'by', 'count', 'product', 'command'].map((name) => [
    name,
    '@',
  ]),
);

/** Every text, functions called with arguments that can be recognised in the result. */
function texts(node: unknown, path = ''): [string, string][] {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node === 'function') {
    const fn = node as (argument: unknown) => string;
    if (path.startsWith('doctor.findings.')) return [[path, fn(everyParam)]];
    if (path.startsWith('problems.')) return [[path, fn({ room: '@', detail: '@' })]];
    if (/\.(joined|left)$|^recording\.(by|youAnd|card|enterText)$|^files\.toPeople$/.test(path)) return [[path, fn(['#', '@'])], [path, fn(['@', '@', '@', '@'])]]; // prettier-ignore
    return [[path, fn('@')]];
  }
  return Object.entries(node as object).flatMap(([key, value]) => texts(value, path === '' ? key : `${path}.${key}`));
}

describe.each([
  ['en', en],
  ['ko', ko],
])('%s', (_, messages) => {
  it('leaves nothing empty', () => {
    expect(texts(messages).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('says in every problem what to do next: at least two sentences, or one that asks', () => {
    const said = Object.keys(messages.problems).filter((code) => code !== 'left');
    for (const code of said) {
      const text = sentence(messages, code, { room: '', detail: '7790' });
      expect(text.split(/[.?!;](?:\s|$)/).filter(Boolean).length, `${code}: ${text}`).toBeGreaterThanOrEqual(2);
    }
  });

  it('has a sentence for a code of a newer app, and none for a property of Object', () => {
    expect(sentence(messages, 'from_the_future', { room: '', detail: '' })).toContain('from_the_future');
    expect(sentence(messages, 'toString', { room: '', detail: '' })).toContain('toString');
  });
});

it('has the same texts in both languages', () => {
  expect(texts(ko).map(([path]) => path)).toEqual(texts(en).map(([path]) => path));
});

it('says everything in Korean', () => {
  const notKorean = texts(ko).filter(([, text]) => !/[가-힣]/.test(text));
  expect(notKorean.map(([path]) => path)).toEqual(['appName', 'lobby.addressExample']);
});

it('puts no Korean particle straight after a name', () => {
  const particle = /[@’”](은|는|이|가|을|를|와|과|로|으로|의|에|에서|에게|께서|도|만|랑|이랑|아|야)(?![가-힣])/;
  expect('@은 왔어요').toMatch(particle);
  expect(texts(ko).filter(([, text]) => particle.test(text))).toEqual([]);
});

it('follows the choice, else the system, else English', () => {
  expect(languageOf('ko', ['en-US'])).toBe('ko');
  expect(languageOf('', ['fr-FR', 'ko-KR', 'en'])).toBe('ko');
  expect(languageOf('', ['kok-IN'])).toBe('en');
  expect(messagesOf('ko')).toBe(ko);
});
