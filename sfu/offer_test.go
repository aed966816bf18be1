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
		after := steerEncoder(before, signal.Quality{}, false)
		want := "a=fmtp:" + opus + " minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=32000\r\n"
		if strings.Count(after, want) != 1 || strings.Replace(after, want, "a=fmtp:"+opus+" minptime=10;useinbandfec=1\r\n", 1) != before {
			t.Errorf("steered:\n%s", after)
		}
	}
}

func TestSteerEncoder_AsksForTheQualityThatWasChosen(t *testing.T) {
	for _, c := range []struct {
		quality signal.Quality
		fmtp    string
		ptime   bool
	}{
		{signal.Quality{Bitrate: 16000}, "usedtx=1;stereo=0;maxaveragebitrate=16000", false},
		{signal.Quality{Bitrate: 96000, LowDelay: true}, "usedtx=1;stereo=0;maxaveragebitrate=96000", true},
		{signal.Quality{Bitrate: 16000, Music: true}, "stereo=1;sprop-stereo=1;maxaveragebitrate=128000", false},
	} {
		answer := strings.ReplaceAll(browserOffer("109"), "a=mid:", "a=ptime:60\r\na=mid:")
		got := steerEncoder(answer, c.quality, false)
		microphone, seats, _ := strings.Cut(got, "a=mid:1\r\n")
		if !strings.Contains(microphone, "a=fmtp:109 minptime=10;useinbandfec=1;"+c.fmtp+"\r\n") {
			t.Errorf("%+v: %s", c.quality, microphone)
		}
		if strings.Contains(microphone, "a=ptime:10\r\n") != c.ptime || strings.Count(seats, "a=ptime:60") != 1 {
			t.Errorf("%+v: %s", c.quality, got)
		}
	}
}

func TestSteerEncoder_PutsRedundancyFirstForTheMicrophoneOnly(t *testing.T) {
	before := browserOffer("111")
	after := steerEncoder(before, signal.Quality{}, true)
	if strings.Count(after, "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n") != 1 || strings.Count(after, "SAVPF 111 63\r\n") != 2 {
		t.Errorf("steered:\n%s", after)
	}
	if back := steerEncoder(after, signal.Quality{}, false); strings.Contains(back, "SAVPF 63 111") {
		t.Errorf("steered back:\n%s", back)
	}
	without := strings.ReplaceAll(before, "a=rtpmap:63 red/48000/2\r\n", "")
	if after := steerEncoder(without, signal.Quality{}, true); strings.Contains(after, "SAVPF 63 111") {
		t.Errorf("redundancy that nobody offered:\n%s", after)
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
		steerEncoder(text, signal.Quality{LowDelay: true}, true)
	})
}
