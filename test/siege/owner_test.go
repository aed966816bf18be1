package siege

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/test/siege/talking"
)

// Media belongs to its sender.

// RTP and RTCP without a key are nothing, also from a participant's own address and under another's SSRC.
func TestMedia_WithoutAKeyIsNeverForwarded(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	anywhere := stranger(t, talk)
	sources := append(ssrcs(talk.A.Offer), ssrcs(talk.B.Offer)...)
	sources = append(sources, i.mic.bound.Load().ssrc)
	if len(sources) < 3 {
		t.Fatalf("the offers name %d SSRCs", len(sources))
	}
	for n := range 100 {
		for _, ssrc := range sources {
			b, err := (&rtp.Packet{
				Header:  rtp.Header{Version: 2, PayloadType: 111, SSRC: ssrc, SequenceNumber: uint16(n), Timestamp: uint32(n) * 960}, //nolint:gosec // small
				Payload: []byte(talking.Word("plain", n)),
			}).Marshal()
			if err != nil {
				t.Fatal(err)
			}
			for _, packet := range [][]byte{b, rtcpPacket(203, 1, 1, ssrc), rtcpPacket(200, 0, 6, ssrc, 1, 2, 3, 4, 5)} {
				write(anywhere, packet)
				if err := i.wire.inject(packet); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	_ = anywhere.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := anywhere.Read(make([]byte, 2000)); err == nil {
		t.Errorf("a stranger was answered with %d bytes", n)
	}
	talk.Undisturbed(t)
	talk.HeardNothingLike(t, "plain")
}

// A participant who sends under the SSRCs of others, of their microphones or of what they are sent, is heard as itself.
func TestMedia_UnderAnothersSSRCIsItsSenders(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	sources := append(ssrcs(talk.A.Offer), ssrcs(talk.B.Offer)...)
	sources = append(append(sources, ssrcs(talk.A.Answer())...), ssrcs(i.Answer())...)
	for n := range 200 {
		h := rtp.Header{Version: 2, SSRC: sources[n/20%len(sources)], SequenceNumber: uint16(n), Timestamp: uint32(n) * 960} //nolint:gosec // small
		if err := i.send(h, talking.Word("Mallory", n)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	you := i.You()
	talk.Strayed(t, "Mallory", you)
	talk.Undisturbed(t)
}

// STUN that a participant sent and that somebody sends again from elsewhere, with the nomination in it, moves nobody's media.
func TestMedia_IsNotMovedByReplayedSTUN(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil)
	var mu sync.Mutex
	var recorded [][]byte
	i.wire.tap(func(b []byte) [][]byte {
		if len(b) > 1 && b[0] == 0 && b[1] == 1 {
			mu.Lock()
			recorded = append(recorded, append([]byte(nil), b...))
			mu.Unlock()
		}
		return [][]byte{b}
	}, nil)
	i.connected(t)
	elsewhere := stranger(t, talk)
	for n := range 100 {
		mu.Lock()
		requests := slices.Clone(recorded)
		mu.Unlock()
		for _, b := range requests {
			write(elsewhere, b)
		}
		if err := i.send(rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(n) * 960}, talking.Word("Mallory", n)); err != nil { //nolint:gosec // small
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	eventually(t, "A hears the intruder's last packet", func() bool {
		heard := talk.A.From(i.You())
		return len(heard) > 0 && heard[len(heard)-1].Payload == talking.Word("Mallory", 99)
	})
	i.wire.tap(nil, nil)
	kinds := make(map[string]int)
	b := make([]byte, 2000)
	_ = elsewhere.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	for {
		n, err := elsewhere.Read(b)
		if err != nil {
			break
		}
		switch {
		case isSRTP(b[:n]):
			kinds["media"]++
		case isDTLS(b[:n]):
			kinds["dtls"]++
		default:
			kinds["stun"]++
		}
	}
	t.Logf("%d requests recorded; who sent them again was sent %v", len(recorded), kinds)
	if kinds["media"]+kinds["dtls"] > 0 {
		t.Errorf("who replayed STUN was sent %v", kinds)
	}
	talk.Undisturbed(t)
}
