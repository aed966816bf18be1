package load

import (
	"context"
	"time"
)

const (
	// slots divide a frame: who speaks in which is spread evenly, as microphones that were started at any time are.
	slots = 20
	slot  = frame / slots
	// maxBehind is how far speaking may fall behind the clock and still catch up. More was a machine that stood still,
	// and a burst of a second's packets would be no load that a microphone makes.
	maxBehind = 10 * frame
)

// speak sends everybody's packets from one goroutine until ctx is done.
func (r *run) speak(ctx context.Context) {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for tick := 0; ; tick++ {
		behind := time.Since(start) - time.Duration(tick)*slot
		if behind > maxBehind {
			start = start.Add(behind)
		}
		timer.Reset(max(0, -behind))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		for _, p := range r.speakers(tick % slots) {
			p.speak(r.id)
		}
	}
}

// speakers returns those who are inside and whose turn a slot is.
func (r *run) speakers(slot int) (list []*Peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.inside {
		if !m.Muted && r.slotOf(m.number) == slot {
			list = append(list, m.Peer)
		}
	}
	return list
}

// slotOf spreads talkers and the silent each on their own.
func (r *run) slotOf(number int) int {
	if number < r.Talkers {
		return number * slots / r.Talkers % slots
	}
	return number % slots
}
