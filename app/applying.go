package app

import (
	"maps"

	"github.com/earshot/earshot/app/hotkey"
	"github.com/earshot/earshot/app/login"
)

// HotkeyState says which keys that are to work everywhere do not, and why (package hotkey's reasons).
type HotkeyState struct {
	Reason  hotkey.Reason            `json:"reason,omitempty"`  // none can: "no_way", "no_portal", "no_server"
	Refused map[string]hotkey.Reason `json:"refused,omitempty"` // by Shortcuts' field: "taken", "unknown"
}

// apply makes the system do what the settings say, now and on every change, until the app is closed. It is one goroutine, because a
// desktop may ask its user before it answers.
func (a *App) apply() {
	keys := hotkey.New(a.hotkey)
	defer keys.Close()
	var starts bool
	var system Shortcuts
	for {
		a.mu.Lock()
		s := a.settings
		a.mu.Unlock()
		if s.Desktop.StartAtLogin != starts {
			starts = s.Desktop.StartAtLogin
			a.startAtLogin(starts)
		}
		if s.Keys.System != system {
			system = s.Keys.System
			a.takeKeys(keys, system)
		}
		select {
		case <-a.settled:
		case <-a.done:
			return
		}
	}
}

func (a *App) startAtLogin(start bool) {
	if err := login.Set(start); err != nil {
		a.log.Warn("start_at_login_not_set", "error", err)
		a.change(func() { a.addNotice(Notice{Code: NoticeLoginUnset, Detail: err.Error()}) })
	}
}

// The names of keys between hotkey and here: Shortcuts' fields.
const (
	keyTalk   = "talk"
	keyMute   = "mute"
	keyDeafen = "deafen"
	keyHand   = "hand"
)

func (a *App) takeKeys(keys *hotkey.Keys, s Shortcuts) {
	reason, refused := keys.Take(map[string]string{keyTalk: s.Talk, keyMute: s.Mute, keyDeafen: s.Deafen, keyHand: s.Hand})
	if reason != "" || len(refused) > 0 {
		a.log.Warn("hotkeys_not_taken", "reason", reason, "refused", len(refused))
	}
	a.change(func() { a.hotkeys = HotkeyState{reason, maps.Clone(refused)} })
}

// hotkey is told of a key that works everywhere.
func (a *App) hotkey(name string, down bool) {
	switch {
	case name == keyTalk && down:
		a.Press(TalkPress)
	case name == keyTalk:
		a.Press(TalkRelease)
	case !down: // the others act when they go down
	case name == keyMute:
		a.Press(ToggleMute)
	case name == keyDeafen:
		a.Press(ToggleDeafen)
	case name == keyHand:
		a.Press(ToggleHand)
	}
}
