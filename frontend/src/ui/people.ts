/** How a name becomes a face: initials and a colour that are the same on every screen. */

/** Number of colours that Avatar.svelte has. */
export const hues = 12;

// Made once: a segmenter takes longer to make than a thousand names to read, and a lobby has a thousand.
const segmenter = new Intl.Segmenter();
const encoder = new TextEncoder();

/**
 * One or two characters that stand for a name: the given name of a Korean one (김지은 is 지은), else the first characters
 * of the first and the last word. Characters are what a person counts, so that an emoji stays whole.
 */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = characters(words[0] ?? '');
  if (words.length === 1 && first.length > 0 && first.every((character) => /^[가-힣]$/.test(character))) {
    return first.length <= 4 ? first.slice(-2).join('') : first.slice(0, 2).join('');
  }
  const last = words.length > 1 ? characters(words[words.length - 1] ?? '') : [];
  return ((first[0] ?? '?') + (last[0] ?? '')).toLocaleUpperCase();
}

/** The colour of a name, 0 to hues - 1 (FNV-1a). */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(name.normalize('NFC'))) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % hues;
}

/** Cuts a name to what a room or a profile may carry: 64 bytes of UTF-8, never through a character. */
export function fitName(name: string, limit = 64): string {
  let fitted = '';
  let size = 0;
  for (const character of characters(name.normalize('NFC'))) {
    size += encoder.encode(character).length;
    if (size > limit) break;
    fitted += character;
  }
  return fitted;
}

function characters(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
