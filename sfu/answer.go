package sfu

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/earshot/earshot/sfu/signal"
)

// answer is what our side adds to an offer.
type answer struct {
	ufrag, pwd  string
	fingerprint string // as SDP has it
	candidates  []string
	ssrcs       []uint32 // of the seats
	version     uint64   // grows with each answer on a connection (RFC 8866 §5.2)
	quality     signal.Quality
	doubled     bool
}

// write returns the SDP that answers o, m-line for m-line.
func (a *answer) write(o *offer) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d %d IN IP4 0.0.0.0", uint64(a.ssrcOr(0))<<16|1, a.version)
	line("s=-")
	line("t=0 0")
	b.WriteString("a=group:BUNDLE")
	for _, s := range o.sections {
		b.WriteString(" " + s.mid)
	}
	line("")
	line("a=msid-semantic:WMS *")
	line("a=fingerprint:sha-256 %s", a.fingerprint)
	for i, s := range o.sections {
		line("m=audio 9 %s %s", s.protocol, strings.Join(a.payloadTypes(i, s), " "))
		line("c=IN IP4 0.0.0.0")
		line("a=setup:%s", o.setup)
		line("a=mid:%s", s.mid)
		line("a=ice-ufrag:%s", a.ufrag)
		line("a=ice-pwd:%s", a.pwd)
		line("a=rtcp-mux")
		line("a=rtcp-rsize")
		line("a=rtpmap:%s opus/48000/2", s.opus.pt)
		if s.opus.nack {
			line("a=rtcp-fb:%s nack", s.opus.pt)
		}
		if i == 0 {
			a.writeMicrophone(line, s)
		} else {
			a.writeSeat(line, i-1, s)
		}
		if s.red.pt != "" {
			line("a=rtpmap:%s red/48000/2", s.red.pt)
			line("a=fmtp:%s %s/%s", s.red.pt, s.opus.pt, s.opus.pt)
		}
		if i == 0 {
			for _, c := range a.candidates {
				line("a=candidate:%s", c)
			}
			line("a=end-of-candidates")
		}
	}
	return b.String()
}

// payloadTypes returns those of an m-line, the one to be sent first. Chromium 156 takes the codec from this order alone:
// RTCRtpSender.setParameters accepts audio/red and goes on sending Opus.
func (a *answer) payloadTypes(i int, s section) []string {
	switch {
	case s.red.pt == "":
		return []string{s.opus.pt}
	case i == 0 && a.doubled:
		return []string{s.red.pt, s.opus.pt}
	default:
		return []string{s.opus.pt, s.red.pt}
	}
}

// writeMicrophone says what the participant's encoder is to send: Opus' parameters (RFC 7587 §6.1) and the length of a
// packet.
func (a *answer) writeMicrophone(line func(string, ...any), s section) {
	line("a=fmtp:%s %s", s.opus.pt, encoderParameters(a.quality))
	if a.quality.LowDelay {
		line("a=ptime:10")
	}
	if s.levelID != 0 {
		line("a=extmap:%d %s", s.levelID, audioLevelURI)
	}
	if s.direction == "inactive" {
		line("a=inactive")
	} else {
		line("a=recvonly")
	}
}

// writeSeat names the stream of a seat: browsers synchronise the tracks of one stream, so each is its own.
func (a *answer) writeSeat(line func(string, ...any), seat int, s section) {
	if s.opus.fmtp != "" {
		line("a=fmtp:%s %s", s.opus.pt, s.opus.fmtp)
	}
	n, ssrc := strconv.Itoa(seat), a.ssrcs[seat]
	line("a=msid:stream%s seat%s", n, n)
	line("a=ssrc:%d cname:stream%s", ssrc, n)
	line("a=ssrc:%d msid:stream%s seat%s", ssrc, n, n)
	line("a=sendonly")
}

func (a *answer) ssrcOr(none uint32) uint32 {
	if len(a.ssrcs) == 0 {
		return none
	}
	return a.ssrcs[0]
}

// encoderParameters is Opus' fmtp for a quality. Music is sent while it is quiet too: DTX would cut the end of a fading note.
func encoderParameters(q signal.Quality) string {
	rate := strconv.Itoa(q.BitsPerSecond())
	if q.Music {
		return "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=" + rate
	}
	return "minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=" + rate
}
