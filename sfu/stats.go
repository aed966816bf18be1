package sfu

import "time"

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

// stats is safe for concurrent use. It costs microseconds: call it once a second, not once a packet.
func (p *peer) stats() mediaStats {
	var s mediaStats
	if pair, ok := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats(); ok {
		s.RTT = time.Duration(pair.CurrentRoundTripTime * float64(time.Second))
	}
	return s
}
