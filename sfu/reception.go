package sfu

import "time"

const (
	// askAgain is how long a retransmission that was asked for may take before it is asked for again: on a LAN a
	// round trip takes 1 to 5 ms, on a bad Wi-Fi some tens.
	askAgain = 20 * time.Millisecond
	// askTries is how often one packet is asked for. At 20 % loss each way a retransmission comes with probability
	// 0.64 at each try: 5 tries leave 0.6 % of what was lost.
	askTries = 5
	// askWithin is how old a missing packet may be: later than a jitter buffer of 200 ms it is of no use.
	askWithin = 250 * time.Millisecond
	// maxMissing bounds the packets that are waited for at once; a longer gap is an outage, and asking for all of it
	// would only fill the network that has just come back.
	maxMissing = 24
	// receptionWindow is how many packets back one is recognised as late or as a duplicate.
	receptionWindow = 64
)

// arrival is what a packet is to its stream.
type arrival int

const (
	isNew       arrival = iota
	isLate              // fills a gap
	isDuplicate         // or too late to tell
)

// reception follows the sequence numbers of one incoming stream: what is missing, what came twice, what to ask for
// again. It is a plain value without a lock; the goroutine that receives the stream owns it.
type reception struct {
	started bool
	first   int64  // extended sequence number (RFC 3550 §A.1) that the stream began with
	high    int64  // highest one
	seen    uint64 // bit i: high-i came

	past       uint64 // expected of the streams before this one
	received   uint64 // distinct packets
	repaired   uint64 // those of them that filled a gap
	duplicates uint64
	gaps       uint64 // packets that were missing when the next one came

	transit uint32  // arrival minus timestamp of the latest packet, in ticks
	jitter  float64 // RFC 3550 §6.4.1, in ticks

	missing []missing // oldest first
}

type missing struct {
	seq     uint16
	since   time.Duration
	askedAt time.Duration
	tries   int
}

// take notes one packet that arrived at now, on a monotonic clock.
func (r *reception) take(seq uint16, now time.Duration) arrival {
	jump := int64(int16(seq - uint16(r.high))) //nolint:gosec // the distance on a 16-bit circle
	if !r.started || jump > restartJump || jump < -restartJump {
		r.begin(seq)
		return isNew
	}
	if jump <= 0 {
		return r.takeLate(seq, -jump)
	}
	r.high += jump
	if jump >= receptionWindow {
		r.seen = 0
	} else {
		r.seen <<= jump
	}
	r.seen |= 1
	r.received++
	if gap := jump - 1; gap > 0 {
		r.gaps += uint64(gap)
		for back := min(gap, maxMissing); back > 0; back-- {
			if len(r.missing) == maxMissing {
				r.missing = append(r.missing[:0], r.missing[1:]...)
			}
			r.missing = append(r.missing, missing{seq: seq - uint16(back), since: now}) //nolint:gosec // below maxMissing
		}
	}
	return isNew
}

func (r *reception) takeLate(seq uint16, back int64) arrival {
	if back >= receptionWindow || r.high-back < r.first || r.seen&(1<<back) != 0 {
		r.duplicates++
		return isDuplicate
	}
	r.seen |= 1 << back
	r.received++
	r.repaired++
	for i := range r.missing {
		if r.missing[i].seq == seq {
			r.missing = append(r.missing[:i], r.missing[i+1:]...)
			break
		}
	}
	return isLate
}

// lacks reports whether a packet has not come, and may still be of use.
func (r *reception) lacks(seq uint16) bool {
	back := int64(int16(uint16(r.high) - seq)) //nolint:gosec // the distance on a 16-bit circle
	if back < 0 {
		return r.started && back > -restartJump
	}
	return r.started && back < receptionWindow && r.high-back >= r.first && r.seen&(1<<back) == 0
}

// filled notes that what was just taken did not come by itself, but inside a later packet.
func (r *reception) filled(what arrival) {
	if what == isNew { // before anybody could see the gap
		r.gaps++
		r.repaired++
	}
}

// expected returns how many packets the stream had up to the highest that came.
func (r *reception) expected() uint64 {
	if !r.started {
		return r.past
	}
	return r.past + uint64(r.high-r.first+1) //nolint:gosec // high is at least first
}

// begin starts over with a stream that begins with seq. What was counted stays.
func (r *reception) begin(seq uint16) {
	if r.missing == nil {
		r.missing = make([]missing, 0, maxMissing)
	}
	r.past = r.expected()
	r.started = true
	// Extended numbers start one cycle up, so that a late packet before the first stays positive.
	r.first, r.high = int64(seq)+1<<16, int64(seq)+1<<16
	r.seen = 1
	r.received++
	r.missing = r.missing[:0]
	r.transit = 0
}

// time notes how evenly packets arrive: call it for new packets only.
func (r *reception) time(ts uint32, now time.Duration) {
	arrived := uint32(now.Microseconds() * (clockRate / 1000) / 1000) //nolint:gosec // wraps as RTP does
	transit := arrived - ts
	if r.transit != 0 {
		d := int32(transit - r.transit) //nolint:gosec // the distance on a 32-bit circle
		// Where the sender's clock stood still (DTX without a timestamp, a new source) the distance is no jitter.
		if d < clockRate && d > -clockRate {
			r.jitter += (float64(max(d, -d)) - r.jitter) / 16
		}
	}
	r.transit = transit
}

// ask appends to out the sequence numbers to ask for now, oldest first, and forgets those that are given up.
func (r *reception) ask(out []uint16, now time.Duration) []uint16 {
	keep := r.missing[:0]
	for _, m := range r.missing {
		if now-m.since > askWithin || m.tries == askTries {
			continue
		}
		if m.tries == 0 || now-m.askedAt >= askAgain {
			m.tries, m.askedAt = m.tries+1, now
			out = append(out, m.seq)
		}
		keep = append(keep, m)
	}
	r.missing = keep
	return out
}
