package app

import (
	"time"

	"github.com/earshot/earshot/app/login"
	"github.com/earshot/earshot/sfu/signal"
)

// Desk is what the app wants of its window. Its methods are safe for concurrent use.
type Desk interface {
	// Notify shows a notification of the system, beside whatever has the focus.
	Notify(n Notification) error
	// AskWhereToSave asks the user for a path; "" is none after all.
	AskWhereToSave(name string) (path string, err error)
	// Mini makes the window small and keeps it above all others, or makes it as before.
	Mini(on bool)
	// Hide takes the window away; a second start of the program brings it back.
	Hide()
	// Quit ends the program without asking.
	Quit()
}

// Notification is one thing to tell a user who looks elsewhere. Its words are from strangers: never markup.
type Notification struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

// Of a notification no more is shown than these bytes: what systems show of one is shorter.
const (
	maxNotificationTitle = 200
	maxNotificationBody  = 500
)

// A burst of notifications is what happens when a meeting begins; more would bury what else is on the screen.
const (
	notificationEvery = 2 * time.Second
	notificationBurst = 4
)

// Abilities are what the computer lets this app do, so that a page offers nothing that does not work.
type Abilities struct {
	Window       bool `json:"window"`       // there is a window: it can be hidden and made small, and the app notifies by itself
	StartAtLogin bool `json:"startAtLogin"` // the system has a way
	// Hotkeys says why keys that are to work everywhere do not.
	Hotkeys HotkeyState `json:"hotkeys"`
}

// Attach tells the app of its window, and with nil that it is gone.
func (a *App) Attach(w Desk) { a.change(func() { a.desk = w }) }

func (a *App) desktop() Desk {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.desk
}

func (a *App) windowKind() string {
	if a.desktop() == nil {
		return "a browser"
	}
	return "its own"
}

func (a *App) abilitiesLocked() Abilities {
	return Abilities{Window: a.desk != nil, StartAtLogin: login.Possible(), Hotkeys: a.hotkeys}
}

// InUse says whether closing the window would end something: we are in a room, wait at one, or host one.
func (a *App) InUse() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stay != nil || a.hosted != nil || a.waiting != nil
}

// OnClose returns what the window is to do now that the user closes it.
func (a *App) OnClose() OnClose {
	if !a.InUse() {
		return CloseQuits
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings.Desktop.OnClose
}

// AskHowToClose has the window's page ask.
func (a *App) AskHowToClose() { a.emit(EventClose, nil) }

// Place returns where the window was last, and KeepPlace keeps that.
func (a *App) Place() Place {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings.Place
}

// KeepPlace remembers where the window is.
func (a *App) KeepPlace(p Place) {
	_ = a.keep(func(s *Settings) error { // a place that no window can have is forgotten
		s.Place = p
		return s.Place.check()
	})
}

// Notify tells the user something by the system. It is dropped while they do not want to be disturbed, and when there are too many.
// Errors: CodeUnsupported where the page has to do it itself, in a browser.
func (m *Methods) Notify(n Notification) error {
	a := m.app
	a.mu.Lock()
	desk, quiet := a.desk, a.settings.Desktop.DoNotDisturb
	a.mu.Unlock()
	switch {
	case desk == nil:
		return signal.Problemf(signal.CodeUnsupported, "no window")
	case quiet || !a.notifications.Allow():
		return nil
	}
	n.Title, n.Body = clipped(n.Title, maxNotificationTitle), clipped(n.Body, maxNotificationBody)
	return desk.Notify(n)
}

// MiniWindow makes the window small and keeps it above all others, or makes it as before. Errors: CodeUnsupported in a browser.
func (m *Methods) MiniWindow(on bool) error {
	return m.onDesk(func(d Desk) { d.Mini(on) })
}

// CloseWindow answers EventClose: hide hides the window and keeps the call, else the app ends. Errors: CodeUnsupported in a browser.
func (m *Methods) CloseWindow(hide bool) error {
	return m.onDesk(func(d Desk) {
		if hide {
			d.Hide()
		} else {
			d.Quit()
		}
	})
}

func (m *Methods) onDesk(f func(Desk)) error {
	d := m.app.desktop()
	if d == nil {
		return signal.Problemf(signal.CodeUnsupported, "no window")
	}
	f(d)
	return nil
}

// clipped returns a text of at most n bytes.
func clipped(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 { // inside of a character
		n--
	}
	return text[:n] + "…"
}
