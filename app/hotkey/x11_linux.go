package hotkey

import (
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// evdevOffset is what X adds to the numbers of input-event-codes.h: its own begin at 8.
const evdevOffset = 8

// repeatGap is how long after a release the press of an auto-repeat may come: both are made by the server at once, with the same
// time, and only scheduling lies between our readings.
const repeatGap = 15 * time.Millisecond

// locks are the modifiers that are on or off by themselves, caps lock and num lock: a grab is for exactly its modifiers.
var locks = []uint16{0, xproto.ModMaskLock, xproto.ModMask2, xproto.ModMaskLock | xproto.ModMask2} //nolint:gochecknoglobals // a constant in all but type

type grab struct {
	code      xproto.Keycode
	modifiers uint16
}

// x11 grabs keys on the root window. Its loop owns everything below do.
type x11 struct {
	conn  *xgb.Conn
	root  xproto.Window
	press Press
	do    chan func()
	ended chan struct{}

	actions map[grab]string
	down    map[xproto.Keycode]string // the action that a pressed key began
	ups     map[xproto.Keycode]*time.Timer
}

func openX11(press Press) (backend, error) {
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, err
	}
	x := &x11{
		conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, press: press, do: make(chan func()), ended: make(chan struct{}),
		actions: make(map[grab]string), down: make(map[xproto.Keycode]string), ups: make(map[xproto.Keycode]*time.Timer),
	}
	events := make(chan xgb.Event)
	go func() {
		defer close(events)
		for {
			event, err := conn.WaitForEvent()
			if event == nil && err == nil {
				return // the connection has ended
			}
			if event != nil {
				events <- event
			}
		}
	}()
	go x.loop(events)
	return x, nil
}

func (x *x11) loop(events <-chan xgb.Event) {
	defer close(x.ended)
	for {
		select {
		case f := <-x.do:
			f()
		case event, ok := <-events:
			switch event := event.(type) {
			case xproto.KeyPressEvent:
				x.pressed(event)
			case xproto.KeyReleaseEvent:
				x.released(event.Detail)
			}
			if !ok {
				for code := range x.down {
					x.up(code)
				}
				return
			}
		}
	}
}

func (x *x11) pressed(event xproto.KeyPressEvent) {
	if timer, ok := x.ups[event.Detail]; ok { // auto-repeat: it never was up
		timer.Stop()
		delete(x.ups, event.Detail)
		return
	}
	const all = xproto.ModMaskControl | xproto.ModMaskShift | xproto.ModMask1 | xproto.ModMask4
	if action, ok := x.actions[grab{event.Detail, event.State & all}]; ok && x.down[event.Detail] == "" {
		x.down[event.Detail] = action
		x.press(action, true)
	}
}

func (x *x11) released(code xproto.Keycode) {
	if x.down[code] == "" || x.ups[code] != nil {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(repeatGap, func() {
		select {
		case x.do <- func() {
			if x.ups[code] == timer {
				delete(x.ups, code)
				x.up(code)
			}
		}:
		case <-x.ended:
		}
	})
	x.ups[code] = timer
}

func (x *x11) up(code xproto.Keycode) {
	if action, ok := x.down[code]; ok {
		delete(x.down, code)
		x.press(action, false)
	}
}

func (x *x11) take(keys map[string]Key) map[string]Reason {
	done := make(chan map[string]Reason, 1)
	select {
	case x.do <- func() { done <- x.grabAll(keys) }:
		return <-done
	case <-x.ended:
		failed := make(map[string]Reason)
		for action := range keys {
			failed[action] = NoServer
		}
		return failed
	}
}

func (x *x11) grabAll(keys map[string]Key) map[string]Reason {
	for g := range x.actions {
		for _, lock := range locks {
			xproto.UngrabKey(x.conn, g.code, x.root, g.modifiers|lock)
		}
	}
	clear(x.actions)
	for code := range x.down {
		x.up(code)
	}
	failed := make(map[string]Reason)
	for action, key := range keys {
		code, ok := scanCodes[key.Code]
		if !ok || code+evdevOffset > 255 {
			failed[action] = Unknown
			continue
		}
		g := grab{xproto.Keycode(code + evdevOffset), modifiersOf(key)}
		x.actions[g] = action
		for _, lock := range locks {
			err := xproto.GrabKeyChecked(x.conn, true, x.root, g.modifiers|lock, g.code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check()
			if err != nil { // AccessError: another client has it
				failed[action] = Taken
			}
		}
		if failed[action] != "" {
			delete(x.actions, g)
			for _, lock := range locks {
				xproto.UngrabKey(x.conn, g.code, x.root, g.modifiers|lock)
			}
		}
	}
	return failed
}

func modifiersOf(k Key) uint16 {
	var m uint16
	if k.Ctrl {
		m |= xproto.ModMaskControl
	}
	if k.Alt {
		m |= xproto.ModMask1
	}
	if k.Shift {
		m |= xproto.ModMaskShift
	}
	if k.Meta {
		m |= xproto.ModMask4
	}
	return m
}

func (x *x11) close() {
	x.conn.Close() // gives the grabs back
	<-x.ended
}
