package sfu

import (
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// received follows whether a participant's voice gets to the room: by the packets that came, not by what was wished.
type received struct {
	passed uint64 // packets that a mute did not stop, when they were counted last
	at     time.Time
	told   bool
}

// tellReceived tells p whether its voice arrives, when that has changed. It is owned, like all below.
func (p *participant) tellReceived(now time.Time) {
	v := &p.received
	if passed := p.peer.uplink.counted.passed.Load(); passed != v.passed {
		v.passed, v.at = passed, now
	}
	on := !v.at.IsZero() && now.Sub(v.at) < signal.ReceivedFor
	if on == v.told {
		return
	}
	v.told = on
	p.tell(&signal.Received{On: on})
}

// hand raises p's hand, behind those that are up, or takes it down. The caller tells the room.
func (r *room) hand(p *participant, up bool) {
	switch {
	case !up:
		p.entry.Hand = 0
	case p.entry.Hand == 0:
		r.hands++
		p.entry.Hand = r.hands
	}
}

// lower takes somebody else's hand down.
func (r *room) lower(p *participant) error {
	if p.entry.Hand == 0 {
		return signal.Problemf(signal.CodeAlreadySo, "")
	}
	r.hand(p, false)
	r.tellOf(p, nil)
	return nil
}
