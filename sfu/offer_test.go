package sfu

import (
	"strings"
	"testing"

	"github.com/earshot/earshot/sfu/signal"
)

// browserOffer has the shape of a browser's: the microphone and two seats.
func browserOffer(opus string) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=fingerprint:sha-256 " +
		strings.TrimSuffix(strings.Repeat("AB:", 32), ":") + "\r\n")
	for mid, direction := range []string{"sendonly", "recvonly", "recvonly"} {
		b.WriteString("m=audio 9 UDP/TLS/RTP/SAVPF " + opus + " 63\r\nc=IN IP4 0.0.0.0\r\na=mid:" + string(rune('0'+mid)) +
			"\r\na=" + direction + "\r\na=rtpmap:" + opus + " opus/48000/2\r\na=fmtp:" + opus + " minptime=10;useinbandfec=1\r\n" +
			"a=rtpmap:63 red/48000/2\r\na=fmtp:63 " + opus + "/" + opus + "\r\n")
	}
	return b.String()
}

func TestCheckOffer_CountsTheSeats(t *testing.T) {
	shape, err := checkOffer(browserOffer("111"), 10)
	if err != nil || shape.seats != 2 {
		t.Errorf("shape %+v, %v", shape, err)
	}
}

func TestSteerEncoder_ChangesOpusOfTheMicrophoneOnly(t *testing.T) {
	for _, opus := range []string{"111", "109"} { // Chromium, Firefox
		before := browserOffer(opus)
		after := steerEncoder(before, 32000)
		want := "a=fmtp:" + opus + " minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=32000\r\n"
		if strings.Count(after, want) != 1 || strings.Replace(after, want, "a=fmtp:"+opus+" minptime=10;useinbandfec=1\r\n", 1) != before {
			t.Errorf("steered:\n%s", after)
		}
	}
}

func FuzzOffer(f *testing.F) {
	f.Add(browserOffer("111"))
	f.Add("v=0\r\nm=audio")
	f.Fuzz(func(t *testing.T, text string) {
		shape, err := checkOffer(text, 10)
		if err != nil {
			if signal.AsProblem(err).Code != signal.CodeBadOffer {
				t.Fatalf("error %v", err)
			}
			return
		}
		if shape.seats < 0 || shape.seats > 10 {
			t.Fatalf("%d seats", shape.seats)
		}
		steerEncoder(text, 32000)
	})
}
