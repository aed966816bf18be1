package voice

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/client/media"
)

const (
	// gatherFor is how long a packet may wait for others when one went just before it, where the page has a line of its own and not the
	// sound card's ticks. One talker's packets, 20 ms apart, never wait; those of ten are 100 messages a second and not 500, and a message
	// passes two processes and three threads, which costs more than what is in it.
	gatherFor = 10 * time.Millisecond
	// heardHeader is the bytes before the Opus of a packet: seat, sequence number, timestamp.
	heardHeader = 7
	// heldMost bounds what waits to be taken, in bytes: a second of ten talkers at 32 kbit/s. Nobody takes what comes while the sound card
	// stands still, and then it is old.
	heldMost = 50 << 10
)

// outbox gathers packets for a page into messages. Its methods are safe for concurrent use; while the page does not take a message, add waits.
type outbox struct {
	send func(message []byte) // returns when it has no more use for message

	mu      sync.Mutex
	held    bool // what waits is taken, and not sent
	waiting []byte
	came    time.Time // the last packet
	sent    time.Time
	late    *time.Timer // nil: nothing waits
	closed  bool
}

// hold makes what comes wait until it is taken, or not any more. What waited before is gone.
func (o *outbox) hold(held bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held, o.waiting = held, o.waiting[:0]
}

// take appends what waits to a message.
func (o *outbox) take(message []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	message = append(message, o.waiting...)
	o.waiting = o.waiting[:0]
	return message
}

// since is how long ago the last packet came.
func (o *outbox) since() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Since(o.came)
}

func (o *outbox) add(h media.Heard) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.came = time.Now()
	if o.held && len(o.waiting) > heldMost {
		o.waiting = o.waiting[:0]
	}
	b := binary.BigEndian.AppendUint16(o.waiting, uint16(heardHeader+len(h.Payload))) //nolint:gosec // came in one datagram
	b = append(b, byte(h.Seat))                                                       //nolint:gosec // at most signal.MaxSeats
	b = binary.BigEndian.AppendUint16(b, h.Sequence)
	b = binary.BigEndian.AppendUint32(b, h.Timestamp)
	o.waiting = append(b, h.Payload...)
	if wait := gatherFor - time.Since(o.sent); o.held {
		return
	} else if wait <= 0 {
		o.flush()
	} else if o.late == nil {
		o.late = time.AfterFunc(wait, o.isLate)
	}
}

func (o *outbox) isLate() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.late = nil
	o.flush()
}

func (o *outbox) flush() {
	if o.held {
		return
	}
	if len(o.waiting) > 0 && !o.closed {
		o.send(o.waiting)
		o.sent = time.Now()
	}
	o.waiting = o.waiting[:0]
}

// close ends it: nothing is sent any more when it returns.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.late != nil {
		o.late.Stop()
	}
}
