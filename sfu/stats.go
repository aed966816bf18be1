package sfu

import (
	"math"
	"sync/atomic"
	"time"
)

// mediaStats is what the SFU has counted of one participant's media since it joined.
type mediaStats struct {
	Received   uint64        // packets of the microphone, each once
	Bytes      uint64        // their payloads, in bytes
	Lost       uint64        // packets of the microphone that never came, after all repair
	Repaired   uint64        // packets that a retransmission or redundancy brought
	Duplicates uint64        // packets that came again
	Refused    uint64        // packets that are no sound: malformed, of an unknown payload type, above the rate
	Jitter     time.Duration // of the microphone's packets (RFC 3550 §6.4.1)
	UpLoss     float64       // share of the microphone's packets that the network lost lately, before repair: 0 to 1

	Sent       uint64        // packets sent to the participant, without retransmissions
	Resent     uint64        // retransmissions
	DownLoss   float64       // share of what was sent that the network lost lately, before repair: 0 to 1
	DownJitter time.Duration // as the participant reports it, the worst of its seats
	RTT        time.Duration // round trip of the latest ICE check; 0 is unknown

	SendsRedundancy, GetsRedundancy bool // RED (RFC 2198) is on, up and down
}

// health is what the tender found out about a peer, for others to read.
type health struct {
	upLoss, downLoss fraction
	downJitter       atomic.Uint64 // ticks
	redundant        atomic.Bool   // it is sent redundancy
}

// fraction is a number between 0 and 1 for one writer and many readers.
type fraction struct{ bits atomic.Uint64 }

func (s *fraction) Store(v float64) { s.bits.Store(math.Float64bits(v)) }
func (s *fraction) Load() float64   { return math.Float64frombits(s.bits.Load()) }

// stats is safe for concurrent use. It costs microseconds: call it once a second, not once a packet.
func (p *peer) stats() mediaStats {
	c := &p.uplink.counted
	s := mediaStats{
		Received: c.received.Load(), Bytes: c.bytes.Load(), Repaired: c.repaired.Load(), Duplicates: c.duplicates.Load(),
		Refused: c.refused.Load(), Jitter: ticks(uint64(c.jitter.Load())), UpLoss: p.upLoss.Load(),
		DownLoss: p.downLoss.Load(), DownJitter: ticks(p.downJitter.Load()),
		SendsRedundancy: c.redundant.Load(), GetsRedundancy: p.redundant.Load(),
	}
	if expected := c.expected.Load(); expected > s.Received {
		s.Lost = expected - s.Received
	}
	for _, d := range p.seats {
		s.Sent += d.sent.Load()
		s.Resent += d.resent.Load()
	}
	s.RTT = p.transport.roundTrip()
	return s
}

// ticks converts ticks of the RTP clock.
func ticks(n uint64) time.Duration { return time.Duration(n) * time.Second / clockRate } //nolint:gosec // jitters are small
