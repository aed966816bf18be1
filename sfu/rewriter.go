package sfu

import "time"

const (
	// clockRate is Opus' RTP clock in Hz, whatever it encodes (RFC 7587 §4.1).
	clockRate = 48000
	// frame is one 20 ms packet in RTP ticks.
	frame     = clockRate / 50
	frameTime = 20 * time.Millisecond
	// restartJump is how far a sequence number may move within one source before it counts as a new source: 1,000
	// packets are 20 s of 20 ms frames. RFC 3550 §A.1 allows 3,000 for any rate; a source that was away that long is
	// better joined on seamlessly than waited for.
	restartJump = 1000
	// maxAhead is how far the timestamps may run ahead of the clock: a source that restarts with every packet takes a frame
	// for each, and those who talk in the seat after it would long step too little.
	maxAhead = time.Second
	// dupWindow is how many packets back a late one is still forwarded and a duplicate is recognised.
	dupWindow = 64
)

// rewriter turns the packets of the sources that hold a seat one after the other into one continuous stream, so that a
// receiver's jitter buffer never sees that the source changed: sequence numbers without a gap, timestamps that grow
// with the wall clock, the marker bit on the first packet of each source (RFC 3551 §4.1: start of a talk spurt).
// Within a source, gaps (loss) and order are kept as they are, so that loss statistics and NACK stay honest.
//
// It is a plain value without a lock or an allocation; the seat sees to it that one goroutine at a time uses it.
type rewriter struct {
	started  bool
	lastIn   uint16 // highest sequence number of the current source
	inHigh   int64  // the same, extended over wraps
	offset   int64  // out = in + offset, both extended
	tsOffset uint32
	outHigh  int64         // highest sent, extended
	outTS    uint32        // timestamp of outHigh
	outAt    time.Duration // when outHigh passed, on a monotonic clock
	slack    time.Duration // what the latest change of source left over of a frame: how far the clock is ahead of outTS
	floor    int64         // lowest sequence number that belongs to the current source
	sent     uint64        // bit i: outHigh-i was sent
}

// next returns the outgoing sequence number, timestamp and marker of one packet, or ok false for a packet that must not
// be forwarded: a duplicate, or one too late. fresh starts a new source with this packet. now is monotonic.
func (r *rewriter) next(seq uint16, ts uint32, marker, fresh bool, now time.Duration) (outSeq uint16, outTS uint32, outMarker, ok bool) {
	if jump := int16(seq - r.lastIn); !r.started || fresh || jump > restartJump || jump < -restartJump { //nolint:gosec // the distance on a 16-bit circle
		r.begin(seq, ts, now)
		return uint16(r.outHigh), r.outTS, true, true //nolint:gosec // the low 16 bits are meant
	}
	in := r.inHigh + int64(int16(seq-r.lastIn)) //nolint:gosec // as above
	out := in + r.offset
	switch ahead := out - r.outHigh; {
	case ahead > 0:
		r.lastIn, r.inHigh = seq, in
		r.outHigh, r.outTS, r.outAt = out, ts+r.tsOffset, now
		if ahead >= dupWindow {
			r.sent = 0
		} else {
			r.sent <<= ahead
		}
		r.sent |= 1
	case out < r.floor, ahead <= -dupWindow, r.sent&(1<<-ahead) != 0:
		return 0, 0, false, false
	default:
		r.sent |= 1 << -ahead
	}
	return uint16(out), ts + r.tsOffset, marker, true //nolint:gosec // the low 16 bits are meant
}

// begin makes seq, ts the first packet of a source: the next number, and the timestamp that the wall clock asks for in
// whole frames, at least one after the last. The newcomer's packets come at any time between two of the source before
// it; a receiver makes up the sound of every odd step (Chromium 10 to 25 ms of it), while its jitter buffer takes a
// packet that is half a frame early or late as it comes. What is left over counts at the next change.
func (r *rewriter) begin(seq uint16, ts uint32, now time.Duration) {
	r.outHigh++
	if r.started {
		passed := now - r.outAt + r.slack
		frames := max(1, int64(passed/frameTime))
		r.slack = max(passed-time.Duration(frames)*frameTime, -maxAhead)
		r.outTS += uint32(frames) * frame //nolint:gosec // wraps as RTP does
	} else {
		r.started = true
		r.outTS = ts
	}
	r.lastIn, r.inHigh = seq, int64(seq)
	r.offset = r.outHigh - r.inHigh
	r.tsOffset = r.outTS - ts
	r.outAt = now
	r.floor = r.outHigh
	r.sent = 1
}
