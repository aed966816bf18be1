package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	// muteGrace is how long packets still pass after a mute. The page silences its track first; these are the frames
	// of silence that let receivers fade out instead of concealing a stream that breaks off in the middle of a word
	// (Chromium's NetEq goes on guessing for over 100 ms). One way in, one frame and some jitter fit into it.
	muteGrace = 100 * time.Millisecond
	// maxOpus is the largest Opus frame in bytes (RFC 6716 §3.4); WebRTC sends one frame a packet.
	maxOpus = 1275
	// packetsPerSecond bounds what one microphone may send us: 10 ms packets are 100 a second, and a bad network that
	// delivers half of them twice or all of a second at once stays below.
	// Limits.PacketsPerSecond has another value for a room that wants one.
	packetsPerSecond = 300
)

// uplink is one participant's microphone stream into the SFU. What is not atomic belongs to the goroutine that receives
// the participant's RTP.
type uplink struct {
	seat     atomic.Pointer[seat] // nil while the participant holds none
	mutedAt  atomic.Int64         // when muted, on the monotonic clock in ns; 0 is unmuted
	barred   atomic.Bool          // a moderator muted it
	level    gauge
	epoch    time.Time // zero of the monotonic clock
	formats  atomic.Pointer[formats]
	levelID  atomic.Uint32       // id of the level extension as negotiated; 0 is none
	sendRTCP func([]rtcp.Packet) // set before the first packet
	stirred  chan<- struct{}     // tells the room that somebody without a seat speaks; of size 1, nil in some tests

	guess     guess
	packet    rtp.Packet
	ssrc      uint32
	reception reception
	gap       bool    // packets were withheld since the last forwarded one
	fresh     bool    // the source has changed since
	perSecond float64 // what may be sent, in packets
	allowance float64
	refilled  time.Duration
	wanted    []uint16
	blocks    [maxRedundant]redBlock

	counted uplinkCounts
}

// formats is what negotiation settled for the microphone's m-line.
type formats struct {
	opus, red uint8 // payload types; 0 is none
}

// uplinkCounts is what others may read while packets come.
type uplinkCounts struct {
	received, bytes, repaired, duplicates, refused, gaps, expected atomic.Uint64
	passed                                                         atomic.Uint64 // and were not dropped because of a mute
	source                                                         atomic.Uint32 // SSRC
	high                                                           atomic.Uint32 // extended highest sequence number
	jitter                                                         atomic.Uint32 // ticks
	reportAt                                                       atomic.Int64  // when the latest sender report came, monotonic ns
	reportNTP                                                      atomic.Uint32 // its middle 32 bits of NTP time
	redundant                                                      atomic.Bool   // the latest packet was RED
}

func newUplink(epoch time.Time, stirred chan<- struct{}) *uplink {
	u := &uplink{epoch: epoch, stirred: stirred, perSecond: packetsPerSecond, allowance: packetsPerSecond, sendRTCP: func([]rtcp.Packet) {}}
	u.level.setAlert(alertAtFirst)
	u.formats.Store(&formats{})
	return u
}

// setMuted takes effect on media after muteGrace.
func (u *uplink) setMuted(muted bool) {
	var at int64
	if muted {
		at = max(1, int64(time.Since(u.epoch)))
	}
	u.mutedAt.Store(at)
}

// silenced reports that nothing is forwarded. A moderator's mute has no grace: the talker's page knows nothing of it yet, and
// those of the listeners silence the seat as soon as they hear of it.
func (u *uplink) silenced(now time.Duration) bool {
	if u.barred.Load() {
		return true
	}
	at := u.mutedAt.Load()
	return at != 0 && now-time.Duration(at) > muteGrace
}

// receive takes one decrypted RTP packet off the network and forwards what is new in it, if the participant may be
// heard. Nothing of it is kept, nothing allocated. now is monotonic.
func (u *uplink) receive(b []byte, now time.Duration) {
	p := &u.packet
	if !u.afford(now) || p.Unmarshal(b) != nil {
		u.counted.refused.Add(1)
		return
	}
	if len(p.Payload) == 0 {
		return // padding alone: a probe of the network
	}
	f := u.formats.Load()
	if p.SSRC != u.ssrc {
		u.ssrc, u.fresh = p.SSRC, true
		u.reception.started = false
		u.counted.source.Store(p.SSRC)
	}
	red := f.red != 0 && p.PayloadType == f.red
	switch {
	case red:
		u.receiveRED(f, now)
	case p.PayloadType == f.opus && len(p.Payload) <= maxOpus:
		u.one(p.SequenceNumber, p.Timestamp, p.Payload, true, now)
	default:
		u.counted.refused.Add(1)
		return
	}
	u.counted.redundant.Store(red)
	u.askForMissing(now)
}

// receiveRED unwraps the packet: everybody is sent plain Opus, and what was lost before it is filled in first.
func (u *uplink) receiveRED(f *formats, now time.Duration) {
	p := &u.packet
	n, primary, err := unwrapRED(p.Payload, &u.blocks)
	if err != nil || primary.pt != f.opus || len(primary.payload) == 0 || len(primary.payload) > maxOpus {
		u.counted.refused.Add(1)
		return
	}
	for i, block := range u.blocks[:n] {
		back := uint16(n - i) //nolint:gosec // at most maxRedundant
		// A redundant block says when it was, not which sequence number it had. The last one is the packet before; one
		// before that is taken for what it seems to be if the steps in time are equal.
		if back == 2 && block.offset != 2*u.blocks[1].offset ||
			block.pt != f.opus || len(block.payload) == 0 || len(block.payload) > maxOpus || !u.reception.lacks(p.SequenceNumber-back) {
			continue
		}
		u.one(p.SequenceNumber-back, p.Timestamp-block.offset, block.payload, false, now)
	}
	p.Payload = primary.payload
	u.one(p.SequenceNumber, p.Timestamp, p.Payload, true, now)
}

// one takes one Opus packet; own says that it came by itself and not inside a later one.
func (u *uplink) one(seq uint16, ts uint32, payload []byte, own bool, now time.Duration) {
	r := &u.reception
	what := r.take(seq, now)
	switch {
	case what == isDuplicate:
		u.count()
		return
	case !own:
		r.filled(what)
	case what == isNew:
		r.time(ts, now)
	}
	u.counted.bytes.Add(uint64(len(payload)))
	u.count()
	if u.silenced(now) {
		u.gap = true
		return
	}
	u.counted.passed.Add(1)
	speaks := own && u.listen(payload)
	s := u.seat.Load()
	if s == nil {
		u.gap = true
		if speaks {
			u.stir()
		}
		return
	}
	h := rtp.Header{SequenceNumber: seq, Timestamp: ts, Marker: own && u.packet.Marker}
	if s.forward(u, &h, payload, u.gap || u.fresh, now) {
		u.gap, u.fresh = false, false
	}
}

// listen notes the level of the packet at hand and reports whether it is likely speech.
func (u *uplink) listen(payload []byte) bool {
	level := levelOf(&u.packet.Header, payload, uint8(u.levelID.Load()), &u.guess) //nolint:gosec // 0 to 14
	return u.level.hear(level, opusDuration(payload))
}

// stir wakes the room: somebody without a seat speaks.
func (u *uplink) stir() {
	select {
	case u.stirred <- struct{}{}:
	default: // it knows already
	}
}

// askForMissing sends a NACK (RFC 4585 §6.2.1) for what a listener would miss.
func (u *uplink) askForMissing(now time.Duration) {
	if len(u.reception.missing) == 0 {
		return
	}
	if u.gap || u.seat.Load() == nil { // nobody hears it
		u.reception.missing = u.reception.missing[:0]
		return
	}
	if u.wanted = u.reception.ask(u.wanted[:0], now); len(u.wanted) > 0 {
		u.sendRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: u.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(u.wanted)}})
	}
}

// count publishes the reception's counters.
func (u *uplink) count() {
	r, c := &u.reception, &u.counted
	c.received.Store(r.received)
	c.repaired.Store(r.repaired)
	c.duplicates.Store(r.duplicates)
	c.gaps.Store(r.gaps)
	c.expected.Store(r.expected())
	c.high.Store(uint32(r.high)) //nolint:gosec // wraps as RFC 3550 §6.4.1 says
	c.jitter.Store(uint32(r.jitter))
}

// afford takes one packet from the allowance, which fills at perSecond up to one second's worth.
func (u *uplink) afford(now time.Duration) bool {
	u.allowance = min(u.perSecond, u.allowance+(now-u.refilled).Seconds()*u.perSecond)
	u.refilled = now
	if u.allowance < 1 {
		return false
	}
	u.allowance--
	return true
}
