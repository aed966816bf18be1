package sfu

import (
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/earshot/earshot/sfu/signal"
)

// newUpdates bounds how often everybody is told what one participant says of itself.
func (c *Config) newUpdates() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(c.UpdatesPerSecond), 2*c.UpdatesPerSecond)
}

// update takes over what a participant says of itself, at once; everybody is told at once or, beyond UpdatesPerSecond, soon. Nobody is recorded
// who has not been told, so a recording that would have to wait does not begin. Errors: CodeNoRecording, CodeRateLimited of a recording; the
// rest of the update holds.
func (r *room) update(p *participant, u *signal.Update) error {
	var problem error
	r.do(func() {
		before := p.entry
		if u.Recording != nil {
			problem = r.record(p, *u.Recording)
		}
		if u.Muted != nil {
			p.entry.Muted = *u.Muted
			if before.Muted != *u.Muted {
				p.peer.uplink.setMuted(*u.Muted)
				r.stage.mute(p.voice, p.quiet(), time.Now())
			}
		}
		if u.Listener != nil {
			p.entry.Listener = *u.Listener
		}
		if u.Deafened != nil {
			p.entry.Deafened = *u.Deafened
		}
		if u.Hand != nil {
			r.hand(p, *u.Hand)
		}
		if p.entry == before || !slices.Contains(r.roster, p) {
			return
		}
		begins := p.entry.Recording && !before.Recording
		if begins || p.updates.Allow() {
			r.tellOf(p, nil)
		} else {
			p.untold = true
		}
	})
	return problem
}

// record notes that p records in its own way, or does not any more. The caller tells the room. It is owned, like all below.
func (r *room) record(p *participant, on bool) error {
	var problem error
	switch {
	case on && r.rules.NoRecording:
		p.entry.Recording, problem = false, signal.Problemf(signal.CodeNoRecording, "")
	case on && !p.entry.Recording && !p.updates.Allow():
		problem = signal.Problemf(signal.CodeRateLimited, "more than %d updates a second", r.cfg.UpdatesPerSecond)
	default:
		p.entry.Recording = on
	}
	if !p.entry.Recording && p.tape != nil {
		r.dropTape(p)
		r.link(nil, true)
	}
	return problem
}

// tellOf tells everybody but one how p is now.
func (r *room) tellOf(p, but *participant) {
	p.untold = false
	r.change(&signal.Updated{Rev: r.rev + 1, Participant: p.entry}, but)
}

// tellLate tells of those whose last updates came too fast to be told then.
func (r *room) tellLate() {
	for _, p := range r.roster {
		if p.untold && p.updates.Allow() {
			r.tellOf(p, nil)
		}
	}
}
