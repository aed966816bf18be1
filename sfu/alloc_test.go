package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

// sink is a bound downlink's writer that keeps nothing.
type sink struct{ packets int }

func (s *sink) WriteRTP(*rtp.Header, []byte) (int, error) { s.packets++; return 0, nil }
func (s *sink) Write([]byte) (int, error)                 { return 0, nil }

func stageFor(listeners int) (*uplink, *sink) {
	var out sink
	u, s := newUplink(time.Now()), new(seat)
	subscribers := make([]*downlink, listeners)
	for i := range subscribers {
		subscribers[i] = new(downlink)
		subscribers[i].bound.Store(&binding{writer: &out, ssrc: uint32(i), payloadType: 111}) //nolint:gosec // small
	}
	s.holder.Store(u)
	s.subscribers.Store(&subscribers)
	u.seat.Store(s)
	return u, &out
}

func TestUplink_ForwardsWithoutAllocating(t *testing.T) {
	u, out := stageFor(24)
	p := rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, 80)}
	now := time.Duration(0)
	allocs := testing.AllocsPerRun(1000, func() {
		p.SequenceNumber++
		p.Timestamp += frame
		now += tick
		u.receive(&p, now)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a packet", allocs)
	}
	if out.packets != 24*1001 {
		t.Errorf("%d packets came out, want %d", out.packets, 24*1001)
	}
}

func BenchmarkUplink_Forward24(b *testing.B) {
	u, _ := stageFor(24)
	p := rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, 80)}
	now := time.Duration(0)
	b.ReportAllocs()
	for b.Loop() {
		p.SequenceNumber++
		p.Timestamp += frame
		now += tick
		u.receive(&p, now)
	}
}
