package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

const (
	// resendsPerSecond bounds what one participant's NACKs can make us send for one seat: more than a voice's 50
	// packets a second would be no repair any more.
	resendsPerSecond = 60
	// nearWrap is a quarter of the half circle of sequence numbers.
	nearWrap = 1 << 13
)

// downlink is one seat as sent to one participant.
type downlink struct {
	seat  *seat
	bound atomic.Pointer[binding]

	hears bool // the participant is sent this seat; belongs to the room
	// rejoined is set by the room when the participant hears this seat (again): its stream goes on where it stopped,
	// without a gap for what was not sent.
	rejoined atomic.Bool
	wantRED  atomic.Bool

	view atomic.Uint64 // of type view; written by whoever forwards in the seat
	next uint16        // sequence number to go on with; belongs to whoever forwards in the seat

	sent, octets atomic.Uint64
	resent       atomic.Uint64
	asked        atomic.Uint64 // packets that were sent and that NACKs named, each once
	reported     atomic.Uint64 // of type received: the latest receiver report

	// These belong to the goroutine that receives the participant's RTCP.
	lastAsked uint16
	allowance float64 // retransmissions
	refilled  time.Duration
	repair    rtp.Header
	scratch   []byte
	red       *redWriter // nil until the first retransmission in RED form
}

// binding is what negotiation settled: Opus is payload type 111 in Chromium and 109 in Firefox, which has no RED.
type binding struct {
	writer    rtpWriter
	ssrc      uint32
	opus, red uint8 // payload types; 0 is none
}

// hear says whether the participant is sent this seat, before the seat's list of subscribers says so. The room calls it.
func (d *downlink) hear(yes bool) {
	if yes && !d.hears {
		d.rejoined.Store(true)
	}
	d.hears = yes
}

// rtpWriter is a transport. It must be safe for concurrent use.
type rtpWriter interface {
	WriteRTP(h *rtp.Header, payload []byte) (int, error)
}

// view is how a subscriber's packets follow from the seat's: a plain value in one word, so that the one who answers
// NACKs always sees a whole one.
type view struct {
	offset  uint16 // the seat's sequence number minus the subscriber's
	since   uint16 // the seat's sequence number from which offset holds
	redFrom uint16 // and from which red holds; before it, the opposite
	red     bool
}

func (v view) pack() uint64 {
	w := uint64(v.offset) | uint64(v.since)<<16 | uint64(v.redFrom)<<32 | 1<<63
	if v.red {
		w |= 1 << 48
	}
	return w
}

func unpackView(w uint64) (v view, ok bool) {
	return view{uint16(w), uint16(w >> 16), uint16(w >> 32), w&(1<<48) != 0}, w&(1<<63) != 0 //nolint:gosec // the fields of pack
}

// before reports whether a comes before b on the circle of sequence numbers.
func before(a, b uint16) bool { return int16(a-b) < 0 } //nolint:gosec // the distance on a 16-bit circle

// redAt reports whether the packet's form is RED, if it has one. It depends on the packet alone, because a change of
// form leaves at least retain packets to the one before.
func (v view) redAt(seq uint16) bool { return v.red != before(seq, v.redFrom) }

// follow brings the view up to the packet that is to be forwarded. It reports false for one from before the participant
// heard this seat.
func (d *downlink) follow(seq uint16, red bool) (view, bool) {
	w := d.view.Load()
	v, known := unpackView(w)
	if rejoined := d.rejoined.Load() && d.rejoined.CompareAndSwap(true, false); rejoined || !known {
		if !known {
			d.next, v.redFrom = seq, seq
		}
		v.offset, v.since = seq-d.next, seq
	}
	if before(seq, v.since) {
		return v, false
	}
	if out := seq - v.offset; !before(out, d.next) {
		d.next = out + 1
		v.since, v.redFrom = recent(v.since, seq), recent(v.redFrom, seq)
		if want := red && d.wantRED.Load(); want != v.red && seq-v.redFrom >= retain {
			v.red, v.redFrom = want, seq
		}
	}
	if now := v.pack(); now != w {
		d.view.Store(now)
	}
	return v, true
}

// recent returns mark, or, when it lies far behind seq, a nearer place that is behind it just as well: half around the
// circle, "before" would become "after".
func recent(mark, seq uint16) uint16 {
	if seq-mark > 2*nearWrap {
		return seq - nearWrap
	}
	return mark
}

// write sends one packet of the seat. h is the seat's scratch header: what is the subscriber's own is set in place. red
// is the packet's RED form, nil when it has none. Errors are dropped like packets on a network: the connection's state
// tells the room of real trouble.
func (d *downlink) write(h *rtp.Header, seq uint16, payload []byte, red *redWriter) {
	b := d.bound.Load()
	if b == nil {
		return
	}
	v, ok := d.follow(seq, b.red != 0)
	if !ok {
		return
	}
	h.SSRC, h.PayloadType, h.SequenceNumber = b.ssrc, b.opus, seq-v.offset
	if red != nil && v.redAt(seq) {
		h.PayloadType, payload = b.red, red.payload(b.opus)
	}
	d.sent.Add(1)
	d.octets.Add(uint64(len(payload)))
	_, _ = b.writer.WriteRTP(h, payload)
}

// resend answers a NACK for one packet of the participant's stream, now on a monotonic clock. It runs on the goroutine
// that receives the participant's RTCP.
func (d *downlink) resend(out uint16, now time.Duration) {
	b := d.bound.Load()
	v, ok := unpackView(d.view.Load())
	if b == nil || !ok || d.rejoined.Load() {
		return
	}
	seq := out + v.offset
	if before(seq, v.since) {
		return // numbered otherwise then
	}
	if !d.afford(now) {
		return
	}
	payload, redundancy, ok := d.recall(seq)
	if !ok {
		return // too old, or it was lost on its way to us
	}
	if d.asked.Load() == 0 || before(d.lastAsked, out) {
		d.lastAsked = out
		d.asked.Add(1)
	}
	d.repair.SSRC, d.repair.PayloadType, d.repair.SequenceNumber = b.ssrc, b.opus, out
	if redundancy != 0 && v.redAt(seq) {
		if d.red == nil {
			d.red = new(redWriter)
		}
		if !d.seat.kept.red(d.red, seq, d.repair.Timestamp, payload, redundancy) {
			return
		}
		d.repair.PayloadType, payload = b.red, d.red.payload(b.opus)
	}
	d.resent.Add(1)
	_, _ = b.writer.WriteRTP(&d.repair, payload)
}

// recall copies a retained packet: its payload, and the rest into the repair header.
func (d *downlink) recall(seq uint16) (payload []byte, redundancy uint8, ok bool) {
	s := d.seat.kept.hold(seq)
	if s == nil {
		return nil, 0, false
	}
	defer s.release()
	d.scratch = append(d.scratch[:0], s.payload...)
	d.repair = rtp.Header{Version: 2, Marker: s.marker, Timestamp: s.ts}
	return d.scratch, s.redundancy, true
}

// afford takes one retransmission from the allowance, which fills at resendsPerSecond up to one second's worth.
func (d *downlink) afford(now time.Duration) bool {
	if d.refilled == 0 {
		d.allowance = resendsPerSecond
	} else {
		d.allowance = min(resendsPerSecond, d.allowance+(now-d.refilled).Seconds()*resendsPerSecond)
	}
	d.refilled = max(now, 1) // 0: never
	if d.allowance < 1 {
		return false
	}
	d.allowance--
	return true
}
