package siege

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/test/siege/talking"
)

// What a bad network does to one participant is no affair of the others.

// drone lets the intruder talk for d, every 20 ms.
func (i *intruder) drone(d time.Duration, first int) (sent int) {
	end := time.Now().Add(d)
	for ; time.Now().Before(end); sent++ {
		n := first + sent
		_ = i.send(rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(n) * 960}, talking.Word("Mallory", n)) //nolint:gosec // wraps
		time.Sleep(20 * time.Millisecond)
	}
	return sent
}

func TestBadInput_24_AParticipantWhoseNetworkIsGone(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	i.drone(300*time.Millisecond, 0)
	nothing := func([]byte) [][]byte { return nil }
	i.wire.tap(nothing, nothing) // no packet, and no consent to send any (RFC 7675)
	i.drone(2*time.Second, 100)
	i.wire.tap(nil, nil)
	eventually(t, "A hears the intruder after the outage", func() bool {
		i.drone(100*time.Millisecond, 1000)
		heard := talk.A.From(i.You())
		var n int
		_, _ = fmt.Sscanf(heard[len(heard)-1].Payload, "x Mallory says word number %d", &n)
		return n >= 1000
	})
	_ = i.pc.Close() // and a crash without a word
	talk.Undisturbed(t)
}

func TestBadInput_24_AParticipantWhoseAddressChanges(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	first := 0
	for range 5 {
		first += i.drone(300*time.Millisecond, first)
		i.wire.move(t)
	}
	i.drone(300*time.Millisecond, first)
	talk.Undisturbed(t)
}

// Clocks that jump: timestamps, sequence numbers and reports of a machine that slept or whose clock was set.
func TestBadInput_24_AParticipantWhoseClockJumps(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	seq, ts := uint16(0), uint32(0)
	for n := range 200 {
		seq++
		switch ts += 960; n % 50 {
		case 10:
			ts += 3600 * 48000 // an hour later
		case 20:
			ts -= 7200 * 48000 // and back
		case 30:
			ts += 1 << 31
		case 40:
			seq += 5000
		}
		if err := i.send(rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: ts}, talking.Word("Mallory", n)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	talk.Undisturbed(t)
	if n := len(talk.A.From(i.You())); n < 150 {
		t.Errorf("A heard %d of 200 packets", n)
	}
}

// Half of the packets come twice, and neighbours change places: from the first STUN request on. What others hear is each
// packet once, numbered as it was sent.
func TestBadInput_24_ANetworkThatDoublesAndReorders(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil)
	var held []byte
	i.wire.tap(func(b []byte) [][]byte {
		out := [][]byte{b}
		if rand.IntN(2) == 0 {
			out = append(out, b)
		}
		switch {
		case held != nil:
			out = append(out, held)
			held = nil
		case rand.IntN(3) == 0 && isSRTP(b):
			held = slices.Clone(b)
			return nil
		}
		return out
	}, nil)
	i.connected(t)
	sent := i.drone(3*time.Second, 0)
	talk.Undisturbed(t)
	packets := talk.A.From(i.You())
	seen := make(map[uint16]string)
	for _, v := range packets {
		if _, twice := seen[v.Seq]; twice {
			t.Fatalf("number %d came twice", v.Seq)
		}
		seen[v.Seq] = v.Payload
		var n int
		if _, err := fmt.Sscanf(v.Payload, "x Mallory says word number %d", &n); err != nil {
			t.Fatalf("heard %q", v.Payload)
		}
		if want := packets[0].Seq + uint16(n) - numberOf(packets[0].Payload); v.Seq != want { //nolint:gosec // small
			t.Fatalf("word %d has number %d, want %d", n, v.Seq, want)
		}
	}
	t.Logf("%d sent, %d heard", sent, len(packets))
	if len(packets) < sent*9/10 {
		t.Errorf("%d sent, %d heard", sent, len(packets))
	}
}

func numberOf(payload string) uint16 {
	var n uint16
	_, _ = fmt.Sscanf(payload, "x Mallory says word number %d", &n)
	return n
}

// A path whose packets may be 576 bytes (the least that IPv4 promises) carries voice.
func TestBadInput_24_APathOfSmallPackets(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil)
	const most = 576 - 20 - 8
	var largest atomic.Int64
	i.connected(t)
	small := func(b []byte) [][]byte {
		largest.Store(max(largest.Load(), int64(len(b)))) // about: both ways come here
		if len(b) > most {
			return nil
		}
		return [][]byte{b}
	}
	i.wire.tap(small, small)
	i.drone(time.Second, 0)
	if i.pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
		t.Errorf("the connection is %v", i.pc.ConnectionState())
	}
	talk.Undisturbed(t)
	if n := len(talk.A.From(i.You())); n < 20 {
		t.Errorf("A heard %d packets", n)
	}
	t.Logf("the largest packet had %d bytes", largest.Load())
}
