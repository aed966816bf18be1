package sfu

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/earshot/earshot/sfu/signal"
)

// offer is what an acceptable offer says.
type offer struct {
	ufrag, pwd  string // ICE credentials (RFC 8839 §5.4)
	fingerprint string // of the DTLS certificate: SHA-256 in lower-case hex without colons
	setup       string // our side of the DTLS handshake (RFC 5763 §5): setupActive or setupPassive
	candidates  []string
	sections    []section // the microphone, then the seats
}

// section is one m-line.
type section struct {
	mid, protocol string
	direction     string // as offered
	opus, red     codec  // red.pt is "" where there is none
	levelID       uint8  // of the RFC 6464 extension; 0 is none
}

// codec is one payload type.
type codec struct {
	pt, fmtp string
	nack     bool
}

// number returns the payload type; 0 is none.
func (c codec) number() uint8 {
	n, _ := strconv.ParseUint(c.pt, 10, 8)
	return uint8(n)
}

const setupActive, setupPassive = "active", "passive"

const audioDirections = "sendonly recvonly inactive sendrecv"

// readOffer reads an offer and refuses, with CodeBadOffer, everything but the one shape that a join has: one sendonly (or,
// without a microphone, inactive) audio m-line, then up to k recvonly ones, each mid once, Opus in each. All share one
// transport (BUNDLE, RFC 8843), whose parameters are those of the first m-line.
func readOffer(text string, k int) (*offer, error) {
	bad := func(format string, args ...any) (*offer, error) {
		return nil, signal.Problemf(signal.CodeBadOffer, format, args...)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return bad("not SDP: %v", err)
	}
	if n := len(d.MediaDescriptions); n < 1 || n > 1+k {
		return bad("%d m-lines, want the microphone and at most %d seats", n, k)
	}
	o := &offer{sections: make([]section, len(d.MediaDescriptions))}
	mids := make(map[string]bool)
	for i, m := range d.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			return bad("m-line %d is %.16q, want audio", i, m.MediaName.Media)
		}
		s := readSection(m)
		if _, sdes := m.Attribute("crypto"); sdes || !strings.Contains(s.protocol, "/SAVP") {
			return bad("m-line %d is not DTLS-SRTP", i)
		}
		if s.mid == "" || len(s.mid) > 16 || strings.ContainsAny(s.mid, " \t") || mids[s.mid] {
			return bad("m-line %d has no mid of its own", i)
		}
		mids[s.mid] = true
		if want := direction(i); s.direction != want && (i != 0 || s.direction != "inactive") {
			return bad("m-line %d is not %s", i, want)
		}
		if s.opus.pt == "" {
			return bad("m-line %d offers no Opus", i)
		}
		if _, ok := readFingerprint(attribute(&d, m, "fingerprint")); !ok {
			return bad("m-line %d has no SHA-256 fingerprint", i)
		}
		o.sections[i] = s
	}
	first := d.MediaDescriptions[0]
	o.fingerprint, _ = readFingerprint(attribute(&d, first, "fingerprint"))
	o.ufrag, o.pwd = attribute(&d, first, "ice-ufrag"), attribute(&d, first, "ice-pwd")
	if len(o.ufrag) < 4 || len(o.ufrag) > 256 || len(o.pwd) < 22 || len(o.pwd) > 256 { // RFC 8839 §5.4
		return bad("no ICE credentials")
	}
	switch attribute(&d, first, "setup") {
	case "actpass", setupPassive, "":
		o.setup = setupActive
	case setupActive:
		o.setup = setupPassive
	default:
		return bad("no role is left for us in the DTLS handshake")
	}
	for _, a := range first.Attributes {
		if a.Key == "candidate" {
			o.candidates = append(o.candidates, a.Value)
		}
	}
	return o, nil
}

func readSection(m *sdp.MediaDescription) section {
	s := section{protocol: strings.Join(m.MediaName.Protos, "/")}
	for _, a := range m.Attributes {
		if a.Value == "" && s.direction == "" && strings.Contains(audioDirections, a.Key) {
			s.direction = a.Key
		}
		number, rest, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "mid":
			s.mid = a.Value
		case "rtpmap":
			switch name := strings.ToLower(rest); {
			case !isPayloadType(number):
			case name == "opus/48000/2" && s.opus.pt == "":
				s.opus.pt = number
			case name == "red/48000/2" && s.red.pt == "":
				s.red.pt = number
			}
		case "extmap":
			if id, _, _ := strings.Cut(number, "/"); strings.HasPrefix(rest, audioLevelURI) {
				if n, err := strconv.ParseUint(id, 10, 8); err == nil && n < 15 { // one-byte headers (RFC 8285 §4.2)
					s.levelID = uint8(n)
				}
			}
		}
	}
	for _, a := range m.Attributes { // in any order with rtpmap
		number, rest, _ := strings.Cut(a.Value, " ")
		switch {
		case a.Key == "fmtp" && number == s.opus.pt:
			s.opus.fmtp = rest
		case a.Key == "fmtp" && number == s.red.pt:
			s.red.fmtp = rest
		case a.Key == "rtcp-fb" && (number == s.opus.pt || number == "*") && rest == "nack":
			s.opus.nack = true
		}
	}
	return s
}

// isPayloadType reports whether a text is a payload type that cannot be taken for RTCP (RFC 5761 §4).
func isPayloadType(text string) bool {
	n, err := strconv.ParseUint(text, 10, 8)
	return err == nil && n < 128 && (n < 64 || n > 95)
}

// attribute returns that of the m-line, else of the session.
func attribute(d *sdp.SessionDescription, m *sdp.MediaDescription, key string) string {
	if v, ok := m.Attribute(key); ok {
		return v
	}
	v, _ := d.Attribute(key)
	return v
}

// readFingerprint reads "sha-256 AB:CD:…" (RFC 8122 §5).
func readFingerprint(text string) (string, bool) {
	hash, value, _ := strings.Cut(strings.ToLower(text), " ")
	value = strings.ReplaceAll(strings.TrimSpace(value), ":", "")
	b, err := hex.DecodeString(value)
	return value, hash == "sha-256" && err == nil && len(b) == 32
}

func direction(mline int) string {
	if mline == 0 {
		return "sendonly"
	}
	return "recvonly"
}
