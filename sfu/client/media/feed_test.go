package media

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// hearing collects what a feed gives.
type hearing struct{ heard []Heard }

func (h *hearing) numbers() []uint16 {
	numbers := make([]uint16, 0, len(h.heard))
	for _, each := range h.heard {
		numbers = append(numbers, each.Sequence)
	}
	return numbers
}

func give(f *Feed, numbers ...uint16) {
	for _, n := range numbers {
		f.Packet(0, &rtp.Packet{
			Header: rtp.Header{SequenceNumber: n, Timestamp: 960 * uint32(n), PayloadType: opusPayloadType}, Payload: []byte{byte(n), 1, 2},
		})
	}
}

func TestFeed_GivesWhatComesInOrderAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		f := NewFeed(func(p Heard) { h.heard = append(h.heard, p) })
		give(f, 65534, 65535, 0, 1)
		synctest.Wait()
		f.Close()
		if got := h.numbers(); !slices.Equal(got, []uint16{65534, 65535, 0, 1}) {
			t.Errorf("gave %v", got)
		}
	})
}

func TestFeed_WaitsForAPacketThatIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		f := NewFeed(func(p Heard) { h.heard = append(h.heard, p) })
		defer f.Close()
		give(f, 1, 3, 4)
		time.Sleep(feedWait - 5*time.Millisecond)
		synctest.Wait()
		if got := h.numbers(); !slices.Equal(got, []uint16{1}) {
			t.Fatalf("gave %v while 2 was still on its way", got)
		}
		give(f, 2, 4)
		synctest.Wait()
		if got := h.numbers(); !slices.Equal(got, []uint16{1, 2, 3, 4}) {
			t.Errorf("gave %v", got)
		}
	})
}

func TestFeed_GoesOnWithoutAPacketThatDoesNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		f := NewFeed(func(p Heard) { h.heard = append(h.heard, p) })
		defer f.Close()
		give(f, 1, 3)
		time.Sleep(feedWait + 2*time.Millisecond)
		synctest.Wait()
		give(f, 2) // too late
		synctest.Wait()
		if got := h.numbers(); !slices.Equal(got, []uint16{1, 3}) {
			t.Errorf("gave %v", got)
		}
	})
}

func TestFeed_FillsInWhatWasLostFromRED(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		f := NewFeed(func(p Heard) { h.heard = append(h.heard, p) })
		defer f.Close()
		var r redundancy
		var last []byte
		for n := range uint32(4) {
			payload := []byte{byte(n), 7, 7}
			if wrapped, ok := r.wrap(opusPayloadType, 960*n, payload); ok {
				last = wrapped
			}
			r.keep(960*n, payload)
		}
		give(f, 0)
		f.Packet(0, &rtp.Packet{Header: rtp.Header{SequenceNumber: 3, Timestamp: 960 * 3, PayloadType: redPayloadType}, Payload: last})
		f.Packet(0, &rtp.Packet{Header: rtp.Header{SequenceNumber: 4, PayloadType: redPayloadType}, Payload: []byte{0x80 | 111, 0, 0}})
		synctest.Wait()
		if got := h.numbers(); !slices.Equal(got, []uint16{0, 1, 2, 3}) {
			t.Fatalf("gave %v", got)
		}
		for n, p := range h.heard {
			if p.Timestamp != 960*uint32(n) || p.Payload[0] != byte(n) { //nolint:gosec // 0 to 3
				t.Errorf("packet %d is %+v", n, p)
			}
		}
	})
}
