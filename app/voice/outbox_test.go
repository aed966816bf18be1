package voice

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/earshot/earshot/sfu/client/media"
)

// message is what an outbox sent, and when.
type message struct {
	after time.Duration
	words []string
}

// gathered tells what became of packets that were added at those times.
func gathered(t *testing.T, at ...time.Duration) (sent []message) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		o := &outbox{send: func(b []byte) { sent = append(sent, message{time.Since(begun), wordsOf(t, b)}) }}
		for n, when := range at {
			time.Sleep(when - time.Since(begun))
			o.add(media.Heard{Seat: n, Sequence: 7, Timestamp: 960, Payload: []byte{'a' + byte(n)}})
		}
		time.Sleep(time.Second)
		o.close()
	})
	return sent
}

// wordsOf reads the packets of a message, and holds them to the format of doc.go.
func wordsOf(t *testing.T, b []byte) (words []string) {
	t.Helper()
	for len(b) > 0 {
		length := int(binary.BigEndian.Uint16(b))
		packet := b[2 : 2+length]
		word := string(packet[heardHeader:])
		if seat := packet[0]; word != string('a'+rune(seat)) || binary.BigEndian.Uint16(packet[1:]) != 7 || binary.BigEndian.Uint32(packet[3:]) != 960 {
			t.Fatalf("a packet is %v", packet)
		}
		words = append(words, word)
		b = b[2+length:]
	}
	return words
}

func TestOutbox_OneTalkerNeverWaits(t *testing.T) {
	const every = 20 * time.Millisecond
	for n, each := range gathered(t, 0, every, 2*every, 3*every) {
		if each.after != time.Duration(n)*every || len(each.words) != 1 {
			t.Errorf("packet %d went with %v after %v", n, each.words, each.after)
		}
	}
}

func TestOutbox_WhatComesTogetherGoesTogether(t *testing.T) {
	const ms = time.Millisecond
	sent := gathered(t, 0, ms, 2*ms, 9*ms, 12*ms, 50*ms)
	want := []message{{0, []string{"a"}}, {10 * ms, []string{"b", "c", "d"}}, {20 * ms, []string{"e"}}, {50 * ms, []string{"f"}}}
	if len(sent) != len(want) {
		t.Fatalf("sent %v, want %v", sent, want)
	}
	for n, each := range want {
		if sent[n].after != each.after || len(sent[n].words) != len(each.words) || sent[n].words[0] != each.words[0] {
			t.Errorf("sent %v, want %v", sent[n], each)
		}
	}
}

func TestOutbox_NothingGoesAfterItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		o := &outbox{send: func([]byte) { sent++ }}
		o.add(media.Heard{Payload: []byte("a")})
		o.add(media.Heard{Payload: []byte("b")})
		o.close()
		o.add(media.Heard{Payload: []byte("c")})
		time.Sleep(time.Second)
		if sent != 1 {
			t.Errorf("sent %d messages", sent)
		}
	})
}
