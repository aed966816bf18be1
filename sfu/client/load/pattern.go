package load

import (
	"math/rand/v2"
	"time"
)

// Pattern says how talkers talk.
type Pattern string

const (
	// Always is one packet every 20 ms without a pause: the most that a microphone can send.
	Always Pattern = "always"
	// Speech is talk spurts and pauses as people make them, with Opus' DTX in the pauses.
	Speech Pattern = "speech"
)

// Silence says what participants send who do not talk.
type Silence string

const (
	// DTX is what an open microphone in a quiet room sends with usedtx=1: a packet of one byte every 400 ms.
	DTX Silence = "dtx"
	// Muted is nothing: the participant has muted itself and its page sends no packet.
	Muted Silence = "muted"
)

const (
	frame     = 20 * time.Millisecond // of Opus, one packet
	frameTick = 960                   // the same on RTP's clock (RFC 7587 §4.1)

	// The artificial conversation of ITU-T P.59, table 1: spurts of 1.004 s and pauses of 1.587 s on average, both taken
	// as exponential here. Somebody talks 39 % of the time.
	meanSpurt = 1004 * time.Millisecond
	meanPause = 1587 * time.Millisecond

	// libopus goes to DTX after ten silent frames and then sends one frame in twenty (NB_SPEECH_FRAMES_BEFORE_DTX and
	// MAX_CONSECUTIVE_DTX of its SILK layer).
	framesBeforeDTX = 10
	framesOfDTX     = 20
)

// sound is what one frame of a microphone is encoded to.
type sound uint8

const (
	nothing sound = iota // DTX leaves the frame out
	comfort              // DTX says that silence goes on
	noise                // coded background, before DTX sets in
	voice
)

// mouth decides frame by frame what a participant sends. The same number always makes the same sounds.
type mouth struct {
	rng      *rand.Rand // nil: does not change between talking and silence
	talking  bool
	left     int // frames until it changes
	silentIn int // frames of silence so far
}

func newMouth(number int, talks bool, pattern Pattern) *mouth {
	m := &mouth{talking: talks, silentIn: framesBeforeDTX + number%framesOfDTX}
	if talks && pattern == Speech {
		m.rng = rand.New(rand.NewPCG(uint64(number), 59)) //nolint:gosec // a pattern, not a secret
		m.turn(number%2 == 0)
	}
	return m
}

func (m *mouth) turn(talking bool) {
	mean := meanPause
	if talking {
		mean = meanSpurt
	}
	m.talking = talking
	m.left = 1 + int(m.rng.ExpFloat64()*float64(mean/frame))
}

// next returns the sound of the next frame.
func (m *mouth) next() sound {
	if m.rng != nil {
		if m.left == 0 {
			m.turn(!m.talking)
		}
		m.left--
	}
	if m.talking {
		m.silentIn = 0
		return voice
	}
	m.silentIn++
	switch {
	case m.silentIn <= framesBeforeDTX:
		return noise
	case (m.silentIn-framesBeforeDTX)%framesOfDTX == 0:
		return comfort
	}
	return nothing
}
