package app

import (
	"errors"
	"io/fs"
	"log/slog"
)

// ErrNoWindow is wrapped by what RunWindow returns when there can be no window: the program was built without it, there
// is no display, or the system's web view does not start. The page can then be served to a browser instead.
var ErrNoWindow = errors.New("no window")

// ErrNoPage is what RunWindow returns when the program was built before its page.
var ErrNoPage = errors.New("the page is not in this program: run \"make build\"")

// Window is what RunWindow shows, and the app behind it.
type Window struct {
	// Pages holds index.html, see package frontend.
	Pages fs.FS
	// Methods is what pages call: a *Methods.
	Methods any
	// Subscribe registers emit for the app's events until cancel is called; see bridge.Config.
	Subscribe func(emit func(event string, payload any)) (cancel func())
	// OpenInvite is told which room the system asks to open while the window is there; see App.OpenInvite.
	OpenInvite func(ref string)
	// Voice is where the page may connect to for its voice: ws://HOST:PORT, or "".
	Voice string
	// ConfigDir is the app's configuration directory. A second window of the same directory does not open: the first one
	// comes to the front instead, and opens the invite that the second was started with (on Linux where there is a session bus).
	ConfigDir string
	// Theme is Profile.Theme: "light", "dark", or "" to follow the system. It colours what is seen before the page.
	Theme string
	// Icon is a PNG for window managers that ask the program for it (Linux); may be nil.
	Icon []byte
	// Place is where the window was last, KeepPlace is told where it is when it goes.
	Place     func() Place
	KeepPlace func(Place)
	// OnClose says what closing the window does now, and AskHowToClose has the page ask; see Desktop.OnClose.
	OnClose       func() OnClose
	AskHowToClose func()
	// Attach is told of the window when it is open, and nil when it is gone.
	Attach func(Desk)
	// Minimised opens the window so, for a start at login.
	Minimised bool
	// Done is closed when the program is to end.
	Done <-chan struct{}
	// Logger must not be nil.
	Logger *slog.Logger
}
