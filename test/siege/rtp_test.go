package siege

import (
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/test/siege/talking"
)

// What an authenticated participant can send that no microphone would.

func TestBadInput_21_RTPThatIsNoVoice(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	const forbidden = "never to be heard"
	csrc := make([]uint32, 15)
	packets := map[string]func() (rtp.Header, string){
		"version 0":                  func() (rtp.Header, string) { return rtp.Header{Version: 0}, forbidden },
		"version 3":                  func() (rtp.Header, string) { return rtp.Header{Version: 3}, forbidden },
		"padding 0":                  func() (rtp.Header, string) { return rtp.Header{Version: 2, Padding: true}, "xs\x00" },
		"padding beyond the payload": func() (rtp.Header, string) { return rtp.Header{Version: 2, Padding: true}, "xs\xff" },
		"padding alone":              func() (rtp.Header, string) { return rtp.Header{Version: 2, Padding: true, PaddingSize: 255}, "" },
		"no payload":                 func() (rtp.Header, string) { return rtp.Header{Version: 2}, "" },
		"fifteen CSRCs":              func() (rtp.Header, string) { return rtp.Header{Version: 2, CSRC: csrc}, "xs" },
		"a long extension": func() (rtp.Header, string) {
			h := rtp.Header{Version: 2, Extension: true, ExtensionProfile: 0xabcd}
			_ = h.SetExtension(0, make([]byte, 1000))
			return h, "xs"
		},
		"an unknown payload type": func() (rtp.Header, string) { return rtp.Header{Version: 2, PayloadType: 77}, forbidden },
		"PCMU":                    func() (rtp.Header, string) { return rtp.Header{Version: 2, PayloadType: 1}, forbidden },
		"1,400 bytes of Opus":     func() (rtp.Header, string) { return rtp.Header{Version: 2}, "x" + strings.Repeat(forbidden, 90)[:1399] },
		"one byte of Opus":        func() (rtp.Header, string) { return rtp.Header{Version: 2}, "x" },
		"63 frames of 60 ms":      func() (rtp.Header, string) { return rtp.Header{Version: 2}, "\x1b\x3f" },
	}
	names := slices.Sorted(maps.Keys(packets))
	seq := uint16(0)
	for _, name := range names {
		for range 20 {
			h, payload := packets[name]()
			seq++
			h.SequenceNumber, h.Timestamp = seq, uint32(seq)*960
			if err := i.send(h, payload); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	for range 300 { // jumps
		seq += uint16(rand.Uint32()) //nolint:gosec // random
		_ = i.send(rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: rand.Uint32(), Marker: rand.IntN(2) == 0}, "xs")
		time.Sleep(2 * time.Millisecond)
	}
	talk.Undisturbed(t)
	talk.HeardNothingLike(t, forbidden)
}

func TestBadInput_21_TenThousandSources(t *testing.T) {
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sent := 0
	for ; sent < 10_000; sent++ {
		if i.send(rtp.Header{Version: 2, SSRC: rand.Uint32(), SequenceNumber: 1}, "xs") != nil {
			break // the room has closed the connection
		}
		if sent%20 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	eventually(t, "the end of the intruder's connection", func() bool {
		return i.pc.ConnectionState() != webrtc.PeerConnectionStateConnected
	})
	talk.GoOn(t, 10)
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc) //nolint:gosec // fits
	t.Logf("%d sources, heap %+d kB", sent, grown>>10)
	if grown > 16<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	talk.Undisturbed(t)
}

func TestBadInput_21_TenThousandPacketsASecond(t *testing.T) {
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	began := time.Now()
	sent := 0
	err := during(2*time.Second, func() error {
		sent++
		return i.send(rtp.Header{Version: 2, SequenceNumber: uint16(sent), Timestamp: uint32(sent) * 960}, talking.Word("Mallory", sent)) //nolint:gosec // wraps
	})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	talk.Undisturbed(t)
	heard := len(talk.A.From(i.You()))
	t.Logf("%d sent in %v, %d forwarded", sent, took.Round(time.Millisecond), heard)
	// A 10 ms microphone sends 100 a second. What passes is bounded by the time, whatever is sent.
	if limit := 400 * (1 + int(took.Seconds()+1)); heard > limit {
		t.Errorf("%d packets were forwarded in %v, want at most %d", heard, took, limit)
	}
}

// Two levels forged as the loudest there is sit in both seats; whoever really speaks gets in.
func TestBadInput_22_LevelsForgedAsLoud(t *testing.T) {
	talk := &talk{talking.New(talking.Room(t, func(cfg *sfu.Config) { cfg.Seats = 2 }), nil)}
	for _, name := range []string{"Mallory", "Eve"} {
		i := talk.intrude(t, name, nil).connected(t)
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n := uint16(0); ; n++ {
				h := rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}
				_ = h.SetExtension(i.mic.bound.Load().levelID, []byte{0})
				_ = i.send(h, talking.Word(name, int(n)))
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}()
		t.Cleanup(func() { close(stop); <-done })
	}
	time.Sleep(11 * time.Second) // longer than anybody speaks without a breath
	talk.Begin(t)
	talk.GoOn(t, 25)
}
