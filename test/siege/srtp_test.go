package siege

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/test/siege/talking"
)

// What comes from a participant's own address without its key, or a second time.

// capture lets the intruder talk and returns its packets as they were on the wire.
func capture(t *testing.T, talk *talk, i *intruder, n int) [][]byte {
	t.Helper()
	packets := make(chan []byte, 10*n)
	i.wire.tap(func(b []byte) [][]byte {
		if isSRTP(b) {
			select {
			case packets <- append([]byte(nil), b...):
			default:
			}
		}
		return [][]byte{b}
	}, nil)
	for k := range n {
		if err := i.send(rtp.Header{Version: 2, SequenceNumber: uint16(k), Timestamp: uint32(k) * 960}, talking.Word("Mallory", k)); err != nil { //nolint:gosec // small
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	eventually(t, "A hears the intruder's last packet", func() bool {
		heard := talk.A.From(i.You())
		return len(heard) > 0 && heard[len(heard)-1].Payload == talking.Word("Mallory", n-1)
	})
	out := make([][]byte, 0, n)
	for len(packets) > 0 {
		out = append(out, <-packets)
	}
	return out
}

func TestBadInput_20_SRTPThatWasForgedOrReplayed(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	packets := capture(t, talk, i, 50)
	anywhere := stranger(t, talk)
	before := len(talk.A.From(i.You()))

	attacks := map[string]func(real []byte) []byte{
		"a bad tag":            func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"another number":       func(b []byte) []byte { b[2] ^= 0x40; return b },
		"another source":       func(b []byte) []byte { b[9] ^= 1; return b },
		"a replay":             func(b []byte) []byte { return b },
		"cut off":              func(b []byte) []byte { return b[:12+rand.IntN(len(b)-12)] },
		"a header alone":       func(b []byte) []byte { return b[:12] },
		"half a header":        func(b []byte) []byte { return b[:5] },
		"fifteen CSRCs":        func(b []byte) []byte { b[0] |= 0x0f; return b },
		"an extension bit":     func(b []byte) []byte { b[0] |= 0x10; return b },
		"a padding bit":        func(b []byte) []byte { b[0] |= 0x20; return b },
		"as RTCP":              func(b []byte) []byte { b[1] = 200; return b },
		"random bytes":         func(b []byte) []byte { fill(b[12:]); return b },
		"an endless extension": func(b []byte) []byte { b[0] |= 0x10; b[14], b[15] = 0xff, 0xff; return b },
	}
	for name, attack := range attacks {
		sent := 0
		err := during(300*time.Millisecond, func() error {
			b := append([]byte(nil), packets[sent%len(packets)]...)
			sent++
			b = attack(b)
			write(anywhere, b) // never learn an address from what is not authenticated
			return i.wire.inject(b)
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Logf("%s: %d sent", name, sent)
	}
	time.Sleep(200 * time.Millisecond)
	if after := len(talk.A.From(i.You())); after != before {
		t.Errorf("A heard %d packets of forgeries and replays", after-before)
	}
	// The intruder itself is still heard: bad packets are counted, not hung up on.
	if err := i.send(rtp.Header{Version: 2, SequenceNumber: 50, Timestamp: 50 * 960}, talking.Word("Mallory", 50)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "A hears the intruder again", func() bool { return len(talk.A.From(i.You())) > before })
	talk.Undisturbed(t)
}

func fill(b []byte) {
	for i := range b {
		b[i] = byte(rand.Uint32()) //nolint:gosec // random
	}
}

// A sequence number far ahead makes a receiver guess the rollover counter (RFC 3711 §3.3.1); whoever guesses wrong hears
// no more of that participant, which is its own affair.
func TestBadInput_20_RolloverCounterJumps(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	seq := uint16(0)
	for n := range 300 {
		seq += []uint16{1, 1, 20000, 32767, 32768, 32769, 65535, 40000}[rand.IntN(8)]
		if err := i.send(rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: rand.Uint32()}, talking.Word("Mallory", n)); err != nil {
			t.Logf("send: %v", err)
		}
		time.Sleep(3 * time.Millisecond)
	}
	talk.Undisturbed(t)
	numbers := make(map[uint16]string)
	for _, v := range talk.A.From(i.You()) {
		if old, twice := numbers[v.Seq]; twice && old != v.Payload && strings.Contains(v.Payload, "Mallory") {
			t.Errorf("number %d carried %q and %q", v.Seq, old, v.Payload)
		}
		numbers[v.Seq] = v.Payload
	}
}
