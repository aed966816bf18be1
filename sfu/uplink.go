package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// muteGrace is how long packets still pass after a mute. The page silences its track first; these are the frames
// of silence that let receivers fade out instead of concealing a stream that breaks off in the middle of a word
// (Chromium's NetEq goes on guessing for over 100 ms). One way in, one frame and some jitter fit into it.
const muteGrace = 100 * time.Millisecond

// uplink is one participant's microphone stream into the SFU.
type uplink struct {
	seat    atomic.Pointer[seat] // nil while the participant holds none
	mutedAt atomic.Int64         // when muted, on the monotonic clock in ns; 0 is unmuted
	peak    atomic.Int32         // loudest level in dBov since take
	levelID atomic.Uint32        // id of the level extension as negotiated; 0 is none
	epoch   time.Time            // zero of the monotonic clock

	gap bool // packets were withheld since the last forwarded one; belongs to the goroutine of run
}

func newUplink(epoch time.Time) *uplink {
	u := &uplink{epoch: epoch}
	u.peak.Store(silence)
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

func (u *uplink) silenced(now time.Duration) bool {
	at := u.mutedAt.Load()
	return at != 0 && now-time.Duration(at) > muteGrace
}

// take returns the loudest level since the last take, in dBov.
func (u *uplink) take() int { return int(u.peak.Swap(silence)) }

func (u *uplink) heard(level int) {
	for {
		old := u.peak.Load()
		if int32(level) <= old || u.peak.CompareAndSwap(old, int32(level)) { //nolint:gosec // -127 to 0
			return
		}
	}
}

// run reads the stream until the peer connection closes. Its buffer and header are reused: nothing is allocated for a
// packet, nothing is kept of it.
func (u *uplink) run(track *webrtc.TrackRemote) {
	var (
		buf    = make([]byte, 1500)
		packet rtp.Packet
	)
	for {
		n, _, err := track.Read(buf)
		if err != nil {
			return
		}
		if packet.Unmarshal(buf[:n]) == nil && len(packet.Payload) > 0 {
			u.receive(&packet, time.Since(u.epoch))
		}
	}
}

// receive measures one packet and forwards it if the participant may be heard.
func (u *uplink) receive(p *rtp.Packet, now time.Duration) {
	if u.silenced(now) {
		u.gap = true
		return
	}
	u.heard(u.levelOf(p))
	s := u.seat.Load()
	if s == nil {
		u.gap = true
		return
	}
	if s.forward(u, &p.Header, p.Payload, u.gap, now) {
		u.gap = false
	}
}
