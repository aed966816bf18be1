package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// hearRTCP acts on what a participant says: sender reports of its microphone, receiver reports and NACKs of its seats. b is
// decrypted, one packet or several. What is malformed or about nothing of ours changes nothing. now is
// monotonic.
func (p *peer) hearRTCP(b []byte, now time.Duration) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.SenderReport:
			if packet.SSRC == p.uplink.counted.source.Load() {
				p.uplink.counted.reportNTP.Store(uint32(packet.NTPTime >> 16)) //nolint:gosec // the middle 32 bits are meant
				p.uplink.counted.reportAt.Store(int64(now))
			}
			p.takeReports(packet.Reports)
		case *rtcp.ReceiverReport:
			p.takeReports(packet.Reports)
		case *rtcp.TransportLayerNack:
			d := p.downlinkOf(packet.MediaSSRC)
			if d == nil {
				continue
			}
			for _, pair := range packet.Nacks {
				pair.Range(func(seq uint16) bool {
					d.resend(seq, now)
					return true
				})
			}
		}
	}
}

// takeRTCP implements taker.
func (p *peer) takeRTCP(b []byte) { p.hearRTCP(b, time.Since(p.epoch)) }

func (p *peer) takeReports(reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		if d := p.downlinkOf(r.SSRC); d != nil {
			d.reported.Store(uint64(r.FractionLost)<<32 | uint64(r.Jitter))
		}
	}
}

// downlinkOf returns the seat that is sent with an SSRC, or nil.
func (p *peer) downlinkOf(ssrc uint32) *downlink {
	for _, d := range p.seats {
		if b := d.bound.Load(); b != nil && b.ssrc == ssrc {
			return d
		}
	}
	return nil
}
