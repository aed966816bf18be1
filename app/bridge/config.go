package bridge

import (
	"io/fs"
	"log/slog"
	"time"

	"github.com/coder/websocket"
)

// CloseReplaced is the WebSocket status a connection is closed with when another one came with the same page id.
const CloseReplaced websocket.StatusCode = 4001

// Config says what a Server serves and to whom. Target and Pages are needed; the rest may be left out.
type Config struct {
	// Listen is the address to serve on, "127.0.0.1:0" when empty. Its host is 127.0.0.1, ::1 or localhost (which is taken
	// as 127.0.0.1, whatever the hosts file says); anything else is an error. Port 0 is any free port.
	Listen string
	// Target has the methods that pages may call: all its exported ones. They return nothing, a value, an error, or a value
	// and an error; they take any values that JSON can carry, after a context.Context if they want one, which ends when the
	// page is gone. They are called concurrently.
	Target any
	// Subscribe registers emit for the app's events until cancel is called. emit does not block, does not keep payload and
	// is called by one goroutine at a time.
	Subscribe func(emit func(event string, payload any)) (cancel func())
	// PageHere and PageGone tell which pages are attached. They are called one at a time and must not call Close.
	PageHere, PageGone func(page string)
	// Voice is where pages carry their voices instead of over WebRTC, ws://127.0.0.1:PORT, a diagnostic; "" is nowhere. The
	// pages' policy lets them connect there and run WebAssembly of our own files, and the URL tells them.
	Voice    string
	VoiceWay string // what the page is told with it
	// Pages holds index.html and what it loads, as a frontend build leaves them.
	Pages fs.FS
	// Logger is told of pages and refusals; nil is silent.
	Logger *slog.Logger
	// Limits are for tests to shrink; the zero value is right.
	Limits Limits
}

// Limits bound what pages can cost. A zero field takes its default.
type Limits struct {
	// MaxMessage is the size of one message of a page in bytes. 256 KiB: the largest message, a Join, holds an offer of at
	// most signal.MaxOffer (64 KiB), and JSON escapes its line ends to two bytes each.
	MaxMessage int64
	// MaxCalls is how many calls of one page may be in flight; one more is answered rate_limited at once. 32: a join with
	// all its candidates is under 20.
	MaxCalls int
	// MaxPages is how many pages may be attached; one more is refused with 503. 16.
	MaxPages int
	// PingEvery is how often a page is pinged. 5 s: a closed page is seen at once by its socket, this is for a frozen one.
	PingEvery time.Duration
	// DeadAfter is how long a page may take to accept a message or answer a ping. 5 s.
	DeadAfter time.Duration
	// CloseWithin is how long the farewell to a page may take. 500 ms.
	CloseWithin time.Duration
}

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Subscribe == nil {
		c.Subscribe = func(func(string, any)) func() { return func() {} }
	}
	if c.PageHere == nil {
		c.PageHere = func(string) {}
	}
	if c.PageGone == nil {
		c.PageGone = func(string) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Limits = c.Limits.withDefaults()
	return c
}

func (l Limits) withDefaults() Limits {
	if l.MaxMessage == 0 {
		l.MaxMessage = 256 << 10
	}
	if l.MaxCalls == 0 {
		l.MaxCalls = 32
	}
	if l.MaxPages == 0 {
		l.MaxPages = 16
	}
	if l.PingEvery == 0 {
		l.PingEvery = 5 * time.Second
	}
	if l.DeadAfter == 0 {
		l.DeadAfter = 5 * time.Second
	}
	if l.CloseWithin == 0 {
		l.CloseWithin = 500 * time.Millisecond
	}
	return l
}
