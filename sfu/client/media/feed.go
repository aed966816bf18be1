package media

import (
	"bytes"
	"sync"
	"time"

	"github.com/pion/rtp"
)

const (
	// feedWait is how long a packet waits for one before it that is missing: it is asked for again at once and every 20 ms,
	// so it comes in this time or is not worth waiting for. Whoever plays the feed hears no more of the wait than their own
	// buffer is short of it.
	feedWait = 60 * time.Millisecond
	// feedQueue is how many packets wait to be ordered: 0.5 s of ten talkers. When it is full, packets are dropped, as a
	// network would.
	feedQueue = 256
)

// Heard is one Opus packet of a seat. Packets of a seat come in the order of their sequence numbers, each once; a number
// that is left out was lost.
type Heard struct {
	Seat      int
	Sequence  uint16
	Timestamp uint32 // of the first sample, on Opus' clock
	Marker    bool
	Payload   []byte
}

// A Feed brings what a Peer receives into order for somebody who listens now. A packet whose turn it is goes on at once;
// how long sound is held back so that it does not break off is the listener's affair, who has the clock that plays it.
type Feed struct {
	out   func(Heard)
	queue chan packet
	stop  func()
	done  sync.WaitGroup
	seats map[int]*reorder // belongs to run
}

// NewFeed returns a Feed that calls out for each packet, on one goroutine of its own. Close it.
func NewFeed(out func(Heard)) *Feed {
	stop := make(chan struct{})
	f := &Feed{
		out: out, queue: make(chan packet, feedQueue), stop: sync.OnceFunc(func() { close(stop) }), seats: make(map[int]*reorder),
	}
	f.done.Go(func() { f.run(stop) })
	return f
}

// Packet takes a packet of a seat, Opus or RED. It copies what it needs and never waits.
func (f *Feed) Packet(seat int, p *rtp.Packet) {
	now := time.Now()
	if p.PayloadType != redPayloadType {
		f.take(packet{
			seat: seat, at: now, sequence: p.SequenceNumber, rtp: p.Timestamp, marker: p.Marker, payload: bytes.Clone(p.Payload),
		})
		return
	}
	frames, err := unwrapRED(p.Timestamp, p.Payload)
	if err != nil {
		return
	}
	for i, frame := range frames {
		back := len(frames) - 1 - i
		f.take(packet{
			seat: seat, at: now, sequence: p.SequenceNumber - uint16(back), rtp: frame.timestamp, //nolint:gosec // fewer than fit into a packet
			marker: p.Marker && back == 0, payload: bytes.Clone(frame.payload),
		})
	}
}

// Close ends the feed and waits for it. It is idempotent.
func (f *Feed) Close() {
	f.stop()
	f.done.Wait()
}

func (f *Feed) take(p packet) {
	if len(p.payload) == 0 {
		return // padding alone
	}
	select {
	case f.queue <- p:
	default:
	}
}

func (f *Feed) run(stop <-chan struct{}) {
	late := time.NewTimer(0)
	defer late.Stop()
	for {
		select {
		case <-stop:
			return
		case p := <-f.queue:
			seat := f.seats[p.seat]
			if seat == nil {
				seat = &reorder{wait: feedWait}
				f.seats[p.seat] = seat
			}
			for _, held := range seat.push(p) {
				f.give(held)
			}
		case <-late.C:
		}
		if wait := f.settle(time.Now()); wait > 0 {
			late.Reset(wait)
		}
	}
}

// settle gives on what may go, and returns in how long something held back may; 0 when nothing is.
func (f *Feed) settle(now time.Time) time.Duration {
	var soonest time.Duration
	for _, seat := range f.seats {
		for p, ok := seat.pop(now); ok; p, ok = seat.pop(now) {
			f.give(p)
		}
		if len(seat.held) > 0 {
			wait := max(feedWait-now.Sub(seat.held[0].at), time.Millisecond)
			if soonest == 0 || wait < soonest {
				soonest = wait
			}
		}
	}
	return soonest
}

func (f *Feed) give(p packet) {
	f.out(Heard{Seat: p.seat, Sequence: p.sequence, Timestamp: p.rtp, Marker: p.marker, Payload: p.payload})
}
