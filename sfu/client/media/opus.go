package media

import (
	"errors"
	"time"
)

// ClockRate is Opus' RTP and Ogg clock in Hz, whatever it encodes (RFC 7587 §4.1, RFC 7845 §4).
const ClockRate = 48000

// FrameDuration is the length of the packets that are played: WebRTC's 20 ms.
const FrameDuration = 20 * time.Millisecond

// frameSamples is FrameDuration on Opus' clock.
const frameSamples = ClockRate / 50

// maxDTX is the largest payload in bytes that says "still silent": a frame of at most two bytes is discontinuous
// transmission (RFC 6716 §2.1.9; libopus sends one or two).
const maxDTX = 2

// errNotOpusPacket is returned for bytes that RFC 6716 §3.4 does not allow as a packet.
var errNotOpusPacket = errors.New("not an Opus packet")

// IsSpeech reports whether an Opus packet carries sound, rather than nothing or the news that silence goes on.
func IsSpeech(packet []byte) bool { return len(packet) > maxDTX }

// packetSamples returns how long an Opus packet plays, in samples at 48 kHz, from its TOC byte (RFC 6716 §3.1, §3.2).
func packetSamples(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, errNotOpusPacket
	}
	frames := 2
	switch b[0] & 3 {
	case 0:
		frames = 1
	case 3:
		if len(b) < 2 {
			return 0, errNotOpusPacket
		}
		frames = int(b[1] & 0x3f)
	}
	n := frames * frameSize(b[0])
	if n == 0 || n > ClockRate*120/1000 {
		return 0, errNotOpusPacket
	}
	return n, nil
}

// frameSize returns the samples at 48 kHz of each frame in a packet with that TOC byte (RFC 6716 §3.1, table 2).
func frameSize(toc byte) int {
	const ms = ClockRate / 1000
	config := toc >> 3
	switch {
	case config < 12: // SILK
		return [...]int{10 * ms, 20 * ms, 40 * ms, 60 * ms}[config&3]
	case config < 16: // hybrid
		return [...]int{10 * ms, 20 * ms}[config&1]
	default: // CELT
		return ms * 5 / 2 << (config & 3)
	}
}
