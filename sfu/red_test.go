package sfu

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestRED_RoundTrip(t *testing.T) {
	var w redWriter
	older, old, own := bytes.Repeat([]byte{1}, 100), bytes.Repeat([]byte{2}, 300), bytes.Repeat([]byte{3}, 80)
	if !w.build([]redBlock{{offset: 2 * frame, payload: older}, {offset: frame, payload: old}}, own) {
		t.Fatal("did not fit")
	}
	var blocks [maxRedundant]redBlock
	n, primary, err := unwrapRED(w.payload(109), &blocks)
	if err != nil || n != 2 {
		t.Fatalf("%d blocks, error %v", n, err)
	}
	for i, want := range []redBlock{{109, 2 * frame, older}, {109, frame, old}} {
		if got := blocks[i]; got.pt != want.pt || got.offset != want.offset || !bytes.Equal(got.payload, want.payload) {
			t.Errorf("block %d is %v", i, got)
		}
	}
	if primary.pt != 109 || !bytes.Equal(primary.payload, own) {
		t.Errorf("own payload is %v", primary)
	}
}

func TestRED_KeepsTheNewestOfManyBlocks(t *testing.T) {
	b := []byte{
		0x80 | 111, 0, 0, 1, // offset 0, 1 byte
		0x80 | 111, 0, 3 << 2, 2,
		0x80 | 111, 0, 1 << 2, 1,
		111,
		'a', 'b', 'b', 'c', 'd',
	}
	var blocks [maxRedundant]redBlock
	n, primary, err := unwrapRED(b, &blocks)
	if err != nil || n != 2 || string(blocks[0].payload) != "bb" || string(blocks[1].payload) != "c" || string(primary.payload) != "d" {
		t.Errorf("%d blocks %q %q, own %q, error %v", n, blocks[0].payload, blocks[1].payload, primary.payload, err)
	}
}

func TestRED_RefusesWhatDoesNotFit(t *testing.T) {
	var w redWriter
	for name, red := range map[string]redBlock{
		"a packet from half a second ago": {offset: clockRate / 2, payload: []byte{1}},
		"a block longer than ten bits":    {offset: frame, payload: make([]byte, 1024)},
	} {
		if w.build([]redBlock{red}, []byte{1}) {
			t.Errorf("%s was taken", name)
		}
	}
	if w.build(nil, make([]byte, maxRED)) {
		t.Error("a payload without room for its header was taken")
	}
}

func TestUplink_FillsWhatWasLostFromRED(t *testing.T) {
	u, _, out := stageFor(1)
	w := &wire{t: t, sent: make(map[uint16]sentRTP)}
	(*u.seat.Load().subscribers.Load())[0].bound.Store(&binding{writer: w, opus: opusType})
	_ = out
	send := func(seq uint16, redundant ...byte) {
		var red redWriter
		blocks := make([]redBlock, 0, len(redundant))
		for i, b := range redundant {
			blocks = append(blocks, redBlock{offset: uint32(len(redundant)-i) * frame, payload: []byte{b, b, b}}) //nolint:gosec // small
		}
		own := byte(seq)
		if !red.build(blocks, []byte{own, own, own}) {
			t.Fatal("does not fit")
		}
		b, err := (&rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: redType, SSRC: 7, SequenceNumber: seq, Timestamp: uint32(seq) * frame},
			Payload: red.payload(opusType),
		}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		u.receive(b, time.Duration(seq)*tick)
	}
	send(10)
	send(11, 10)
	send(13, 12)     // 12 was lost
	send(16, 14, 15) // 14 and 15 were
	send(12)         // comes after all
	var got []byte
	for i, p := range w.last {
		got = append(got, p.payload[0])
		if i > 0 && (p.header.SequenceNumber != w.last[i-1].header.SequenceNumber+1 || p.header.Timestamp != w.last[i-1].header.Timestamp+frame) {
			t.Errorf("packet %d: %v follows %v", i, p.header, w.last[i-1].header)
		}
		if p.header.PayloadType != opusType {
			t.Errorf("packet %d has payload type %d", i, p.header.PayloadType)
		}
	}
	if want := []byte{10, 11, 12, 13, 14, 15, 16}; !bytes.Equal(got, want) {
		t.Errorf("heard %v, want %v", got, want)
	}
	if c := &u.counted; c.received.Load() != 7 || c.repaired.Load() != 3 || c.gaps.Load() != 3 || c.duplicates.Load() != 1 {
		t.Errorf("received %d, repaired %d, gaps %d, duplicates %d", c.received.Load(), c.repaired.Load(), c.gaps.Load(), c.duplicates.Load())
	}
}
