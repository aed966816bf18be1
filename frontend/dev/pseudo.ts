/**
 * A language that nobody speaks: English with accents and two fifths longer, in brackets, so that what has no room for other languages is
 * cut before anybody's eyes. Words of a user (names, rooms) in a sentence grow with it.
 */

const accents: Record<string, string> = {
  a: 'å', c: 'ç', e: 'é', g: 'ĝ', i: 'î', n: 'ñ', o: 'ö', s: 'š', u: 'ü', y: 'ÿ', A: 'Å', C: 'Ç', E: 'É', I: 'Î', N: 'Ñ', O: 'Ö', S: 'Š', U: 'Ü', Y: 'Ý',
}; // prettier-ignore
const longer = 0.4;
const filling = 'one two three four five six seven eight nine ten ';

export function stretch(text: string): string {
  if (!/\p{L}/u.test(text)) return text; // figures and signs are the same everywhere
  const more = Math.max(0, Math.ceil(text.length * longer) - 3); // brackets and a space are longer too
  const filled =
    more > 0
      ? `${text} ${filling
          .repeat(Math.ceil(more / filling.length))
          .slice(0, more)
          .trim()}`
      : text;
  return `[${filled.replace(/[a-z]/gi, (letter) => accents[letter] ?? letter)}]`;
}

/** The same words, all of them stretched: texts, and what functions make of their arguments. */
export function pseudo<T>(words: T): T {
  return stretched(words) as T;
}

function stretched(words: unknown): unknown {
  if (typeof words === 'string') return stretch(words);
  if (typeof words === 'function')
    return (...given: unknown[]): unknown => stretched((words as (...all: unknown[]) => unknown)(...given));
  if (Array.isArray(words)) return words.map(stretched);
  if (typeof words !== 'object' || words === null) return words;
  return Object.fromEntries(Object.entries(words).map(([key, value]) => [key, stretched(value)]));
}
