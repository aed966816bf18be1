package sfu

import (
	"slices"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// This file is the room's hand in the media path: who holds which seat, who hears it, how loud and how well connected
// everybody is. Everything here is owned by the room's goroutine.

// shownLevel is the level in dBov under which a participant is not worth mentioning in levels.
const shownLevel = -60

// reseat lets the stage assign the seats and tells what changed.
func (r *room) reseat(but *participant, now time.Time) bool {
	if !r.stage.assign(now) {
		return false
	}
	for i, id := range r.stage.seats {
		if id != "" && (i >= len(r.seated) || r.seated[i] != id) {
			r.switches++
		}
	}
	r.seated = slices.Clone(r.stage.seats)
	r.change(&signal.Seats{Rev: r.rev + 1, Seats: r.seated}, but)
	return true
}

// link makes the media path follow the stage, and the roster where somebody came or went: who holds each seat, who hears
// it. Lists are made anew only where they lose somebody; a newcomer is appended to the others.
func (r *room) link(came *participant, went bool) {
	for i, s := range r.seats {
		switch {
		case went || r.linked[i] != r.stage.seats[i]:
			r.linkSeat(i)
		case came != nil && i < len(came.peer.seats):
			d := came.peer.seats[i]
			d.hear(true)
			// Whoever forwards may be reading the old list: it ends where the newcomer begins.
			more := append(*s.subscribers.Load(), d)
			s.subscribers.Store(&more)
		}
	}
	for _, p := range r.roster {
		if p.voice.seat < 0 {
			p.peer.uplink.seat.Store(nil)
		} else {
			p.peer.uplink.seat.Store(r.seats[p.voice.seat])
		}
	}
	if came == nil && !went {
		return
	}
	peers := make([]*peer, len(r.roster))
	for i, p := range r.roster {
		peers[i] = p.peer
	}
	r.peers.Store(&peers)
}

// linkSeat makes one seat's list anew. The old holder is unlinked before the new one is linked; a packet in between is
// dropped by the seat.
func (r *room) linkSeat(i int) {
	subscribers := make([]*downlink, 0, len(r.roster))
	var up *uplink
	for _, p := range r.roster {
		holds := p.voice.seat == i
		if holds {
			up = p.peer.uplink
		}
		if i >= len(p.peer.seats) {
			continue
		}
		d := p.peer.seats[i]
		if !holds {
			subscribers = append(subscribers, d)
		}
		d.hear(!holds)
	}
	subscribers = r.tapesOf(i, subscribers)
	r.seats[i].holder.Store(up)
	r.seats[i].subscribers.Store(&subscribers)
	r.linked[i] = r.stage.seats[i]
}

// listen reads everybody's level and lets the stage follow.
func (r *room) listen(now time.Time) {
	for _, p := range r.roster {
		u := p.peer.uplink
		heard := u.level.take()
		if p.quiet() {
			heard = reading{peak: silence, mean: silence}
		}
		r.stage.observe(p.voice, heard, now)
		u.level.setAlert(p.voice.alert)
		p.loudest = max(p.loudest, heard.peak)
		p.tellReceived(now)
	}
	if r.reseat(nil, now) {
		r.link(nil, false)
	}
}

// levelsEvery returns how many ticks pass between levels messages: 10 a second, and 4 in a large room, where they would
// cost the host more than the voices. Pages hold what they heard for 300 ms.
func levelsEvery(people int) int {
	if people > 25 {
		return 5
	}
	return 2
}

func (r *room) reportLevels() {
	levels := make(map[string]int)
	for _, p := range r.roster {
		if p.loudest > shownLevel {
			levels[p.entry.ID] = p.loudest
		}
		p.loudest = silence
	}
	if len(levels) > 0 || r.wasLoud {
		r.broadcast(&signal.Levels{Levels: levels}, nil)
	}
	r.wasLoud = len(levels) > 0
}

// measure looks at everybody's link and tells which changed.
func (r *room) measure(now time.Time) {
	changed := make(map[string]signal.Link)
	for _, p := range r.roster {
		if p.meter.measure(p.peer.stats(), p.peer.transport.connected.Load(), now) {
			changed[p.entry.ID] = p.meter.told
		}
	}
	if len(changed) > 0 {
		r.broadcast(&signal.Links{Links: changed}, nil)
	}
}

// tellLinks tells a new connection what the others were told so far.
func (r *room) tellLinks(c *conn) {
	known := make(map[string]signal.Link)
	for _, p := range r.roster {
		if p.meter.told.Word != "" {
			known[p.entry.ID] = p.meter.told
		}
	}
	if len(known) > 0 {
		c.send(&signal.Links{Links: known})
	}
}

// protect asks a participant to send each frame twice, or no longer to, unless it was asked before. The restart that
// follows finds in the peer what to answer.
func (r *room) protect(p *participant, on bool) {
	if p.doubled == on {
		return
	}
	p.doubled = on
	p.peer.doubled.Store(on)
	if p.conn != nil {
		p.conn.send(&signal.Protect{On: on})
	}
}
