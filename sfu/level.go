package sfu

import "github.com/pion/rtp"

const (
	audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level" // RFC 6464
	// silence is the lowest level in dBov.
	silence = -127
	// dtxBytes is the largest Opus payload that carries no sound: a TOC byte and at most one more (RFC 6716 §3.1,
	// RFC 7587 §3.1.3).
	dtxBytes = 2
	// assumedLevel stands in, in dBov, for clients that send no level: loud enough to be ranked and drawn as speech,
	// quieter than somebody who really speaks up.
	assumedLevel = -35
	// quietBytes is the payload size under which a 20 ms frame of such a client counts as background: comfort noise
	// and near-silence encode in under 20 bytes at 32 kbit/s, speech in 40 to 120.
	quietBytes = 20
)

// levelOf returns the packet's level in dBov, as its sender measured it (RFC 6464 §3) or, failing that, guessed from
// its size.
func (u *uplink) levelOf(p *rtp.Packet) int {
	if id := uint8(u.levelID.Load()); id != 0 { //nolint:gosec // 1 to 14
		if ext := p.GetExtension(id); len(ext) > 0 {
			return -int(ext[0] & 0x7f)
		}
	}
	switch {
	case len(p.Payload) <= dtxBytes:
		return silence
	case len(p.Payload) < quietBytes:
		return assumedLevel - 30
	default:
		return assumedLevel
	}
}
