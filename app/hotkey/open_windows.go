package hotkey

import (
	"errors"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32             = windows.NewLazySystemDLL("user32.dll")
	registerHotKey     = user32.NewProc("RegisterHotKey")
	unregisterHotKey   = user32.NewProc("UnregisterHotKey")
	getMessage         = user32.NewProc("GetMessageW")
	peekMessage        = user32.NewProc("PeekMessageW")
	postThreadMessage  = user32.NewProc("PostThreadMessageW")
	mapVirtualKey      = user32.NewProc("MapVirtualKeyW")
	getAsyncKeyState   = user32.NewProc("GetAsyncKeyState")
	errAlreadyRegister = windows.ERROR_HOTKEY_ALREADY_REGISTERED
)

const (
	wmQuit   = 0x0012
	wmHotkey = 0x0312
	wmApp    = 0x8000 // ours: there is something to do

	modAlt, modControl, modShift, modWin, modNoRepeat = 1, 2, 4, 8, 0x4000

	mapScanToVirtualEx = 3

	// looksForRelease is how often a held key is looked at: Windows says when a hotkey goes down and not when it comes up.
	looksForRelease = 20 * time.Millisecond
)

// message is MSG of winuser.h.
type message struct {
	window  windows.Handle
	message uint32
	wParam  uintptr
	lParam  uintptr
	time    uint32
	x, y    int32
	private uint32
}

// win registers hotkeys on a thread of its own: they belong to the thread that registers them.
type win struct {
	press  Press
	thread uint32
	do     chan func()
	ended  chan struct{}

	actions []registered // of the thread; the index is the hotkey's id
}

type registered struct {
	action  string
	virtual uintptr
}

func open(press Press) (backend, error) {
	w := &win{press: press, do: make(chan func(), 1), ended: make(chan struct{})}
	ready := make(chan struct{})
	go w.loop(ready)
	<-ready
	return w, nil
}

func (w *win) loop(ready chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(w.ended)
	w.thread = windows.GetCurrentThreadId()
	var m message
	_, _, _ = peekMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0, 0) // makes the thread's queue
	close(ready)
	for {
		if r, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0); int32(r) <= 0 {
			w.release()
			return
		}
		switch m.message {
		case wmApp:
			(<-w.do)()
		case wmHotkey:
			if id := int(m.wParam); id < len(w.actions) {
				go w.hold(w.actions[id])
			}
		}
	}
}

// hold tells that a key is down until it is up.
func (w *win) hold(key registered) {
	w.press(key.action, true)
	ticker := time.NewTicker(looksForRelease)
	defer ticker.Stop()
	for range ticker.C {
		state, _, _ := getAsyncKeyState.Call(key.virtual)
		if state&0x8000 == 0 {
			w.press(key.action, false)
			return
		}
	}
}

func (w *win) release() {
	for id := range w.actions {
		_, _, _ = unregisterHotKey.Call(0, uintptr(id))
	}
	w.actions = nil
}

func (w *win) take(keys map[string]Key) map[string]Reason {
	done := make(chan map[string]Reason, 1)
	w.do <- func() { done <- w.register(keys) }
	_, _, _ = postThreadMessage.Call(uintptr(w.thread), wmApp, 0, 0)
	select {
	case failed := <-done:
		return failed
	case <-w.ended:
		return nil
	}
}

func (w *win) register(keys map[string]Key) map[string]Reason {
	w.release()
	failed := make(map[string]Reason)
	for action, key := range keys {
		code := scanCodes[key.Code]
		virtual, _, _ := mapVirtualKey.Call(uintptr(extended(key.Code, code)), mapScanToVirtualEx)
		if code == 0 || virtual == 0 {
			failed[action] = Unknown
			continue
		}
		modifiers := uintptr(modNoRepeat)
		for _, each := range []struct {
			on  bool
			bit uintptr
		}{{key.Ctrl, modControl}, {key.Alt, modAlt}, {key.Shift, modShift}, {key.Meta, modWin}} {
			if each.on {
				modifiers |= each.bit
			}
		}
		id := len(w.actions)
		if ok, _, err := registerHotKey.Call(0, uintptr(id), modifiers, virtual); ok == 0 {
			failed[action] = Unknown
			if errors.Is(err, errAlreadyRegister) {
				failed[action] = Taken
			}
			continue
		}
		w.actions = append(w.actions, registered{action, virtual})
	}
	return failed
}

// extended returns the scan code of Windows: those that came with larger keyboards have the prefix E0, and other numbers than Linux has.
func extended(name string, code uint16) uint16 {
	prefixed := map[string]uint16{
		"NumpadEnter": 0xE01C, "ControlRight": 0xE01D, "NumpadDivide": 0xE035, "AltRight": 0xE038, "Home": 0xE047, "PageUp": 0xE049,
		"End": 0xE04F, "PageDown": 0xE051, "Insert": 0xE052, "Delete": 0xE053, "Pause": 0xE11D,
		"MediaTrackNext": 0xE019, "MediaPlayPause": 0xE022, "MediaTrackPrevious": 0xE010, "MediaStop": 0xE024,
	}
	if p, ok := prefixed[name]; ok {
		return p
	}
	if slices.Contains([]string{"F13", "F14", "F15", "F16", "F17", "F18", "F19", "F20", "F21", "F22", "F23"}, name) {
		return code - 183 + 0x64
	}
	return code
}

func (w *win) close() {
	_, _, _ = postThreadMessage.Call(uintptr(w.thread), wmQuit, 0, 0)
	<-w.ended
}
