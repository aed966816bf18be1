package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// seat is one of the room's K forwarded streams. The room assigns its holder and swaps the list of its subscribers;
// the holder's reading goroutine forwards through it.
type seat struct {
	holder      atomic.Pointer[uplink]
	subscribers atomic.Pointer[[]*downlink]

	// busy guards rewriter and header. Only the holder takes it, so it is contended just when the seat changes
	// hands in the middle of a packet: then the newcomer's packet is dropped instead of waiting.
	busy     atomic.Bool
	rewriter rewriter
	last     *uplink // whose packet passed last
	header   rtp.Header
}

// forward sends one packet of u to every subscriber. It takes no lock and allocates nothing. fresh says that packets of
// u before this one were withheld. It reports false when the packet did not pass.
func (s *seat) forward(u *uplink, h *rtp.Header, payload []byte, fresh bool, now time.Duration) bool {
	if !s.busy.CompareAndSwap(false, true) {
		return false
	}
	defer s.busy.Store(false)
	if s.holder.Load() != u {
		return false
	}
	seq, ts, marker, ok := s.rewriter.next(h.SequenceNumber, h.Timestamp, h.Marker, fresh || s.last != u, now)
	if !ok {
		return false
	}
	s.last = u
	s.header = rtp.Header{Version: 2, Marker: marker, SequenceNumber: seq, Timestamp: ts}
	subscribers := s.subscribers.Load()
	if subscribers == nil {
		return true
	}
	for _, d := range *subscribers {
		d.write(&s.header, payload)
	}
	return true
}
