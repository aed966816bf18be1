// Package hotkey takes keys that work whichever program has the focus: by XGrabKey on X11, by the portal GlobalShortcuts on Wayland,
// by RegisterHotKey on Windows. Windows and the portals of real desktops were not run where this was written. On macOS it would take a
// C library of Apple's, and it is left out.
package hotkey

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
)

// Reason is why a key, or all of them, cannot be taken.
type Reason string

// The reasons. Of one key:
const (
	Taken   Reason = "taken"   // another program holds it
	Unknown Reason = "unknown" // it is on no keyboard of this system
)

// And of all of them:
const (
	NoWay    Reason = "no_way"    // this program knows no way on this system
	NoPortal Reason = "no_portal" // Wayland, and the desktop has no portal GlobalShortcuts
	NoServer Reason = "no_server" // the display does not answer
)

// Key is a combination.
type Key struct {
	Ctrl, Alt, Shift, Meta bool
	Code                   string // KeyboardEvent.code of W3C UI Events
}

// Parse reads a key as the settings have it: Ctrl+Alt+Shift+Meta+CODE.
func Parse(text string) Key {
	var k Key
	parts := strings.Split(text, "+")
	for _, modifier := range parts[:len(parts)-1] {
		switch modifier {
		case "Ctrl":
			k.Ctrl = true
		case "Alt":
			k.Alt = true
		case "Shift":
			k.Shift = true
		case "Meta":
			k.Meta = true
		}
	}
	k.Code = parts[len(parts)-1]
	return k
}

// Press is told of a key's action, and whether it went down or up; a key that went down always comes up. It must not block.
type Press func(action string, down bool)

// backend is one system's way.
type backend interface {
	// take replaces what is taken by these keys by action, and returns why some could not be.
	take(keys map[string]Key) map[string]Reason
	close()
}

// refused says why there is no backend.
type refused struct{ reason Reason }

func (r refused) Error() string { return fmt.Sprintf("no hotkeys: %s", r.reason) }

// Keys are the keys that this program has taken. It is safe for concurrent use.
type Keys struct {
	press Press

	mu      sync.Mutex
	closed  bool
	backend backend

	holding sync.Mutex // never with mu: a backend tells of keys while it takes others
	held    map[string]bool
}

// New takes nothing yet.
func New(press Press) *Keys { return &Keys{press: press, held: make(map[string]bool)} }

// Take replaces what is taken by these keys by action, as Parse reads them; "" is none. It returns why none can be taken, or why
// some cannot, by action.
func (k *Keys) Take(wanted map[string]string) (all Reason, some map[string]Reason) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := make(map[string]Key)
	for action, text := range wanted {
		if text != "" {
			keys[action] = Parse(text)
		}
	}
	if k.closed {
		return "", nil
	}
	if k.backend == nil {
		if len(keys) == 0 {
			return "", nil
		}
		b, err := open(k.changed)
		if err != nil {
			if r, ok := errors.AsType[refused](err); ok {
				return r.reason, nil
			}
			return NoServer, nil
		}
		k.backend = b
	}
	return "", k.backend.take(keys)
}

// changed passes on what is new: a key that is down already does not go down again.
func (k *Keys) changed(action string, down bool) {
	k.holding.Lock()
	was := k.held[action]
	k.held[action] = down
	k.holding.Unlock()
	if was != down {
		k.press(action, down)
	}
}

// Close gives all keys back; what is held is told to be released.
func (k *Keys) Close() {
	k.mu.Lock()
	k.closed = true
	b := k.backend
	k.backend = nil
	k.mu.Unlock()
	if b != nil {
		b.close()
	}
	k.holding.Lock()
	held := maps.Clone(k.held)
	k.holding.Unlock()
	for action := range held {
		k.changed(action, false)
	}
}
