package sfu

import (
	"slices"
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

// steerEncoder edits the answer's first m-line, which tells the participant what to send: Opus' parameters (RFC 7587
// §6.1), the length of a packet, and with doubled RED (RFC 2198) before Opus, where the answer has it. pion echoes the
// offer's parameters, which say what the participant wishes to receive.
//
// Chromium 156 takes the codec from the order of payload types alone: RTCRtpSender.setParameters accepts audio/red and
// goes on sending Opus.
func steerEncoder(answer string, q signal.Quality, doubled bool) string {
	first := strings.Index(answer, "m=")
	if first < 0 {
		return answer
	}
	end := len(answer)
	if next := strings.Index(answer[first:], "\r\nm="); next >= 0 {
		end = first + next + 2
	}
	lines := strings.SplitAfter(answer[first:end], "\r\n")
	opus, red := payloadType(lines, "opus/48000/2"), payloadType(lines, "red/48000/2")
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "a=ptime:") || strings.HasPrefix(line, "a=maxptime:")
	})
	for i, line := range lines {
		switch {
		case i == 0 && doubled && red != "":
			lines[i] = preferring(line, red, opus)
		case i == 0:
			lines[i] = preferring(line, opus)
		case opus != "" && strings.HasPrefix(line, "a=fmtp:"+opus+" "):
			lines[i] = "a=fmtp:" + opus + " " + encoderParameters(q) + "\r\n"
			if q.LowDelay {
				lines[i] += "a=ptime:10\r\n"
			}
		}
	}
	return answer[:first] + strings.Join(lines, "") + answer[end:]
}

// encoderParameters is Opus' fmtp for a quality. Music is sent while it is quiet too: DTX would cut the end of a fading note.
func encoderParameters(q signal.Quality) string {
	rate := strconv.Itoa(q.BitsPerSecond())
	if q.Music {
		return "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=" + rate
	}
	return "minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=" + rate
}

// payloadType returns the payload type that an m-section's rtpmap gives a codec, or "".
func payloadType(section []string, codec string) string {
	for _, line := range section {
		number, name, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "a=rtpmap:"), " ")
		if strings.HasPrefix(line, "a=rtpmap:") && strings.EqualFold(name, codec) {
			return number
		}
	}
	return ""
}

// preferring moves payload types to the front of an m= line ("m=audio 9 UDP/TLS/RTP/SAVPF 63 111").
func preferring(line string, types ...string) string {
	const before = 3 // media, port, protocol
	fields := strings.Fields(line)
	if len(fields) <= before {
		return line
	}
	var ordered []string
	for _, t := range types {
		if slices.Contains(fields[before:], t) {
			ordered = append(ordered, t)
		}
	}
	for _, t := range fields[before:] {
		if !slices.Contains(types, t) {
			ordered = append(ordered, t)
		}
	}
	return strings.Join(append(fields[:before], ordered...), " ") + "\r\n"
}
