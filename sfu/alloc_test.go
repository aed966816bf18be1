package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

// Payload types as Chromium has them.
const opusType, redType = 111, 63

// sink is a bound downlink's writer that keeps nothing.
type sink struct{ packets int }

func (s *sink) WriteRTP(*rtp.Header, []byte) (int, error) { s.packets++; return 0, nil }
func (s *sink) Write([]byte) (int, error)                 { return 0, nil }

// stageFor returns an uplink in a seat that listeners hear, and where their packets end.
func stageFor(listeners int) (*uplink, *seat, *sink) {
	var out sink
	u, s := newUplink(time.Now(), nil), new(seat)
	u.formats.Store(&formats{opus: opusType, red: redType})
	subscribers := make([]*downlink, listeners)
	for i := range subscribers {
		subscribers[i] = &downlink{seat: s}
		subscribers[i].bound.Store(&binding{writer: &out, ssrc: uint32(i), opus: opusType, red: redType}) //nolint:gosec // small
		subscribers[i].hear(true)
	}
	s.holder.Store(u)
	s.subscribers.Store(&subscribers)
	u.seat.Store(s)
	return u, s, &out
}

// talk returns a function that gives the uplink its next packet.
func talk(tb testing.TB, u *uplink) func() {
	tb.Helper()
	h := rtp.Header{Version: 2, PayloadType: opusType, SSRC: 7, SequenceNumber: 65000}
	payload := make([]byte, 80)
	b, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Duration(0)
	return func() {
		h.SequenceNumber++
		h.Timestamp += frame
		now += tick
		if _, err := h.MarshalTo(b); err != nil {
			tb.Fatal(err)
		}
		u.receive(b, now)
	}
}

func TestUplink_ForwardsWithoutAllocating(t *testing.T) {
	for name, red := range map[string]bool{"plain": false, "with redundancy for half of the listeners": true} {
		t.Run(name, func(t *testing.T) {
			u, s, out := stageFor(24)
			s.redundant.Store(red)
			for i, d := range *s.subscribers.Load() {
				d.wantRED.Store(red && i%2 == 0)
			}
			next := talk(t, u)
			for range 2 * retain { // the retained packets find their size
				next()
			}
			out.packets = 0
			if allocs := testing.AllocsPerRun(1000, next); allocs != 0 {
				t.Errorf("%v allocations for a packet", allocs)
			}
			if out.packets != 24*1001 {
				t.Errorf("%d packets came out, want %d", out.packets, 24*1001)
			}
		})
	}
}

func BenchmarkUplink_Forward24(b *testing.B) {
	u, _, _ := stageFor(24)
	next := talk(b, u)
	b.ReportAllocs()
	for b.Loop() {
		next()
	}
}
