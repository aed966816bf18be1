package sfu

import (
	"context"
	"slices"

	"github.com/earshot/earshot/sfu/signal"
)

// A tape is a second connection of a participant, by which it is sent what it records: every seat, also its own. It exists only
// while the roster says that the participant records, so nobody is recorded by it in secret. It cannot speak, has no entry in the
// roster and ends with its owner.

// tape opens a participant's tape, in place of an earlier one. Errors: CodeRateLimited, CodeBadOffer, those of room.tape.
func (c *conn) tape(ctx context.Context, m *signal.Tape) error {
	if !c.offers.Allow() {
		return signal.Problemf(signal.CodeRateLimited, "more than %d offers a second", c.server.cfg.RestartsPerSecond)
	}
	media, answer, err := c.server.newPeer(ctx, &signal.Join{Offer: m.Offer}, c.local, c.remote)
	if err != nil {
		return err
	}
	media.uplink.barred.Store(true) // whatever it sends is dropped before it is looked at
	if err := c.server.room.tape(c.who, media); err != nil {
		media.close()
		return err
	}
	c.send(&signal.Taped{Answer: answer})
	return nil
}

// tape lets a participant record by a connection. Errors: CodeNotJoined, CodeNoRecording, CodeRecordingsFull, CodeRoomEnded.
func (r *room) tape(p *participant, media *peer) error {
	err := error(signal.Problemf(signal.CodeRoomEnded, ""))
	r.do(func() {
		others := 0
		for _, one := range r.roster {
			if one != p && one.tape != nil {
				others++
			}
		}
		switch {
		case !slices.Contains(r.roster, p):
			err = signal.Problemf(signal.CodeNotJoined, "not in the room any more")
		case r.rules.NoRecording:
			err = signal.Problemf(signal.CodeNoRecording, "")
		case others >= r.cfg.MaxTapes:
			err = signal.Problemf(signal.CodeRecordingsFull, "%d record", others)
		default:
			err = nil
			r.dropTape(p)
			p.tape = media
			r.mark(p, true) // everybody is told before the first packet is sent
			r.link(nil, true)
			r.log.Info("tape_opened", "participant", p.entry.ID)
		}
	})
	return err
}

// endTape stops what p records, if it does. It is owned, like all below.
func (r *room) endTape(p *participant) {
	if p.tape != nil {
		r.dropTape(p)
		r.link(nil, true)
		r.log.Info("tape_closed", "participant", p.entry.ID)
	}
	r.mark(p, false)
}

// dropTape closes a tape. Its seats stay linked until the next link.
func (r *room) dropTape(p *participant) {
	if p.tape != nil {
		r.departing.Go(p.tape.close)
		p.tape = nil
	}
}

// mark tells everybody whether p records.
func (r *room) mark(p *participant, recording bool) {
	if p.entry.Recording != recording && slices.Contains(r.roster, p) {
		p.entry.Recording = recording
		r.tellOf(p, nil)
	}
}

// tapesOf appends the downlinks by which a seat is recorded. Who sits there is no matter.
func (r *room) tapesOf(seat int, to []*downlink) []*downlink {
	for _, p := range r.roster {
		if p.tape != nil && seat < len(p.tape.seats) {
			d := p.tape.seats[seat]
			d.hear(true)
			to = append(to, d)
		}
	}
	return to
}
