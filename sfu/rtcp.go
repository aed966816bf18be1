package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// takeRTCP acts on what a participant says of one SSRC: sender reports of its microphone, receiver reports and NACKs of
// its seats. b is one RTCP packet, decrypted. What is malformed or about nothing of ours changes nothing. It runs on the
// goroutine that receives the participant's RTCP; now is monotonic.
func (p *peer) takeRTCP(ssrc uint32, b []byte, now time.Duration) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	d := p.downlinkOf(ssrc)
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.SenderReport:
			if packet.SSRC == ssrc && ssrc == p.uplink.counted.source.Load() {
				p.uplink.counted.reportNTP.Store(uint32(packet.NTPTime >> 16)) //nolint:gosec // the middle 32 bits are meant
				p.uplink.counted.reportAt.Store(int64(now))
			}
			takeReports(d, ssrc, packet.Reports)
		case *rtcp.ReceiverReport:
			takeReports(d, ssrc, packet.Reports)
		case *rtcp.TransportLayerNack:
			if d == nil || packet.MediaSSRC != ssrc {
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

func takeReports(d *downlink, ssrc uint32, reports []rtcp.ReceptionReport) {
	if d == nil {
		return
	}
	for _, r := range reports {
		if r.SSRC == ssrc {
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
