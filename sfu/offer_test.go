package sfu

import (
	"strings"
	"testing"

	"github.com/earshot/earshot/sfu/signal"
)

// browserOffer has the shape of a browser's: the microphone and two seats.
func browserOffer(opus string) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\n" +
		"a=ice-pwd:" + strings.Repeat("p", 24) + "\r\na=fingerprint:sha-256 " + strings.TrimSuffix(strings.Repeat("AB:", 32), ":") + "\r\n")
	for mid, direction := range []string{"sendonly", "recvonly", "recvonly"} {
		b.WriteString("m=audio 9 UDP/TLS/RTP/SAVPF " + opus + " 63\r\nc=IN IP4 0.0.0.0\r\na=mid:" + string(rune('0'+mid)) +
			"\r\na=" + direction + "\r\na=extmap:3 " + audioLevelURI + "\r\na=rtpmap:" + opus + " opus/48000/2\r\na=rtcp-fb:" + opus +
			" nack\r\na=fmtp:" + opus + " minptime=10;useinbandfec=1;stereo=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 " + opus + "/" + opus + "\r\n")
	}
	return b.String()
}

// answered reads an offer and answers it.
func answered(t *testing.T, text string, q signal.Quality, doubled bool) (microphone string, seats []string) {
	t.Helper()
	o, err := readOffer(text, 10)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{
		ufrag: "ours", pwd: "secret", fingerprint: "00:11", candidates: []string{"1 1 udp 1 10.0.0.1 7788 typ host"},
		ssrcs: []uint32{11, 12}, version: 1, quality: q, doubled: doubled,
	}
	parts := strings.Split(a.write(o), "m=audio ")
	if len(parts) != 4 {
		t.Fatalf("%d m-lines", len(parts)-1)
	}
	return parts[1], parts[2:]
}

func TestReadOffer_TakesWhatABrowserSays(t *testing.T) {
	o, err := readOffer(browserOffer("109"), 10)
	if err != nil {
		t.Fatal(err)
	}
	s := o.sections[0]
	if len(o.sections) != 3 || o.ufrag != "abcd" || o.setup != setupActive || o.fingerprint != strings.Repeat("ab", 32) {
		t.Errorf("offer %+v", o)
	}
	if s.mid != "0" || s.opus.number() != 109 || s.red.number() != 63 || !s.opus.nack || s.levelID != 3 || s.direction != "sendonly" {
		t.Errorf("microphone %+v", s)
	}
}

func TestReadOffer_RefusesOtherShapes(t *testing.T) {
	good := browserOffer("111")
	for name, text := range map[string]string{
		"no role in DTLS":         strings.Replace(good, "setup:actpass", "setup:holdconn", 1),
		"no ICE credentials":      strings.Replace(good, "a=ice-ufrag:abcd\r\n", "", 1),
		"a short ICE password":    strings.Replace(good, strings.Repeat("p", 24), "short", 1),
		"a SHA-1 fingerprint":     strings.Replace(good, "sha-256", "sha-1", 1),
		"half a fingerprint":      strings.Replace(good, "AB:AB:", "", 1),
		"Opus as an RTCP packet":  strings.ReplaceAll(good, "rtpmap:111", "rtpmap:72"),
		"two of one mid":          strings.Replace(good, "a=mid:1", "a=mid:0", 1),
		"a microphone that hears": strings.Replace(good, "sendonly", "sendrecv", 1),
		"video":                   strings.Replace(good, "m=audio", "m=video", 1),
		"nothing":                 "",
	} {
		if _, err := readOffer(text, 10); signal.AsProblem(err).Code != signal.CodeBadOffer {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readOffer(good, 1); err == nil {
		t.Error("more seats than the room has were taken")
	}
}

func TestAnswer_SteersTheMicrophoneOnly(t *testing.T) {
	for _, c := range []struct {
		quality signal.Quality
		fmtp    string
		ptime   bool
	}{
		{signal.Quality{}, "usedtx=1;stereo=0;maxaveragebitrate=32000", false},
		{signal.Quality{Bitrate: 96000, LowDelay: true}, "usedtx=1;stereo=0;maxaveragebitrate=96000", true},
		{signal.Quality{Bitrate: 16000, Music: true}, "stereo=1;sprop-stereo=1;maxaveragebitrate=128000", false},
	} {
		for _, opus := range []string{"111", "109"} { // Chromium, Firefox
			microphone, seats := answered(t, browserOffer(opus), c.quality, false)
			if !strings.Contains(microphone, "a=fmtp:"+opus+" minptime=10;useinbandfec=1;"+c.fmtp+"\r\n") {
				t.Errorf("%+v: %s", c.quality, microphone)
			}
			if strings.Contains(microphone, "a=ptime:10\r\n") != c.ptime {
				t.Errorf("%+v: %s", c.quality, microphone)
			}
			for _, seat := range seats { // as the participant wishes to receive
				if !strings.Contains(seat, "a=fmtp:"+opus+" minptime=10;useinbandfec=1;stereo=1\r\n") || strings.Contains(seat, "ptime:10") {
					t.Errorf("%+v: %s", c.quality, seat)
				}
			}
		}
	}
}

func TestAnswer_PutsRedundancyFirstForTheMicrophoneOnly(t *testing.T) {
	microphone, seats := answered(t, browserOffer("111"), signal.Quality{}, true)
	if !strings.HasPrefix(microphone, "9 UDP/TLS/RTP/SAVPF 63 111\r\n") || !strings.HasPrefix(seats[0], "9 UDP/TLS/RTP/SAVPF 111 63\r\n") {
		t.Errorf("%s%s", microphone, seats[0])
	}
	without := strings.ReplaceAll(browserOffer("111"), "a=rtpmap:63 red/48000/2\r\n", "")
	if microphone, _ = answered(t, without, signal.Quality{}, true); !strings.HasPrefix(microphone, "9 UDP/TLS/RTP/SAVPF 111\r\n") {
		t.Errorf("redundancy that nobody offered: %s", microphone)
	}
}

func TestAnswer_NamesEachSeat(t *testing.T) {
	microphone, seats := answered(t, browserOffer("111"), signal.Quality{}, false)
	for _, want := range []string{"a=recvonly\r\n", "a=candidate:1 1 udp 1 10.0.0.1 7788 typ host\r\na=end-of-candidates\r\n", "a=extmap:3 " + audioLevelURI} {
		if !strings.Contains(microphone, want) {
			t.Errorf("no %q in %s", want, microphone)
		}
	}
	for i, want := range []string{"a=ssrc:11 msid:stream0 seat0\r\na=sendonly\r\n", "a=ssrc:12 msid:stream1 seat1\r\na=sendonly\r\n"} {
		if !strings.Contains(seats[i], want) || strings.Contains(seats[i], "extmap") {
			t.Errorf("seat %d: %s", i, seats[i])
		}
	}
	silent, _ := answered(t, strings.Replace(browserOffer("111"), "sendonly", "inactive", 1), signal.Quality{}, false)
	if !strings.Contains(silent, "a=inactive\r\n") {
		t.Errorf("a listener is answered %s", silent)
	}
}

func FuzzOffer(f *testing.F) {
	f.Add(browserOffer("111"))
	f.Add("v=0\r\nm=audio")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := readOffer(text, 10)
		if err != nil {
			if signal.AsProblem(err).Code != signal.CodeBadOffer {
				t.Fatalf("error %v", err)
			}
			return
		}
		if n := len(o.sections); n < 1 || n > 11 {
			t.Fatalf("%d m-lines", n)
		}
		out := (&answer{ssrcs: make([]uint32, 10), doubled: true}).write(o)
		if strings.Count(out, "\r\nm=") != len(o.sections) || strings.Contains(strings.ReplaceAll(out, "\r\n", ""), "\n") {
			t.Fatalf("answer:\n%s", out)
		}
	})
}
