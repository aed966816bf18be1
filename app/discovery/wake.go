package discovery

import "time"

// Standing still: a computer that sleeps, a program that is stopped or gets no processor. What others sent meanwhile is lost
// or waits in the sockets, connections may be dead, and nobody's silence means anything.
const (
	// asleep is how long a standstill is after which nothing is what it was: others have dropped our room by then.
	asleep = 2 * time.Second
	// standstill is how late the search's goroutine must be for the time to count for nobody's silence: schedulers are late by
	// some milliseconds.
	standstill = 250 * time.Millisecond
)

// wakefulness notices from two clocks that regular looks did not come: the monotonic clock goes on when a program
// is stopped, and on some systems stops while the computer sleeps; the wall clock then jumps.
type wakefulness struct {
	every     time.Duration // between two looks
	monotonic time.Duration // at the latest look
	wall      time.Time     // the same
}

// woke takes a look, and reports whether it comes after a sleep. A wall clock that somebody sets forward looks the same; that
// costs a few packets.
func (w *wakefulness) woke(monotonic time.Duration, wall time.Time) bool {
	passed := max(monotonic-w.monotonic, wall.Sub(w.wall))
	w.monotonic, w.wall = monotonic, wall
	return passed > w.every+asleep
}
