/**
 * Keys that work the microphone: those of the window, and those that work everywhere, of which the app tells. A held key is
 * never left stuck: what takes the keyboard away lets go of it.
 */
import type { HotkeyAction, Keys as Wish } from '../app/api';

/** What keys do. */
export interface Hands {
  toggleMuted(): void;
  toggleDeafened(): void;
  toggleHand(): void;
  press(): void;
  release(): void;
}

type Source = 'window' | 'system';

export class Keys {
  /** Where the talk key is held. */
  private readonly held = new Set<Source>();
  /** Codes whose release ends the press that came from the window. */
  private parts: readonly string[] = [];
  /** What has the focus has it by a click: then it does not need Space and letters for itself. */
  private pointed = true;

  constructor(
    private readonly hands: Hands,
    /** The user's keys, undefined while none are to work. */
    private readonly wish: () => Wish | undefined,
  ) {}

  /** Follows the window until the returned function is called. */
  attach(window: Window): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    window.addEventListener('keydown', (event) => this.down(event), { signal });
    window.addEventListener('keyup', (event) => this.up(event), { signal, capture: true });
    window.addEventListener('pointerdown', () => (this.pointed = true), { signal, capture: true });
    window.addEventListener('blur', () => this.letGo('window'), { signal });
    window.document.addEventListener(
      'visibilitychange',
      () => window.document.visibilityState === 'hidden' && this.letGo('window'),
      { signal },
    );
    return () => {
      stop.abort();
      this.letGoOfAll();
    };
  }

  /** Does what a key that works everywhere asks for. */
  act(action: HotkeyAction): void {
    if (action === 'talk.release') this.letGo('system');
    else if (this.wish()) this.do(action, 'system');
  }

  /** There is nothing to talk into any more. */
  letGoOfAll(): void {
    this.letGo('window');
    this.letGo('system');
  }

  private down(event: KeyboardEvent): void {
    if (event.key === 'Tab') this.pointed = false;
    const wish = this.wish();
    if (!wish || event.isComposing || event.defaultPrevented) return;
    const chord = chordOf(event);
    const action = actionOf(wish, chord);
    if (!action || (isTyped(chord) && this.isNeeded(event))) return;
    event.preventDefault(); // Space would also scroll, or click
    if (event.repeat) return;
    if (action === 'talk.press') this.parts = partsOf(event);
    this.do(action, 'window');
  }

  private up(event: KeyboardEvent): void {
    if (!this.held.has('window') || !this.parts.includes(event.code)) return;
    event.preventDefault();
    this.letGo('window');
  }

  private do(action: HotkeyAction, source: Source): void {
    switch (action) {
      case 'mute.toggle':
        this.hands.toggleMuted();
        break;
      case 'deafen.toggle':
        this.hands.toggleDeafened();
        break;
      case 'hand.toggle':
        this.hands.toggleHand();
        break;
      case 'talk.press':
        this.held.add(source);
        this.hands.press();
        break;
      case 'talk.release':
        this.letGo(source);
    }
  }

  private letGo(source: Source): void {
    if (this.held.delete(source) && this.held.size === 0) this.hands.release();
  }

  /** Whether a key that writes something is needed by what has the focus. */
  private isNeeded({ target, code }: KeyboardEvent): boolean {
    const element = target instanceof Element ? target : null;
    if (element?.closest('input:not([type="radio"]), textarea, select, [contenteditable], dialog, [role="menu"]'))
      return true;
    return code === 'Space' && !this.pointed && !!element?.closest('button, a, summary, [tabindex], input');
  }
}

/** How a key is written in the settings: see Shortcuts. */
export function chordOf(event: Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'>): string {
  const { code } = event;
  const held = [
    [event.ctrlKey, 'Ctrl', 'Control'],
    [event.altKey, 'Alt', 'Alt'],
    [event.shiftKey, 'Shift', 'Shift'],
    [event.metaKey, 'Meta', 'Meta'],
  ] as const;
  const modifiers = held.filter(([is, , own]) => is && !code.startsWith(own)).map(([, name]) => `${name}+`);
  return modifiers.join('') + code;
}

/** The mode matters: while the microphone is simply open, the talk key is nobody's. */
function actionOf({ mode, window }: Wish, chord: string): HotkeyAction | undefined {
  switch (chord) {
    case '':
      return undefined;
    case window.mute:
      return 'mute.toggle';
    case window.deafen:
      return 'deafen.toggle';
    case window.hand:
      return 'hand.toggle';
    case window.talk:
      return mode === 'open' ? undefined : 'talk.press';
    default:
      return undefined;
  }
}

/** Whether it can be a key of the settings: not what a page moves with (app/settings_keys.go: keyPattern). */
export function isUsable(chord: string): boolean {
  return /^(\w+\+)*(Key[A-Z]|Digit\d|F\d+|Numpad\w+|Space|Backquote|Minus|Equal|Bracket\w+|Backslash|IntlBackslash|Semicolon|Quote|Comma|Period|Slash|Insert|Delete|Home|End|PageUp|PageDown|Pause|ScrollLock|CapsLock|ControlRight|AltRight|ShiftRight|Lang[12]|Media\w+)$/.test(
    chord,
  );
}

/** Whether somebody may be writing with it. */
export function isTyped(chord: string): boolean {
  return !/^(Ctrl|Alt|Meta)\+|^(Shift\+)?(F\d+|Pause|ScrollLock|ControlRight|AltRight|Media\w+)$/.test(chord);
}

/** macOS tells no release of a key while Command is held, so that a modifier's release ends it too. */
function partsOf(event: KeyboardEvent): string[] {
  const modifiers = [
    [event.ctrlKey, 'Control'],
    [event.altKey, 'Alt'],
    [event.shiftKey, 'Shift'],
    [event.metaKey, 'Meta'],
  ] as const;
  const held = modifiers.filter(([is]) => is).flatMap(([, name]) => [`${name}Left`, `${name}Right`]);
  return [event.code, ...held];
}
