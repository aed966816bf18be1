package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

const (
	audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level" // RFC 6464
	// silence is the lowest level in dBov.
	silence = -127
	// dtxBytes is the largest Opus payload that carries no sound: a TOC byte and at most one more (RFC 6716 §3.1,
	// RFC 7587 §3.1.3).
	dtxBytes = 2
)

// levelOf returns a packet's level in dBov, as its sender measured it (RFC 6464 §3, in the extension levelID; 0 is
// none) or, failing that, guessed from the size of its Opus payload.
func levelOf(h *rtp.Header, payload []byte, levelID uint8, g *guess) int {
	if levelID != 0 {
		if ext := h.GetExtension(levelID); len(ext) > 0 {
			return -int(ext[0] & 0x7f)
		}
	}
	return g.level(payload)
}

// opusDuration returns how much sound an Opus packet carries (RFC 6716 §3.1, §3.2). A payload that says nonsense counts
// as one usual packet of 20 ms.
func opusDuration(payload []byte) time.Duration {
	const usual, longest = 20 * time.Millisecond, 120 * time.Millisecond
	if len(payload) == 0 {
		return usual
	}
	var one time.Duration
	switch config := payload[0] >> 3; {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		one = [4]time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond}[config&3]
	case config < 16: // hybrid: 10, 20 ms
		one = 10 * time.Millisecond << (config & 1)
	default: // CELT: 2.5, 5, 10, 20 ms
		one = 2500 * time.Microsecond << (config & 3)
	}
	frames := 1
	switch payload[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(payload) > 1 {
			frames = int(payload[1] & 0x3f)
		}
	}
	if d := one * time.Duration(frames); d > 0 && d <= longest {
		return d
	}
	return usual
}

const (
	// assumedLevel is what a client without levels is taken for, in dBov, when its packets do not tell speech from
	// noise: loud enough to be ranked and drawn as speech, quieter than somebody who really speaks up.
	assumedLevel = -35
	// noiseLevel and speechLevel are the ends, in dBov, of what the packets of such a client can be taken for.
	noiseLevel, speechLevel = -65, -25
	// leastSpeech is the rate in bytes per ms under which Opus carries no speech: 8 kbit/s (RFC 7587 §3.1.1 recommends
	// 8 to 12 for narrowband speech).
	leastSpeech = 1
	// contrast is how far apart the packets of noise and of speech are where the bit rate varies. Measured with libopus
	// 1.3 on read speech over noise at -75 dBov, median bytes per ms of a frame, speech at -35 dBov to noise: 2.2 to 1.4
	// at 16 kbit/s, 4.2 to 3.0 at 32 (the same in 10 ms packets), 8.2 to 6.3 at 64, 12.7 to 8.7 in music mode.
	contrast = 1.25
	// forgetting is how long the measures of a client's own noise and speech last: some sentences.
	forgetting = 20 * time.Second
)

// guess tells the level of a client that sends none from the sizes of its packets. What a size means depends on bit
// rate and mode, so it is held against the client's own smallest and largest. It belongs to the goroutine that receives
// the packets.
type guess struct {
	low, high float64 // bytes per ms, slowly forgotten
	varies    bool    // the bit rate is not constant
}

func (g *guess) level(payload []byte) int {
	if len(payload) <= dtxBytes {
		return silence
	}
	d := opusDuration(payload)
	rate := float64(len(payload)) / (float64(d) / float64(time.Millisecond))
	if rate < leastSpeech {
		return noiseLevel
	}
	if g.low == 0 {
		g.low, g.high = rate, rate
	}
	// At once outward, so that a first word counts; slowly inward.
	inward := float64(d) / float64(forgetting)
	follow := func(to float64, outward bool) float64 {
		if outward {
			return (rate - to) / 4
		}
		return (rate - to) * inward
	}
	g.low += follow(g.low, rate < g.low)
	g.high += follow(g.high, rate > g.high)
	g.varies = g.varies || g.high > contrast*g.low
	if !g.varies {
		return assumedLevel
	}
	g.high = max(g.high, contrast*g.low) // else a long silence would look like one long word
	share := (rate - g.low) / (g.high - g.low)
	return noiseLevel + int(min(max(share, 0), 1)*(speechLevel-noiseLevel))
}

// gauge measures one microphone for the stage. The goroutine that receives its packets calls hear, the room's goroutine
// the rest.
type gauge struct {
	sum   atomic.Uint64 // a packed reading
	alert atomic.Int32  // dBov above silence
}

// reading is what a gauge heard since it was last read.
type reading struct {
	peak  int           // the loudest packet, dBov
	mean  int           // over time, dBov
	heard time.Duration // how much sound came; 0 is no packet at all
	loud  time.Duration // how much of it was at the alert level or above
}

// A packed reading: 8 bits peak, 12 bits heard and 12 bits loud in units of gaugeUnit (so 2 s; more is cut off), 32
// bits of level times units. Levels count from silence.
const (
	gaugeUnit = 500 * time.Microsecond
	gaugeFull = 1<<12 - 1
)

// hear notes a packet of that level, in dBov, and reports whether it is at the alert level or above. It takes no lock
// and allocates nothing.
func (g *gauge) hear(level int, d time.Duration) bool {
	height := uint64(min(max(level-silence, 0), -silence)) //nolint:gosec // 0 to 127
	loud := height >= uint64(g.alert.Load())               //nolint:gosec // 0 to 127
	units := uint64(max(d/gaugeUnit, 1))                   //nolint:gosec // positive
	for {
		old := g.sum.Load()
		peak, heard, loudFor, sum := old>>56, old>>44&gaugeFull, old>>32&gaugeFull, old&(1<<32-1)
		units := min(units, gaugeFull-heard)
		if loud {
			loudFor += units
		}
		if g.sum.CompareAndSwap(old, max(peak, height)<<56|(heard+units)<<44|loudFor<<32|(sum+height*units)) {
			return loud
		}
	}
}

// take returns what was heard since the last take.
func (g *gauge) take() reading {
	packed := g.sum.Swap(0)
	heard := packed >> 44 & gaugeFull
	if heard == 0 {
		return reading{peak: silence, mean: silence}
	}
	return reading{
		peak:  int(packed>>56) + silence,
		mean:  int((packed&(1<<32-1))/heard) + silence, //nolint:gosec // 0 to 127
		heard: time.Duration(heard) * gaugeUnit,        //nolint:gosec // 12 bits
		loud:  time.Duration(packed>>32&gaugeFull) * gaugeUnit,
	}
}

// setAlert sets the level in dBov from which a packet is likely speech.
func (g *gauge) setAlert(level int) {
	if height := int32(level - silence); g.alert.Load() != height { //nolint:gosec // 0 to 127
		g.alert.Store(height)
	}
}
