package sfu

import (
	"math/rand/v2"
	"testing"
	"time"
)

const tick = 20 * time.Millisecond

type sentPacket struct {
	seq uint16
	ts  uint32
}

func TestRewriter_ContinuesSequenceAndTimestampAcrossSources(t *testing.T) {
	var r rewriter
	now := time.Second
	var last sentPacket
	for source := range 5 {
		seq, ts := uint16(65530+7000*source), uint32(4_294_960_000+1_000_000*source) //nolint:gosec // wraps on purpose
		for i := range 20 {
			gotSeq, gotTS, marker, ok := r.next(seq, ts, false, i == 0, now)
			if !ok {
				t.Fatalf("source %d packet %d was dropped", source, i)
			}
			if marker != (i == 0) {
				t.Errorf("source %d packet %d: marker %v", source, i, marker)
			}
			if source+i > 0 {
				if gotSeq != last.seq+1 {
					t.Errorf("source %d packet %d: sequence %d after %d", source, i, gotSeq, last.seq)
				}
				if step := gotTS - last.ts; step != frame {
					t.Errorf("source %d packet %d: timestamp stepped %d, want %d", source, i, step, frame)
				}
			}
			last = sentPacket{gotSeq, gotTS}
			seq, ts, now = seq+1, ts+frame, now+tick
		}
	}
}

func TestRewriter_LetsTheTimestampFollowTheWallClockOverASilence(t *testing.T) {
	var r rewriter
	_, before, _, _ := r.next(1, 1000, false, true, 0)
	seq, after, marker, ok := r.next(9, 77, false, true, 3*time.Second)
	if !ok || !marker || seq != 2 || after-before != 3*clockRate {
		t.Errorf("seq %d, timestamp +%d, marker %v, ok %v; want 2, %d, true, true", seq, after-before, marker, ok, 3*clockRate)
	}
}

func TestRewriter_KeepsLossVisibleAndDTXGapsIntact(t *testing.T) {
	var r rewriter
	first, ts0, _, _ := r.next(100, 0, false, true, 0)
	// Packets 101 and 102 are lost; 103 follows a DTX gap of 400 ms.
	seq, ts, _, ok := r.next(103, 22*frame, true, false, 460*time.Millisecond)
	if !ok || seq-first != 3 || ts-ts0 != 22*frame {
		t.Errorf("seq +%d, ts +%d, ok %v; want +3, +%d, true", seq-first, ts-ts0, ok, 22*frame)
	}
}

func TestRewriter_DropsDuplicatesAndWhatIsTooLate(t *testing.T) {
	var r rewriter
	for i := range uint16(100) {
		r.next(i, uint32(i)*frame, false, i == 0, time.Duration(i)*tick)
	}
	for _, seq := range []uint16{99, 50, 36} {
		if _, _, _, ok := r.next(seq, uint32(seq)*frame, false, false, 100*tick); ok {
			t.Errorf("packet %d passed a second time", seq)
		}
	}
	if _, _, _, ok := r.next(20, 20*frame, false, false, 100*tick); ok {
		t.Error("a packet from before the window passed")
	}
}

func TestRewriter_DropsPacketsOfASourceFromBeforeItsSwitch(t *testing.T) {
	var r rewriter
	r.next(10, 0, false, true, 0)
	r.next(500, 0, false, true, tick) // the switch
	if _, _, _, ok := r.next(499, 0, false, false, tick); ok {
		t.Error("a packet older than the switch passed: its number belongs to the previous source")
	}
}

func TestRewriter_TakesAJumpForARestart(t *testing.T) {
	var r rewriter
	a, _, _, _ := r.next(10, 0, false, true, 0)
	b, _, marker, ok := r.next(40000, 99, false, false, tick)
	if !ok || !marker || b != a+1 {
		t.Errorf("after a jump: seq %d after %d, marker %v, ok %v", b, a, marker, ok)
	}
}

// Whatever the network does to the order, no number is used twice with another content, and each packet keeps its
// distance from its neighbours.
func TestRewriter_PropertyUnderReorderingLossAndSwitches(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var r rewriter
		used := make(map[uint16]sentPacket)
		now := time.Duration(0)
		for range 1 + rng.IntN(6) {
			base := uint16(rng.Uint32()) //nolint:gosec // random
			order := rng.Perm(300)
			for i := range order { // reorder by at most 8
				order[i] = i
			}
			for i := range order {
				j := min(i+rng.IntN(8), len(order)-1)
				order[i], order[j] = order[j], order[i]
			}
			fresh := true
			var offset uint16
			for _, i := range order {
				now += tick
				if rng.IntN(10) == 0 {
					continue // lost
				}
				in := base + uint16(i)                                           //nolint:gosec // small
				out, ts, _, ok := r.next(in, uint32(i)*frame, false, fresh, now) //nolint:gosec // small
				if !ok {
					continue
				}
				if fresh {
					offset, fresh = out-in, false
				}
				if out-in != offset {
					t.Fatalf("seed %d: distance between packets changed within a source", seed)
				}
				if old, dup := used[out]; dup && old.ts != ts {
					t.Fatalf("seed %d: number %d used twice", seed, out)
				}
				used[out] = sentPacket{in, ts}
			}
		}
	}
}

func TestRewriter_StepsInWholeFramesFromSourceToSourceAndKeepsUpWithTheClock(t *testing.T) {
	var r rewriter
	rng := rand.New(rand.NewPCG(1, 2))
	now := time.Second
	_, first, _, _ := r.next(0, 0, false, true, now)
	last, began := first, now
	for range 10_000 {
		// A newcomer's packet comes up to two frames after the last of the one before, or after a long silence.
		gap := time.Duration(rng.Int64N(int64(40 * time.Millisecond)))
		if rng.IntN(20) == 0 {
			gap = time.Duration(rng.Int64N(int64(3 * time.Second)))
		}
		now += gap
		_, ts, _, _ := r.next(uint16(rng.Uint32()), rng.Uint32(), false, true, now)
		step := ts - last
		if step == 0 || step%frame != 0 {
			t.Fatalf("a step of %d ticks after %v, want whole frames", step, gap)
		}
		last = ts
		behind := (now-began).Microseconds()*48/1000 - int64(last-first)
		if gap > time.Second && (behind < -frame || behind > frame) {
			t.Fatalf("the timestamps are %d ticks behind the clock", behind)
		}
	}
}

func TestRewriter_ForgetsHowFarASourceThatRestartsAllTheTimeRanAhead(t *testing.T) {
	var r rewriter
	now := time.Second
	for i := range 1000 {
		now += time.Millisecond
		r.next(uint16(i*5000), 0, false, true, now) //nolint:gosec // wraps on purpose
	}
	before := r.outTS
	_, after, _, _ := r.next(1, 0, false, true, now+3*time.Second)
	if step := after - before; step < 2*clockRate {
		t.Errorf("3 s of silence became a step of %d ticks", step)
	}
}
