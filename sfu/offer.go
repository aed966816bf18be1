package sfu

import (
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/earshot/earshot/sfu/signal"
)

// offerShape is what an acceptable offer asks for.
type offerShape struct {
	seats int // recvonly audio m-lines after the microphone's
}

// checkOffer reads an offer before pion does and refuses, with CodeBadOffer, everything but the one shape that a join
// has: one sendonly (or, without a microphone, inactive) audio m-line, then up to k recvonly ones, each mid once, Opus in each.
func checkOffer(text string, k int) (offerShape, error) {
	bad := func(format string, args ...any) (offerShape, error) {
		return offerShape{}, signal.Problemf(signal.CodeBadOffer, format, args...)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return bad("not SDP: %v", err)
	}
	if n := len(d.MediaDescriptions); n < 1 || n > 1+k {
		return bad("%d m-lines, want the microphone and at most %d seats", n, k)
	}
	mids := make(map[string]bool)
	for i, m := range d.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			return bad("m-line %d is %.16q, want audio", i, m.MediaName.Media)
		}
		mid, _ := m.Attribute("mid")
		if mid == "" || len(mid) > 16 || mids[mid] {
			return bad("m-line %d has no mid of its own", i)
		}
		mids[mid] = true
		if want := direction(i); !has(m, want) && (i != 0 || !has(m, "inactive")) {
			return bad("m-line %d is not %s", i, want)
		}
		if !hasOpus(m) {
			return bad("m-line %d offers no Opus", i)
		}
		fingerprint, ok := m.Attribute("fingerprint")
		if !ok {
			fingerprint, ok = d.Attribute("fingerprint")
		}
		if !ok || !strings.HasPrefix(strings.ToLower(fingerprint), "sha-256 ") {
			return bad("m-line %d has no SHA-256 fingerprint", i)
		}
	}
	return offerShape{seats: len(d.MediaDescriptions) - 1}, nil
}

func direction(mline int) string {
	if mline == 0 {
		return "sendonly"
	}
	return "recvonly"
}

func has(m *sdp.MediaDescription, attribute string) bool {
	_, ok := m.Attribute(attribute)
	return ok
}

func hasOpus(m *sdp.MediaDescription) bool {
	for _, a := range m.Attributes {
		if a.Key == "rtpmap" && strings.Contains(strings.ToLower(a.Value), " opus/48000") {
			return true
		}
	}
	return false
}

// steerEncoder edits the answer's first m-line, which tells the participant's Opus encoder what to send (RFC 7587 §6.1):
// DTX, in-band FEC and the bit rate in bit/s. pion echoes the offer's parameters, which say what the participant wishes to receive.
func steerEncoder(answer string, bitrate int) string {
	lines := strings.SplitAfter(answer, "\r\n")
	mline, opus := -1, ""
	for i, line := range lines {
		text := strings.TrimSuffix(line, "\r\n")
		switch {
		case strings.HasPrefix(text, "m="):
			mline++
		case mline != 0:
		case strings.HasPrefix(text, "a=rtpmap:") && strings.HasSuffix(strings.ToLower(text), " opus/48000/2"):
			opus, _, _ = strings.Cut(strings.TrimPrefix(text, "a=rtpmap:"), " ")
		case opus != "" && strings.HasPrefix(text, "a=fmtp:"+opus+" "):
			lines[i] = "a=fmtp:" + opus + " minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=" + strconv.Itoa(bitrate) + "\r\n"
		}
	}
	return strings.Join(lines, "")
}
