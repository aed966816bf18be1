/** How a key of the settings is called on the screen. */

const signs: Record<string, string> = {
  Backquote: '`', Minus: '-', Equal: '=', BracketLeft: '[', BracketRight: ']', Backslash: '\\', IntlBackslash: '\\', Semicolon: ';',
  Quote: "'", Comma: ',', Period: '.', Slash: '/', NumpadAdd: 'Num +', NumpadSubtract: 'Num -', NumpadMultiply: 'Num *',
  NumpadDivide: 'Num /', NumpadDecimal: 'Num .', NumpadEnter: 'Num Enter', Lang1: '한/영', Lang2: '한자',
}; // prettier-ignore

/** Ctrl+Shift+KeyM is Ctrl + Shift + M. space is what the language calls that key. */
export function keyName(chord: string, space: string): string {
  const parts = chord.split('+');
  const code = parts.pop() ?? '';
  return [...parts, nameOf(code, space)].join(' + ');
}

function nameOf(code: string, space: string): string {
  if (code === 'Space') return space;
  return (
    signs[code] ??
    code
      .replace(/^(Key|Digit)/, '')
      .replace(/^Numpad/, 'Num ')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
  );
}
