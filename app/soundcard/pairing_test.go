package soundcard

import (
	"encoding/binary"
	"math"
	"testing"
	"time"
)

// sound numbers the samples of a loudspeaker whose clock is off by that many parts in a million.
type sound struct {
	ppm  float64
	next int
}

// until returns what is played until that time, in samples of the microphone's clock.
func (s *sound) until(time float64) (samples []byte) {
	for ; float64(s.next) < time*(1+s.ppm/1e6); s.next++ {
		samples = binary.LittleEndian.AppendUint32(samples, math.Float32bits(float32(s.next)))
	}
	return samples
}

func firstOf(played []byte) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(played)))
}

// A minute of two clocks, in pieces that come in any order: a block of the microphone is paired with what was played a moment later,
// and that moment hardly changes.
func TestPairing_AnEchoStaysWhereItWas(t *testing.T) {
	for _, ppm := range []float64{-200, 0, 200} {
		for _, microphoneFirst := range []bool{true, false} {
			number, unknown := 0, 0
			least, most := math.Inf(1), math.Inf(-1)
			p := &pairing{out: func(each pair) {
				number++
				if each.played == nil {
					unknown++
					return
				}
				ahead := firstOf(each.played)/(1+ppm/1e6) - float64((number-1)*Block)
				least, most = min(least, ahead), max(most, ahead)
			}}
			played := &sound{ppm: ppm}
			for now := 0; now < 60*Rate; {
				piece := Block / 2 * (1 + now/7%9) // up to 45 ms at once
				now += piece
				late := now + now/5%(15*Rate/1000) // by up to 15 ms
				at := time.Duration(late) * time.Second / Rate
				if microphoneFirst {
					p.speak(make([]byte, piece*Frame), at)
				}
				p.play(played.until(float64(now)), at)
				if !microphoneFirst {
					p.speak(make([]byte, piece*Frame), at)
				}
			}
			if number < 60*second-5 || unknown > 50 {
				t.Errorf("%.0f ppm: %d pairs of %d, and in %d nothing is known", ppm, number, 60*second, unknown)
			}
			if least < 1 || most-least > 2*farAway {
				t.Errorf("%.0f ppm: what is played is between %.1f and %.1f ms ahead", ppm, least*1000/Rate, most*1000/Rate)
			}
		}
	}
}

func TestPairing_ALoudspeakerThatIsSilentForAWhile(t *testing.T) {
	var pairs []pair
	p := &pairing{out: func(each pair) { pairs = append(pairs, each) }}
	played := &sound{next: 1}
	now := 0
	run := func(blocks int, plays bool) pair {
		for range blocks {
			now += Block
			at := time.Duration(now) * time.Second / Rate
			p.speak(make([]byte, blockBytes), at)
			if plays {
				p.play(played.until(float64(now)), at)
			}
		}
		return pairs[len(pairs)-1]
	}
	if run(20, false).played != nil || len(pairs) != 20 {
		t.Fatalf("what is not played is waited for: %d pairs of 20", len(pairs))
	}
	played.next = now
	if each := run(100, true); len(pairs) < 118 || each.played == nil {
		t.Fatalf("what is played is not known: %d pairs of 120", len(pairs))
	}
	run(100, false)
	if len(pairs) != 220 {
		t.Fatalf("what is not played any more is waited for: %d pairs of 220", len(pairs))
	}
	played.next = now
	each := run(100, true)
	if each.played == nil {
		t.Fatal("what is played again is not known")
	}
	if ahead := firstOf(each.played) - float64((len(pairs)-1)*Block); math.Abs(ahead-lead) > 2 {
		t.Errorf("what is played again is %.1f ms ahead", ahead*1000/Rate)
	}
}
