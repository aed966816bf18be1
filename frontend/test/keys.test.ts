// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Keys as Wish } from '../src/app/api';
import { chordOf, isTyped, isUsable, Keys } from '../src/session/keys';
import { keyName } from '../src/ui/keynames';

let did: string[];
let wish: Wish | undefined;
let keys: Keys;
let detach: () => void;

beforeEach(() => {
  did = [];
  wish = {
    mode: 'push-to-talk',
    window: { talk: 'Space', mute: 'KeyM', deafen: 'Ctrl+Shift+KeyD', hand: '' },
    system: { talk: '', mute: '', deafen: '', hand: '' },
  };
  const note = (what: string) => () => void did.push(what);
  const hands = {
    toggleMuted: note('mute'),
    toggleDeafened: note('deafen'),
    toggleHand: note('hand'),
    press: note('press'),
    release: note('release'),
  };
  keys = new Keys(hands, () => wish);
  detach = keys.attach(window);
});

afterEach(() => {
  detach();
  document.body.replaceChildren();
});

function key(type: 'keydown' | 'keyup', code: string, more: KeyboardEventInit = {}, on: EventTarget = document.body) {
  const event = new KeyboardEvent(type, { code, bubbles: true, cancelable: true, ...more });
  on.dispatchEvent(event);
  return event;
}

it('talks while the key is held, however often the keyboard repeats it', () => {
  expect(key('keydown', 'Space').defaultPrevented).toBe(true);
  key('keydown', 'Space', { repeat: true });
  key('keyup', 'KeyX');
  expect(did).toEqual(['press']);
  key('keyup', 'Space');
  key('keyup', 'Space');
  expect(did).toEqual(['press', 'release']);
});

it('lets go when the keyboard is taken away, when the room is left, and when the page goes', () => {
  key('keydown', 'Space');
  window.dispatchEvent(new Event('blur'));
  expect(did).toEqual(['press', 'release']);
  key('keyup', 'Space'); // came late
  key('keydown', 'Space');
  keys.letGoOfAll();
  key('keydown', 'Space');
  detach();
  expect(did).toEqual(['press', 'release', 'press', 'release', 'press', 'release']);
  key('keydown', 'Space');
  expect(did).toHaveLength(6);
});

it('lets go of a key with a modifier whichever of the two is released first', () => {
  if (wish) wish.window.talk = 'Meta+KeyT';
  key('keydown', 'KeyT', { metaKey: true });
  key('keyup', 'MetaLeft');
  expect(did).toEqual(['press', 'release']);
});

it('toggles by exactly the chosen keys, also while Hangul is typed', () => {
  key('keydown', 'KeyM', { key: 'ㅡ' });
  key('keydown', 'KeyM', { shiftKey: true });
  key('keydown', 'KeyM', { repeat: true });
  key('keydown', 'KeyD');
  key('keydown', 'KeyD', { ctrlKey: true, shiftKey: true });
  key('keydown', 'KeyH');
  expect(did).toEqual(['mute', 'deafen']);
});

it('leaves what writes to whoever types, and what does not works everywhere', () => {
  const field = document.body.appendChild(document.createElement('input'));
  key('keydown', 'KeyM', {}, field);
  key('keydown', 'Space', {}, field);
  expect(did).toEqual([]);
  key('keydown', 'KeyD', { ctrlKey: true, shiftKey: true }, field);
  expect(did).toEqual(['deafen']);
});

it('leaves Space to a button that was reached by the keyboard, and not to one that was clicked', () => {
  const button = document.body.appendChild(document.createElement('button'));
  key('keydown', 'Tab', { key: 'Tab' });
  expect(key('keydown', 'Space', {}, button).defaultPrevented).toBe(false);
  window.dispatchEvent(new Event('pointerdown'));
  expect(key('keydown', 'Space', {}, button).defaultPrevented).toBe(true);
  expect(did).toEqual(['press']);
});

it('has no talk key while the microphone is simply open, and no keys outside a room', () => {
  if (wish) wish.mode = 'open';
  expect(key('keydown', 'Space').defaultPrevented).toBe(false);
  wish = undefined;
  key('keydown', 'KeyM');
  keys.act('mute.toggle');
  expect(did).toEqual([]);
});

it('does what the keys of the system ask for, and talks until both are released', () => {
  keys.act('talk.press');
  key('keydown', 'Space');
  window.dispatchEvent(new Event('blur')); // the system's key is held all the same
  expect(did).toEqual(['press', 'press']);
  keys.act('talk.release');
  keys.act('talk.release');
  keys.act('hand.toggle');
  expect(did).toEqual(['press', 'press', 'release', 'hand']);
});

it('writes and names keys by their place', () => {
  const plain = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
  expect(chordOf({ ...plain, code: 'KeyM', ctrlKey: true, shiftKey: true })).toBe('Ctrl+Shift+KeyM');
  expect(chordOf({ ...plain, code: 'ControlRight', ctrlKey: true })).toBe('ControlRight');
  expect(['KeyM', 'Shift+Space', 'Digit1'].map(isTyped)).toEqual([true, true, true]);
  expect(['Ctrl+KeyM', 'F9', 'ControlRight'].map(isTyped)).toEqual([false, false, false]);
  expect(['Tab', 'Ctrl+Escape', 'Enter', 'ArrowUp', ''].map(isUsable)).toEqual([false, false, false, false, false]);
  expect(['KeyM', 'Ctrl+Alt+F24', 'Space'].map(isUsable)).toEqual([true, true, true]);
  expect(keyName('Ctrl+Shift+KeyM', 'Space')).toBe('Ctrl + Shift + M');
  expect(['Space', 'Numpad4', 'ControlRight', ''].map((each) => keyName(each, '스페이스'))).toEqual([
    '스페이스',
    'Num 4',
    'Control Right',
    '',
  ]);
});
