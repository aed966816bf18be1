package hotkey

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	portalName = "org.freedesktop.portal.Desktop"
	portalPath = dbus.ObjectPath("/org/freedesktop/portal/desktop")
	shortcuts  = "org.freedesktop.portal.GlobalShortcuts"
	request    = "org.freedesktop.portal.Request"

	// portalWithin bounds a question to the portal. Binding shows a dialog of the desktop, which may wait for its user.
	portalWithin = 2 * time.Minute
)

// portal asks the desktop to bind shortcuts (XDG Desktop Portal, GlobalShortcuts version 1). Which key it is the user decides there:
// ours is a proposal.
type portal struct {
	conn    *dbus.Conn
	press   Press
	signals chan *dbus.Signal
	ended   chan struct{}

	mu      sync.Mutex
	answers map[dbus.ObjectPath]chan *dbus.Signal
	session dbus.ObjectPath
	count   int
}

func openPortal(press Press) (backend, error) {
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		return nil, refused{NoPortal}
	}
	version, err := conn.Object(portalName, portalPath).GetProperty(shortcuts + ".version")
	if v, ok := version.Value().(uint32); err != nil || !ok || v == 0 {
		_ = conn.Close()
		return nil, refused{NoPortal}
	}
	p := &portal{
		conn: conn, press: press, signals: make(chan *dbus.Signal, 64), ended: make(chan struct{}),
		answers: make(map[dbus.ObjectPath]chan *dbus.Signal),
	}
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchInterface(shortcuts), dbus.WithMatchObjectPath(portalPath)}, {dbus.WithMatchInterface(request)},
	} {
		if err := conn.AddMatchSignal(match...); err != nil {
			_ = conn.Close()
			return nil, refused{NoPortal}
		}
	}
	conn.Signal(p.signals)
	go p.listen()
	return p, nil
}

func (p *portal) listen() {
	defer close(p.ended)
	for signal := range p.signals {
		switch signal.Name {
		case shortcuts + ".Activated", shortcuts + ".Deactivated":
			p.mu.Lock()
			session := p.session
			p.mu.Unlock()
			if len(signal.Body) >= 2 && signal.Body[0] == session {
				if action, ok := signal.Body[1].(string); ok {
					p.press(action, signal.Name == shortcuts+".Activated")
				}
			}
		case request + ".Response":
			p.mu.Lock()
			answer := p.answers[signal.Path]
			delete(p.answers, signal.Path)
			p.mu.Unlock()
			if answer != nil {
				answer <- signal
			}
		}
	}
}

// ask calls a method of the portal that answers by a Response signal, and returns what that says.
func (p *portal) ask(method string, options map[string]dbus.Variant, args ...any) (map[string]dbus.Variant, error) {
	p.mu.Lock()
	p.count++
	token := "earshot" + strconv.Itoa(p.count)
	sender := strings.ReplaceAll(strings.TrimPrefix(p.conn.Names()[0], ":"), ".", "_")
	path := dbus.ObjectPath("/org/freedesktop/portal/desktop/request/" + sender + "/" + token)
	answer := make(chan *dbus.Signal, 1)
	p.answers[path] = answer // before the call: the answer may come first
	p.mu.Unlock()
	options["handle_token"] = dbus.MakeVariant(token)
	if err := p.conn.Object(portalName, portalPath).Call(shortcuts+"."+method, 0, append(args, options)...).Err; err != nil {
		return nil, err
	}
	select {
	case signal := <-answer:
		var code uint32
		var results map[string]dbus.Variant
		if err := dbus.Store(signal.Body, &code, &results); err != nil {
			return nil, err
		}
		if code != 0 {
			return nil, fmt.Errorf("%s: the desktop answers %d", method, code)
		}
		return results, nil
	case <-time.After(portalWithin):
		return nil, fmt.Errorf("%s: no answer", method)
	case <-p.ended:
		return nil, fmt.Errorf("%s: the bus is gone", method)
	}
}

type shortcut struct {
	ID      string
	Options map[string]dbus.Variant
}

// take makes a session of these shortcuts: a session can be bound once only.
func (p *portal) take(keys map[string]Key) map[string]Reason {
	p.endSession()
	if len(keys) == 0 {
		return nil
	}
	if err := p.bind(keys); err != nil {
		failed := make(map[string]Reason)
		for action := range keys {
			failed[action] = Taken
		}
		return failed
	}
	return nil
}

func (p *portal) bind(keys map[string]Key) error {
	results, err := p.ask("CreateSession", map[string]dbus.Variant{"session_handle_token": dbus.MakeVariant("earshot")})
	if err != nil {
		return err
	}
	handle, ok := results["session_handle"].Value().(string)
	if !ok {
		return fmt.Errorf("no session: %v", results)
	}
	session := dbus.ObjectPath(handle)
	p.mu.Lock()
	p.session = session
	p.mu.Unlock()
	wanted := make([]shortcut, 0, len(keys))
	for action, key := range keys {
		wanted = append(wanted, shortcut{action, map[string]dbus.Variant{
			"description": dbus.MakeVariant("Earshot: " + action), "preferred_trigger": dbus.MakeVariant(trigger(key)),
		}})
	}
	_, err = p.ask("BindShortcuts", map[string]dbus.Variant{}, session, wanted, "")
	return err
}

// trigger is a key in the words of the Shortcuts specification (CTRL+SHIFT+m).
func trigger(k Key) string {
	var parts []string
	for _, each := range []struct {
		on   bool
		word string
	}{{k.Ctrl, "CTRL"}, {k.Alt, "ALT"}, {k.Shift, "SHIFT"}, {k.Meta, "LOGO"}} {
		if each.on {
			parts = append(parts, each.word)
		}
	}
	code := k.Code
	if letter, ok := strings.CutPrefix(code, "Key"); ok {
		code = strings.ToLower(letter)
	} else if digit, ok := strings.CutPrefix(code, "Digit"); ok {
		code = digit
	} else if code == "Space" {
		code = "space"
	}
	return strings.Join(append(parts, code), "+")
}

func (p *portal) endSession() {
	p.mu.Lock()
	session := p.session
	p.session = ""
	p.mu.Unlock()
	if session != "" {
		_ = p.conn.Object(portalName, session).Call("org.freedesktop.portal.Session.Close", 0).Err
	}
}

func (p *portal) close() {
	p.endSession()
	_ = p.conn.Close() // closes signals
	<-p.ended
}
