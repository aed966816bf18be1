package soundcard

import (
	"encoding/binary"
	"math"
	"time"
)

const (
	// sampleBytes is one sample of what a loudspeaker played: a little-endian 32 bit float, of all channels together.
	sampleBytes = 4
	// playedMost of it may wait for a microphone, in samples.
	playedMost = 50 * Block
	// spokenMost blocks of a microphone wait for what was played meanwhile: both come from one server, but one after the other, and in
	// big pieces from a machine that stood still.
	spokenMost = 10

	// lead is how far, in samples, what is played is ahead of the microphone: an echo comes after its sound, for a canceller too. A real
	// loudspeaker plays later than its monitor says; a cable inside the machine does not.
	lead = 3 * Rate / 1000

	// Two devices have two clocks. How far each has come by ours is its most within a time: what comes late was on its way for longer.
	alignFirst = 250 * time.Millisecond
	alignEvery = 5 * time.Second
	// A difference beyond nearby is taken back within takeBack by playing up to leastSpeed faster or slower, which AEC3 follows (with
	// 300 ppm its worst second is 20 dB); one beyond farAway at once.
	nearby    = Rate / 1000
	farAway   = 8 * Rate / 1000
	takeBack  = 5 * Rate
	mostSpeed = 300e-6
)

// pair is a block of the microphone, and what the loudspeaker played when its echo began.
type pair struct {
	spoken []byte // frames
	played []byte // samples; nil while that is not known
}

// pairing makes pairs of two recordings, always with the same time between them: whatever a page, a loudspeaker or a machine does
// that stands still, drops or adds sound, an echo stays where it was. Its methods are not safe for concurrent use.
type pairing struct {
	out func(pair)

	block  []byte   // of the microphone, until it is whole
	spoken [][]byte // whole blocks that wait
	played []float32
	skip   int     // samples that come are not wanted
	at     float64 // of the next sample, between played[0] and played[1]
	speed  float64

	since     time.Duration // when the microphone and the loudspeaker were first looked at, or last compared
	known     bool          // how they are to each other
	ahead     float64       // by how many samples the loudspeaker's count is; with what has been taken back
	mic, card head
	taken     int // samples of the microphone that are paired
}

// head is how far a recording has come.
type head struct {
	samples int
	most    float64 // beyond our clock
	seen    bool
}

func (h *head) come(samples int, now time.Duration) {
	h.samples += samples
	beyond := float64(h.samples) - now.Seconds()*Rate
	if !h.seen || beyond > h.most {
		h.most, h.seen = beyond, true
	}
}

// forget makes it compare anew: one of the two recordings is another.
func (p *pairing) forget() {
	*p = pairing{out: p.out}
}

// speak takes frames of the microphone, of any number, that came at that time of ours.
func (p *pairing) speak(frames []byte, now time.Duration) {
	p.mic.come(len(frames)/Frame, now)
	for len(frames) > 0 {
		n := min(len(frames), blockBytes-len(p.block))
		p.block = append(p.block, frames[:n]...)
		frames = frames[n:]
		if len(p.block) == blockBytes {
			p.spoken = append(p.spoken, p.block)
			p.block = make([]byte, 0, blockBytes)
		}
	}
	p.compare(now)
	p.match(now)
}

// play takes samples of what was played, of any number.
func (p *pairing) play(samples []byte, now time.Duration) {
	p.card.come(len(samples)/sampleBytes, now)
	for ; len(samples) >= sampleBytes; samples = samples[sampleBytes:] {
		if p.skip > 0 {
			p.skip--
			continue
		}
		p.played = append(p.played, math.Float32frombits(binary.LittleEndian.Uint32(samples)))
	}
	if late := len(p.played) - playedMost; late > 0 {
		p.played, p.known = p.played[late:], false
	}
	p.compare(now)
	p.match(now)
}

// compare looks from time to time at how far both have come.
func (p *pairing) compare(now time.Duration) {
	if p.since == 0 {
		p.since = now
	}
	if past := now - p.since; past < alignFirst || p.known && past < alignEvery {
		return
	}
	p.since = now
	if !p.mic.seen || !p.card.seen {
		p.known = false
	} else if off := p.card.most - p.mic.most - p.ahead; p.known && math.Abs(off) < farAway {
		off = math.Copysign(max(0, math.Abs(off)-nearby), off)
		p.speed = max(-mostSpeed, min(mostSpeed, off/takeBack))
	} else {
		p.align(p.card.most - p.mic.most)
	}
	p.mic.seen, p.card.seen = false, false
}

// align begins anew, with the loudspeaker's count ahead by that many samples.
func (p *pairing) align(ahead float64) {
	p.ahead, p.known, p.at, p.speed = ahead, true, 0, 0
	drop := p.taken + int(math.Round(ahead)) + lead - (p.card.samples - len(p.played))
	p.skip = max(0, drop-len(p.played))
	p.played = append(make([]float32, max(0, -drop)), p.played[max(0, min(drop, len(p.played))):]...)
}

func (p *pairing) match(now time.Duration) {
	for len(p.spoken) > 0 {
		played := p.take()
		if played == nil && p.known && len(p.spoken) <= spokenMost {
			return
		}
		if p.known && played == nil {
			// The loudspeaker is silent, or its server. Whatever comes is compared anew.
			p.known, p.since, p.mic.seen, p.card.seen = false, now, false, false
		}
		p.out(pair{spoken: p.spoken[0], played: played})
		p.spoken = p.spoken[1:]
		p.taken += Block
	}
}

// take returns the next block of what was played, or nil when not all of it is there.
func (p *pairing) take() []byte {
	step := 1 + p.speed
	if !p.known || len(p.played) < int(math.Ceil(p.at+step*(Block-1)))+1 {
		return nil
	}
	block := make([]byte, 0, Block*sampleBytes)
	for range Block {
		whole, part := math.Modf(p.at)
		sample := p.played[int(whole)]
		if part > 0 {
			sample += float32(part) * (p.played[int(whole)+1] - sample)
		}
		block = binary.LittleEndian.AppendUint32(block, math.Float32bits(sample))
		p.at += step
	}
	p.ahead += p.speed * Block
	whole, part := math.Modf(p.at)
	p.played, p.at = p.played[int(whole):], part
	return block
}
