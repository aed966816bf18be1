package media

import (
	"slices"
	"time"
)

const (
	// recordedFor is how long a packet of a recording waits for one before it that is missing: ten rounds of NACK.
	// Nobody listens to a recording while it is made, so waiting costs nothing.
	recordedFor = 250 * time.Millisecond
	// reorderMax is how many packets wait at most, 64 being 1.3 s: a bound on what a hostile sender can make us hold.
	reorderMax = 64
	// reorderJump is how far a sequence number may move before it is a stream that began anew.
	reorderJump = 1000
)

// reorder puts the packets of one seat in the order of their sequence numbers, each once.
type reorder struct {
	wait    time.Duration // for a packet that is missing
	started bool
	next    int64 // extended sequence number of the packet to come out next
	held    []packet
}

// push takes a packet, with what it returns being those whose turn has come because this one began a new stream.
func (r *reorder) push(p packet) (flushed []packet) {
	jump := int64(int16(p.sequence - uint16(r.next))) //nolint:gosec // the distance on a 16-bit circle
	if !r.started || jump > reorderJump || jump < -reorderJump {
		flushed = r.held
		r.started, r.held = true, nil
		r.next, jump = int64(p.sequence), 0
	}
	p.extended = r.next + jump
	if jump < 0 {
		return flushed // too late: those after it are written
	}
	at, found := slices.BinarySearchFunc(r.held, p.extended, func(h packet, x int64) int { return int(h.extended - x) })
	if !found {
		r.held = slices.Insert(r.held, at, p)
	}
	return flushed
}

// pop returns the next packet whose turn has come at a time.
func (r *reorder) pop(now time.Time) (packet, bool) {
	if len(r.held) == 0 {
		return packet{}, false
	}
	p := r.held[0]
	if p.extended != r.next && now.Sub(p.at) < r.wait && len(r.held) < reorderMax {
		return packet{}, false
	}
	r.held = slices.Delete(r.held, 0, 1)
	r.next = p.extended + 1
	return p, true
}
