package sfu

import "sync"

// maxWaiting is how many messages may wait for a participant who does not read: a join storm of 300 has three for each.
// They are the same bytes for everybody. Who is further behind is dropped and resumes with a fresh snapshot.
const maxWaiting = 1024

// outgoing is an encoded message.
type outgoing struct {
	data  []byte
	last  bool // the connection ends with it
	stale bool // worth nothing once a newer one like it waits
}

// outbox is what waits for one participant, in order. It is safe for concurrent use.
type outbox struct {
	more chan struct{} // receives when something waits; of size 1

	mu      sync.Mutex
	waiting []outgoing
	stale   int // index of the one that a newer one replaces; -1 is none
}

func newOutbox() *outbox { return &outbox{more: make(chan struct{}, 1), stale: -1} }

// put never blocks. It reports false when too much waits.
func (o *outbox) put(m outgoing) bool {
	o.mu.Lock()
	switch {
	case m.stale && o.stale >= 0:
		o.waiting[o.stale] = m
	case len(o.waiting) >= maxWaiting:
		o.mu.Unlock()
		return false
	default:
		if m.stale {
			o.stale = len(o.waiting)
		}
		o.waiting = append(o.waiting, m)
	}
	o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return true
}

// take returns all that waits, for the one goroutine that writes it. It keeps done, which that goroutine is done with, for
// what comes next.
func (o *outbox) take(done []outgoing) []outgoing {
	const keep = 32
	if cap(done) > keep {
		done = nil
	}
	clear(done)
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.waiting
	o.waiting, o.stale = done[:0], -1
	return all
}
