package sfu

import (
	"net/netip"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// A guest has no key to be known by again, and a page that is loaded anew, or that a phone has put to sleep, has lost its media for good. What is
// left is the token of its join, which the browser keeps for that tab: with it and a new offer, the guest who was let in is let in again.

// guestReturn is what a room remembers of a guest who went.
type guestReturn struct {
	entry    signal.Participant
	silenced signal.Silenced
	from     netip.Addr
	until    time.Time
}

// mayReturnGuest notes that a guest has left, unless it was sent away: a removal holds for whoever else came from that address and went.
func (r *room) mayReturnGuest(p *participant, why signal.Code, now time.Time) {
	returns := &r.entrance.guests
	for token, g := range *returns {
		if now.After(g.until) || why == signal.CodeRemoved && g.from == p.from {
			delete(*returns, token)
		}
	}
	switch why {
	case signal.CodeLost, signal.CodeLeft, signal.CodeReplaced:
	default:
		return
	}
	if len(*returns) >= maxReturns {
		return
	}
	if *returns == nil {
		*returns = make(map[string]guestReturn)
	}
	(*returns)[p.token] = guestReturn{entry: p.entry, silenced: p.silenced, from: p.from, until: now.Add(r.cfg.GuestReturnWithin)}
}

// guestOf returns the name of the guest whose token this is: one who is inside or who went a moment ago. Errors: CodeExpired, CodeRoomEnded.
func (r *room) guestOf(token string) (name string, err error) {
	err = signal.Problemf(signal.CodeRoomEnded, "")
	r.do(func() {
		g, ok := r.entrance.guests[token]
		inside := r.guestInside(token)
		switch {
		case inside != nil:
			name, err = inside.entry.Name, nil
		case ok && time.Now().Before(g.until):
			name, err = g.entry.Name, nil
		default:
			err = signal.Problemf(signal.CodeExpired, "")
		}
	})
	return name, err
}

// guestInside returns the participant with a guest's token, or nil. It is owned, like returned.
func (r *room) guestInside(token string) *participant {
	for _, p := range r.roster {
		if p.entry.Guest && p.token == token {
			return p
		}
	}
	return nil
}

// returned makes p, which is about to enter, the guest that it was: with the name under which it was let in, a raised hand, and muted where a moderator
// did that. Errors: CodeExpired: it was removed since, or took too long.
func (r *room) returned(p *participant, token string) error {
	if before := r.guestInside(token); before != nil { // its connection is not known to be dead yet, or another tab has the token as well
		r.remove(before, &signal.Problem{Code: signal.CodeReplaced})
	}
	g, ok := r.entrance.guests[token]
	if !ok || !time.Now().Before(g.until) {
		return signal.Problemf(signal.CodeExpired, "")
	}
	p.entry.Name, p.entry.Hand = g.entry.Name, g.entry.Hand
	p.entry.Silenced, p.silenced = g.silenced.On, g.silenced
	return nil
}
