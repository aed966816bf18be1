package soundcard

import "testing"

const second = Rate / Block // in ticks

// A loudspeaker whose clock is off by that many parts in a million, for an hour: what waits stays near the margin, and never
// runs out.
func TestBalance_ClocksThatDriftApart(t *testing.T) {
	for _, ppm := range []float64{-300, -50, 0, 50, 300} {
		b := newBalance()
		b.said = func(int, float64, int, int) {}
		waiting := float64(leastMargin)
		var least, most float64 = 1e9, 0
		for tick := range 3600 * second {
			waiting += float64(Block + b.tick(int(waiting), waiting <= 0, 1))
			waiting -= Block * (1 + ppm/1e6)
			if tick > 60*second {
				least, most = min(least, waiting), max(most, waiting)
			}
		}
		if least <= 0 || most > leastMargin+farOff {
			t.Errorf("%.0f ppm: between %.1f and %.1f ms wait", ppm, least*1000/Rate, most*1000/Rate)
		}
	}
}

func TestBalance_BreaksMakeRoomThatTimeTakesBack(t *testing.T) {
	b := newBalance()
	b.said = func(int, float64, int, int) {}
	for range 100 {
		b.tick(0, true, 1)
	}
	if b.margin < mostMargin-marginDown {
		t.Errorf("after 100 breaks the margin is %.1f ms", b.margin*1000/Rate)
	}
	if adjust := b.tick(int(b.margin), false, 1); adjust != 0 {
		t.Errorf("right after a break the server fills itself, and is given %d more", adjust)
	}
	for range 1000 * second {
		b.tick(int(b.margin), false, 1)
	}
	if b.margin != leastMargin {
		t.Errorf("after 1000 quiet seconds the margin is %.1f ms", b.margin*1000/Rate)
	}
}
