package line

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"
)

// arrival is one frame at the far end.
type arrival struct {
	number int
	at     time.Duration
}

// run sends n frames of the size, one every gap, and returns what arrives until nothing waits any more.
func run(t *testing.T, seed uint64, c Conditions, n, size int, gap time.Duration) ([]arrival, Counters) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	l := New(seed)
	l.Set(c)
	var arrived []arrival
	until := func(end time.Duration) {
		for {
			at, ok := l.Next()
			if !ok || at > end {
				return
			}
			if _, early := l.Leave(at - 1); early {
				t.Fatal("a frame left before its time")
			}
			frame, _ := l.Leave(at)
			arrived = append(arrived, arrival{int(binary.BigEndian.Uint32(frame)), at})
		}
	}
	for i := range n {
		frame := make([]byte, size)
		binary.BigEndian.PutUint32(frame, uint32(i))
		now := time.Duration(i) * gap
		until(now)
		l.Enter(frame, now)
	}
	until(math.MaxInt64)
	counted := l.Counters()
	if counted.Entered != n || counted.Passed+counted.Dropped+counted.Overflowed != n || counted.Passed+counted.Duplicated != len(arrived) {
		t.Errorf("counters do not add up: %+v, %d arrived", counted, len(arrived))
	}
	return arrived, counted
}

// near fails unless the share is what was asked for, within four standard deviations of n independent draws.
func near(t *testing.T, what string, share, want float64, n int) {
	t.Helper()
	if bound := 4 * math.Sqrt(want*(1-want)/float64(n)); math.Abs(share-want) > bound {
		t.Errorf("%s: %.4f, want %.4f within %.4f", what, share, want, bound)
	}
}

const packet = 20 * time.Millisecond

func TestLine_PassesEverythingAtOnceWithoutConditions(t *testing.T) {
	arrived, counted := run(t, 1, Conditions{}, 1000, 100, packet)
	for i, a := range arrived {
		if a.number != i || a.at != time.Duration(i)*packet {
			t.Fatalf("frame %d arrived as number %d at %v", i, a.number, a.at)
		}
	}
	if want := (Counters{Entered: 1000, Bytes: counted.Bytes, Passed: 1000}); counted != want || counted.Bytes < 1000 {
		t.Errorf("counted %+v, want %+v", counted, want)
	}
}

func TestLine_LosesTheShareThatWasAskedFor(t *testing.T) {
	const n = 50_000
	for _, loss := range []float64{0.01, 0.1, 0.2, 0.5, 1} {
		_, counted := run(t, 7, Conditions{Loss: loss}, n, 100, packet)
		near(t, "loss", float64(counted.Dropped)/n, loss, n)
	}
}

func TestLine_LosesInBursts(t *testing.T) {
	const n = 200_000
	for _, burst := range []float64{1, 3, 8} {
		arrived, counted := run(t, 7, Conditions{Loss: 0.1, Burst: burst}, n, 100, packet)
		var bursts int
		for i := 1; i < len(arrived); i++ {
			if arrived[i].number > arrived[i-1].number+1 {
				bursts++
			}
		}
		share, mean := float64(counted.Dropped)/n, float64(counted.Dropped)/float64(bursts)
		// Bursts are not independent draws: a tenth off either way is chance.
		if math.Abs(share-0.1) > 0.01 {
			t.Errorf("bursts of %v: lost %.4f of all, want 0.1", burst, share)
		}
		if math.Abs(mean-burst) > burst/10 {
			t.Errorf("bursts of %v: their mean length is %.2f", burst, mean)
		}
	}
}

func TestLine_DoesTheSameAgainWithTheSameSeed(t *testing.T) {
	c := Conditions{Loss: 0.1, Burst: 2, Duplicate: 0.05, Reorder: 0.05, DelayMillis: 10, JitterMillis: 30, RateKbit: 64}
	first, _ := run(t, 3, c, 5000, 100, packet)
	second, _ := run(t, 3, c, 5000, 100, packet)
	other, _ := run(t, 4, c, 5000, 100, packet)
	if !reflect.DeepEqual(first, second) {
		t.Error("one seed, two outcomes")
	}
	if reflect.DeepEqual(first, other) {
		t.Error("two seeds, one outcome")
	}
}

func TestLine_LosesTheSameFramesWhateverElseHappens(t *testing.T) {
	numbers := func(c Conditions) []int {
		arrived, _ := run(t, 3, c, 2000, 100, packet)
		var all []int
		for _, a := range arrived {
			all = append(all, a.number)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	plain := numbers(Conditions{Loss: 0.2})
	if busy := numbers(Conditions{Loss: 0.2, Duplicate: 0.3, Reorder: 0.2, JitterMillis: 50}); !slices.Equal(plain, busy) {
		t.Error("other conditions changed which frames are lost")
	}
}

func TestLine_DelaysAndJittersInOrder(t *testing.T) {
	const n = 20_000
	arrived, counted := run(t, 5, Conditions{DelayMillis: 50, JitterMillis: 40}, n, 100, packet)
	var sum time.Duration
	for i, a := range arrived {
		if a.number != i {
			t.Fatalf("frame %d arrived in place of %d", a.number, i)
		}
		took := a.at - time.Duration(i)*packet
		if took < 50*time.Millisecond || took > 90*time.Millisecond {
			t.Fatalf("frame %d took %v", i, took)
		}
		sum += took
	}
	// 20 ms on average, and a little for waiting in order.
	if mean := sum / n; mean < 70*time.Millisecond || mean > 75*time.Millisecond {
		t.Errorf("mean delay %v", mean)
	}
	if counted.Delayed != n || counted.Reordered != 0 {
		t.Errorf("counted %+v", counted)
	}
}

func TestLine_Reorders(t *testing.T) {
	const n = 50_000
	arrived, counted := run(t, 5, Conditions{Reorder: 0.1}, n, 100, packet)
	// One held back for 30 ms is overtaken by the next frame, unless that is held back too.
	near(t, "reordered", float64(counted.Reordered)/n, 0.1*0.9, n)
	for i, a := range arrived {
		if a.number < i-2 || a.number > i+2 {
			t.Fatalf("frame %d arrived as number %d", a.number, i)
		}
	}
}

func TestLine_Duplicates(t *testing.T) {
	const n = 50_000
	arrived, counted := run(t, 5, Conditions{Duplicate: 0.2}, n, 100, packet)
	near(t, "duplicated", float64(counted.Duplicated)/n, 0.2, n)
	if counted.Passed != n || counted.Reordered != 0 {
		t.Errorf("counted %+v", counted)
	}
	if !slices.IsSortedFunc(arrived, func(a, b arrival) int { return a.number - b.number }) {
		t.Error("duplicates changed the order")
	}
}

func TestLine_LimitsTheRateWithABoundedQueue(t *testing.T) {
	// 125 bytes are 1000 bits: 50 of them a second make 50 kbit/s, of which 40 pass.
	const n = 5000
	arrived, counted := run(t, 5, Conditions{RateKbit: 40, QueueMillis: 200}, n, 125, packet)
	near(t, "overflowed", float64(counted.Overflowed)/n, 0.2, n)
	for i, a := range arrived {
		if took := a.at - time.Duration(a.number)*packet; took > 225*time.Millisecond+time.Microsecond {
			t.Fatalf("frame %d waited %v", a.number, took)
		}
		if i > 0 && a.at-arrived[i-1].at < 25*time.Millisecond-time.Microsecond {
			t.Fatalf("frames %d and %d came %v apart", a.number-1, a.number, a.at-arrived[i-1].at)
		}
	}
	if _, counted := run(t, 5, Conditions{RateKbit: 60}, n, 125, packet); counted.Overflowed != 0 {
		t.Errorf("overflowed below the rate: %+v", counted)
	}
}

func TestLine_ChangesWhileItRuns(t *testing.T) {
	l := New(1)
	enter := func(now time.Duration) { l.Enter([]byte{0}, now) }
	l.Set(Conditions{DelayMillis: 500})
	enter(0)
	l.Set(Conditions{})
	enter(10 * time.Millisecond)
	if at, ok := l.Next(); !ok || at != 500*time.Millisecond {
		t.Errorf("the next frame leaves at %v: a shorter delay must not reorder", at)
	}
	l.Set(Conditions{Loss: 1})
	enter(20 * time.Millisecond)
	if got := l.Counters(); got.Dropped != 1 || len(l.waiting) != 2 {
		t.Errorf("counted %+v, %d wait", got, len(l.waiting))
	}
}

func TestLine_HoldsABoundedNumberOfFrames(t *testing.T) {
	l := New(1)
	l.Set(Conditions{DelayMillis: 60_000})
	for range maxWaiting + 10 {
		l.Enter([]byte{0}, 0)
	}
	if got := l.Counters().Overflowed; got != 10 {
		t.Errorf("%d overflowed, want 10", got)
	}
}

func TestConditions_AreRefusedWhenImpossible(t *testing.T) {
	for _, c := range []Conditions{
		{Loss: -0.1},
		{Loss: 1.1},
		{Duplicate: 2},
		{Reorder: math.Inf(1)},
		{DelayMillis: -1},
		{JitterMillis: 1e9},
		{RateKbit: -1},
		{Loss: 0.1, Burst: 0.5},
		{Loss: 0.9, Burst: 1},
	} {
		if c.Validate() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
