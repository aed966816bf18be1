package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// seat is one of the room's K forwarded streams. The room assigns its holder and swaps the list of its subscribers;
// the holder's receiving goroutine forwards through it.
type seat struct {
	holder      atomic.Pointer[uplink]
	subscribers atomic.Pointer[[]*downlink]
	redundant   atomic.Bool // somebody who hears this room gets RED
	switches    atomic.Uint64

	kept retained

	// busy guards what follows. Only the holder takes it, so it is contended just when the seat changes hands in the
	// middle of a packet: then the newcomer's packet is dropped instead of waiting.
	busy     atomic.Bool
	rewriter rewriter
	last     *uplink // whose packet passed last
	header   rtp.Header
	red      redWriter

	clock atomic.Uint64 // of type clock: which RTP timestamp went out when, for sender reports
}

// forward sends one packet of u to every subscriber. It takes no lock and allocates nothing. fresh says that packets of
// u before this one were withheld. It reports false when the packet did not pass. now is monotonic.
func (s *seat) forward(u *uplink, h *rtp.Header, payload []byte, fresh bool, now time.Duration) bool {
	if !s.busy.CompareAndSwap(false, true) {
		return false
	}
	defer s.busy.Store(false)
	if s.holder.Load() != u {
		return false
	}
	if s.last != u {
		fresh = true
	}
	seq, ts, marker, ok := s.rewriter.next(h.SequenceNumber, h.Timestamp, h.Marker, fresh, now)
	if !ok {
		return false
	}
	if s.last != u {
		s.last = u
		s.switches.Add(1)
	}
	red := s.redOf(seq, ts, marker, payload)
	s.clock.Store(clockAt(ts, now))
	s.header = rtp.Header{Version: 2, Marker: marker, Timestamp: ts}
	subscribers := s.subscribers.Load()
	if subscribers == nil {
		return true
	}
	for _, d := range *subscribers {
		d.write(&s.header, seq, payload, red)
	}
	return true
}

// redOf retains the packet and returns its RED form, or nil when nobody wants one or nothing fits into it.
func (s *seat) redOf(seq uint16, ts uint32, marker bool, payload []byte) *redWriter {
	var redundancy uint8
	if s.redundant.Load() {
		redundancy = s.kept.redundancy(seq, ts, payload)
		if redundancy != 0 && !s.kept.red(&s.red, seq, ts, payload, redundancy) {
			redundancy = 0
		}
	}
	s.kept.put(seq, ts, marker, payload, redundancy)
	if redundancy == 0 {
		return nil
	}
	return &s.red
}

// clockAt packs a timestamp and when it went out, in ms on the monotonic clock, into one word.
func clockAt(ts uint32, at time.Duration) uint64 {
	return uint64(ts)<<32 | uint64(uint32(at.Milliseconds()))
} //nolint:gosec // wraps after 49 days

// timestampAt returns the RTP timestamp of a later time, and false when nothing was sent yet.
func (s *seat) timestampAt(now time.Duration) (uint32, bool) {
	w := s.clock.Load()
	if w == 0 {
		return 0, false
	}
	passed := uint32(now.Milliseconds()) - uint32(w)     //nolint:gosec // as above
	return uint32(w>>32) + passed*(clockRate/1000), true //nolint:gosec // the fields of clockAt
}
