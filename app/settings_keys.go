package app

import (
	"regexp"
	"strings"

	"github.com/earshot/earshot/sfu/signal"
)

// Keys are how the microphone is worked, and by which keys.
type Keys struct {
	Mode TalkMode `json:"mode"`
	// Window are the keys while a window of Earshot has the focus.
	Window Shortcuts `json:"window"`
	// System are the keys that work everywhere, where the system has a way (the app sends EventHotkey). None at first: each is
	// taken from all other programs.
	System Shortcuts `json:"system"`
}

// TalkMode says when an open microphone is heard.
type TalkMode string

// The modes.
const (
	TalkOpen       TalkMode = "open"         // unless it is muted
	TalkWhilePress TalkMode = "push-to-talk" // only while the key is held
	MuteWhilePress TalkMode = "push-to-mute" // but not while the key is held
)

// Shortcuts are a key for each action; "" is none. A key is written as Ctrl+Alt+Shift+Meta+CODE, with those modifiers
// that it needs, in this order. CODE names a place on the keyboard and not a letter (W3C UI Events, KeyboardEvent.code:
// KeyM, Digit1, F9, Space, NumpadAdd), so that it works while Hangul is typed too.
type Shortcuts struct {
	Talk   string `json:"talk"` // held: push-to-talk, push-to-mute
	Mute   string `json:"mute"`
	Deafen string `json:"deafen"`
	Hand   string `json:"hand"`
}

// Hotkey is a key that works everywhere, as it is pressed or released.
type Hotkey struct {
	Action HotkeyAction `json:"action"`
}

// HotkeyAction is what a page does on a key.
type HotkeyAction string

// The actions. A TalkPress is followed by a TalkRelease whatever happens to the keyboard meanwhile.
const (
	ToggleMute   HotkeyAction = "mute.toggle"
	ToggleDeafen HotkeyAction = "deafen.toggle"
	ToggleHand   HotkeyAction = "hand.toggle"
	TalkPress    HotkeyAction = "talk.press"
	TalkRelease  HotkeyAction = "talk.release"
)

func (k *Keys) defaults() {
	*k = Keys{Mode: TalkOpen, Window: Shortcuts{Talk: "Space", Mute: "KeyM", Deafen: "KeyD", Hand: "KeyH"}}
}

// keyPattern are the keys that a page does not need for itself (Tab, Enter, Escape and the arrows move through it) and
// that every keyboard reports.
var keyPattern = regexp.MustCompile(`^(Ctrl\+)?(Alt\+)?(Shift\+)?(Meta\+)?` +
	`(Key[A-Z]|Digit[0-9]|F([1-9]|1[0-9]|2[0-4])|Numpad([0-9]|Add|Subtract|Multiply|Divide|Decimal|Enter)|` +
	`Space|Backquote|Minus|Equal|BracketLeft|BracketRight|Backslash|IntlBackslash|Semicolon|Quote|Comma|Period|Slash|` +
	`Insert|Delete|Home|End|PageUp|PageDown|Pause|ScrollLock|CapsLock|ControlRight|AltRight|ShiftRight|` +
	`Lang1|Lang2|MediaPlayPause|MediaStop|MediaTrackNext|MediaTrackPrevious)$`)

// alone are keys that may work everywhere without a modifier: nobody types with them.
var alone = regexp.MustCompile(`^(F([1-9]|1[0-9]|2[0-4])|Pause|ScrollLock|Insert|ControlRight|AltRight|Media\w+)$`)

// check returns CodeBadMessage for what no page would set: an unknown mode or key, one key for two actions, or a key that
// works everywhere and is needed for typing.
func (k *Keys) check() error {
	switch k.Mode {
	case TalkOpen, TalkWhilePress, MuteWhilePress:
	default:
		return signal.Problemf(signal.CodeBadMessage, "mode %.16q", k.Mode)
	}
	if err := k.Window.check(); err != nil {
		return err
	}
	for _, key := range k.System.all() {
		if key != "" && !alone.MatchString(key) && !strings.Contains(strings.ReplaceAll(key, "Shift+", ""), "+") {
			return signal.Problemf(signal.CodeBadMessage, "key %.32q would be taken from all other programs", key)
		}
	}
	return k.System.check()
}

func (s Shortcuts) all() [4]string { return [...]string{s.Talk, s.Mute, s.Deafen, s.Hand} }

func (s Shortcuts) check() error {
	taken := make(map[string]bool)
	for _, key := range s.all() {
		switch {
		case key == "":
		case !keyPattern.MatchString(key):
			return signal.Problemf(signal.CodeBadMessage, "key %.32q", key)
		case taken[key]:
			return signal.Problemf(signal.CodeBadMessage, "key %.32q for two actions", key)
		}
		taken[key] = key != ""
	}
	return nil
}

// Keys returns the keys of the settings.
func (a *App) Keys() Keys {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings.Keys
}

// Press tells the pages of a key that works everywhere; the one that carries the voice acts on it.
func (a *App) Press(action HotkeyAction) { a.emit(EventHotkey, Hotkey{Action: action}) }
