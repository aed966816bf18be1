package sfu

import "sync"

// outgoing is an encoded message.
type outgoing struct {
	data  []byte
	last  bool // the connection ends with it
	stale bool // worth nothing once a newer one like it waits
}

// outbox is what waits for one participant, in order. It is safe for concurrent use.
type outbox struct {
	more     chan struct{} // receives when something waits; of size 1
	most     int           // messages that may wait,
	mostSize int           // and bytes of them

	mu      sync.Mutex
	waiting []outgoing
	size    int
	stale   int // index of the one that a newer one replaces; -1 is none
}

func newOutbox(l Limits) *outbox {
	return &outbox{more: make(chan struct{}, 1), most: l.MaxWaiting, mostSize: l.MaxWaitingBytes, stale: -1}
}

// put never blocks. It reports false when too much waits.
func (o *outbox) put(m outgoing) bool {
	o.mu.Lock()
	switch {
	case m.stale && o.stale >= 0:
		o.size += len(m.data) - len(o.waiting[o.stale].data)
		o.waiting[o.stale] = m
	case len(o.waiting) >= o.most, o.size+len(m.data) > o.mostSize:
		o.mu.Unlock()
		return false
	default:
		if m.stale {
			o.stale = len(o.waiting)
		}
		o.size += len(m.data)
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
	o.waiting, o.size, o.stale = done[:0], 0, -1
	return all
}
