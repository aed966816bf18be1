package sfu

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// wire keeps what one subscriber is sent, and fails on what SRTP must never see: two different packets of one number.
type wire struct {
	t    *testing.T
	sent map[uint16]sentRTP
	last []sentRTP
}

type sentRTP struct {
	header  rtp.Header
	payload []byte
}

func (w *wire) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	p := sentRTP{*h, bytes.Clone(payload)}
	if old, again := w.sent[h.SequenceNumber]; again {
		if old.header.Timestamp != h.Timestamp || old.header.PayloadType != h.PayloadType ||
			old.header.Marker != h.Marker || !bytes.Equal(old.payload, payload) {
			w.t.Errorf("packet %d was sent again with other bytes: type %d, %d bytes, then type %d, %d bytes",
				h.SequenceNumber, old.header.PayloadType, len(old.payload), h.PayloadType, len(payload))
		}
	}
	w.sent[h.SequenceNumber] = p
	delete(w.sent, h.SequenceNumber+1<<15) // the numbers come around
	w.last = append(w.last, p)
	return 0, nil
}

func (w *wire) Write([]byte) (int, error) { return 0, nil }

// audience is a seat with talkers who take turns in it and listeners who hear it.
type audience struct {
	seat    *seat
	talkers []*uplink
	nexts   []func()
	lines   []*downlink
	wires   []*wire
}

func newAudience(t *testing.T, talkers, listeners int) *audience {
	t.Helper()
	a := &audience{seat: new(seat)}
	for range talkers {
		u := newUplink(time.Now(), nil)
		u.formats.Store(&formats{opus: opusType, red: redType})
		u.seat.Store(a.seat)
		a.talkers, a.nexts = append(a.talkers, u), append(a.nexts, talk(t, u))
	}
	for i := range listeners {
		w := &wire{t: t, sent: make(map[uint16]sentRTP)}
		d := &downlink{seat: a.seat}
		d.bound.Store(&binding{writer: w, ssrc: uint32(i), opus: opusType, red: redType}) //nolint:gosec // small
		a.lines, a.wires = append(a.lines, d), append(a.wires, w)
	}
	return a
}

// seats gives the seat to a talker; a listener of the same index is the same person and does not hear it.
func (a *audience) give(talker int) {
	var hearing []*downlink
	for i, d := range a.lines {
		if d.hear(i != talker); i != talker {
			hearing = append(hearing, d)
		}
	}
	a.seat.holder.Store(a.talkers[talker])
	a.seat.subscribers.Store(&hearing)
}

func TestDownlink_NumbersGoOnForOneWhoHeldTheSeat(t *testing.T) {
	a := newAudience(t, 3, 3)
	for turn := range 12 {
		a.give(turn % 3)
		for range 7 {
			a.nexts[turn%3]()
		}
	}
	for i, w := range a.wires {
		if len(w.last) != 8*7 {
			t.Errorf("listener %d got %d packets, want %d", i, len(w.last), 8*7)
		}
		for j, p := range w.last[1:] {
			if before := w.last[j]; p.header.SequenceNumber != before.header.SequenceNumber+1 {
				t.Errorf("listener %d: packet %d follows %d", i, p.header.SequenceNumber, before.header.SequenceNumber)
			}
		}
	}
}

func TestDownlink_SendsTheSameBytesAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
	a := newAudience(t, 2, 3)
	a.seat.redundant.Store(true)
	for i := range 70_000 { // more than once around the sequence numbers
		if i%1500 == 0 {
			a.give(i / 1500 % 2)
		}
		if i%97 == 0 {
			a.lines[r.IntN(3)].wantRED.Store(r.IntN(2) == 0)
		}
		a.nexts[i/1500%2]()
		if i%10 == 0 {
			line := r.IntN(3)
			if n := len(a.wires[line].last); n > 0 {
				a.lines[line].resend(a.wires[line].last[max(0, n-1-r.IntN(90))].header.SequenceNumber, time.Duration(i)*tick)
			}
		}
	}
	for i, d := range a.lines {
		if d.resent.Load() < 500 {
			t.Errorf("listener %d had %d packets resent, want many", i, d.resent.Load())
		}
	}
}

func TestDownlink_BoundsRetransmissions(t *testing.T) {
	a := newAudience(t, 1, 2)
	a.give(0)
	for range 50 {
		a.nexts[0]()
	}
	d, w := a.lines[1], a.wires[1]
	for range 100 {
		for _, p := range w.last[:50] {
			d.resend(p.header.SequenceNumber, 2*time.Second)
		}
	}
	if got := d.resent.Load(); got == 0 || got > resendsPerSecond {
		t.Errorf("%d packets were resent at once, want at most %d", got, resendsPerSecond)
	}
	d.resend(w.last[0].header.SequenceNumber, 3*time.Second)
	if got := d.resent.Load(); got > resendsPerSecond+1 || got <= resendsPerSecond-1 {
		t.Errorf("%d packets were resent after a second more", got)
	}
}

func TestDownlink_CarriesTheTwoPacketsBefore(t *testing.T) {
	a := newAudience(t, 1, 2)
	a.give(0)
	a.seat.redundant.Store(true)
	a.lines[1].wantRED.Store(true)
	for range retain + 10 {
		a.nexts[0]()
	}
	last := a.wires[1].last[len(a.wires[1].last)-1]
	var blocks [maxRedundant]redBlock
	n, primary, err := unwrapRED(last.payload, &blocks)
	if err != nil || last.header.PayloadType != redType || n != 2 || primary.pt != opusType || len(primary.payload) != 80 {
		t.Fatalf("payload type %d, %d blocks, primary %d bytes of type %d, error %v", last.header.PayloadType, n, len(primary.payload), primary.pt, err)
	}
	for i, b := range blocks {
		if want := uint32(2-i) * frame; b.offset != want || len(b.payload) != 80 || b.pt != opusType { //nolint:gosec // small
			t.Errorf("block %d: %d ticks before, %d bytes of type %d; want %d, 80, %d", i, b.offset, len(b.payload), b.pt, want, opusType)
		}
	}
}
