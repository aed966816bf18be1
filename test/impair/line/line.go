package line

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// maxWaiting is how many frames a line holds, whatever its conditions: 20 s of 50 voices.
const maxWaiting = 50_000

// Counters say what became of the frames that entered.
type Counters struct {
	Entered    int `json:"entered"`
	Bytes      int `json:"bytes"`      // of those that entered
	Passed     int `json:"passed"`     // have left, copies not counted
	Dropped    int `json:"dropped"`    // lost on the line
	Overflowed int `json:"overflowed"` // thrown away because too many waited
	Duplicated int `json:"duplicated"` // left a second time
	Reordered  int `json:"reordered"`  // left after one that entered later
	Delayed    int `json:"delayed"`    // left later than they entered
}

// A Line is one direction of a link. It is used by one goroutine at a time. Times are durations since any moment, and
// never go back.
//
// Each effect has a source of chance of its own, drawn once for every frame: the n-th frame is lost or not whatever the
// other conditions are.
type Line struct {
	conditions Conditions
	counters   Counters

	loss, duplicate, reorder, jitter *rand.Rand

	bad     bool          // the Gilbert-Elliott state
	free    time.Duration // when the last frame has been transmitted
	inOrder time.Duration // when the last frame that keeps the order leaves
	highest int           // number of the latest frame that has left
	waiting waiting
}

// New returns a line that does no harm yet.
func New(seed uint64) *Line {
	source := func(effect uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, effect)) }
	return &Line{loss: source(1), duplicate: source(2), reorder: source(3), jitter: source(4)}
}

// Set changes the conditions, which must be valid, for frames that enter from now on.
func (l *Line) Set(c Conditions) { l.conditions = c }

// Counters returns what has become of the frames so far.
func (l *Line) Counters() Counters { return l.counters }

// Enter takes a frame, which belongs to the line from then on.
func (l *Line) Enter(frame []byte, now time.Duration) {
	l.counters.Entered++
	l.counters.Bytes += len(frame)
	number := l.counters.Entered
	c := l.conditions
	lost := l.loses()
	twice := l.duplicate.Float64() < c.Duplicate
	held := l.reorder.Float64() < c.Reorder
	jitter := time.Duration(l.jitter.Float64() * float64(millis(c.JitterMillis)))

	start := max(now, l.free)
	if (c.RateKbit > 0 && start-now > c.queue()) || len(l.waiting) >= maxWaiting {
		l.counters.Overflowed++
		return
	}
	l.free = start + c.transmission(len(frame))
	if lost { // in the air: it has taken its time on the line
		l.counters.Dropped++
		return
	}
	leaves := max(l.inOrder, l.free+millis(c.DelayMillis)+jitter)
	if held {
		leaves += c.hold()
	} else {
		l.inOrder = leaves
	}
	heap.Push(&l.waiting, passage{frame: frame, entered: now, leaves: leaves, number: number})
	if twice {
		heap.Push(&l.waiting, passage{frame: frame, entered: now, leaves: leaves, number: number, again: true})
	}
}

// loses draws whether the next frame is lost.
func (l *Line) loses() bool {
	c, draw := l.conditions, l.loss.Float64()
	switch {
	case c.Burst == 0 || c.Loss == 0 || c.Loss == 1:
		l.bad = draw < c.Loss
	case l.bad:
		l.bad = draw >= 1/c.Burst
	default:
		l.bad = draw < c.enterBad()
	}
	return l.bad
}

// Next returns when the next frame leaves, or false when none waits.
func (l *Line) Next() (time.Duration, bool) {
	if len(l.waiting) == 0 {
		return 0, false
	}
	return l.waiting[0].leaves, true
}

// Leave returns the next frame whose time has come, or false.
func (l *Line) Leave(now time.Duration) ([]byte, bool) {
	if len(l.waiting) == 0 || l.waiting[0].leaves > now {
		return nil, false
	}
	p := heap.Pop(&l.waiting).(passage)
	if p.again {
		l.counters.Duplicated++
		return p.frame, true
	}
	l.counters.Passed++
	if p.leaves > p.entered {
		l.counters.Delayed++
	}
	if p.number < l.highest {
		l.counters.Reordered++
	}
	l.highest = max(l.highest, p.number)
	return p.frame, true
}

// passage is one frame on its way.
type passage struct {
	frame           []byte
	entered, leaves time.Duration
	number          int
	again           bool // the copy of a duplicated frame
}

// waiting is a heap: the next to leave first, and of those that leave together the first to have entered.
type waiting []passage

func (w waiting) Len() int      { return len(w) }
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w waiting) Less(i, j int) bool {
	if w[i].leaves != w[j].leaves {
		return w[i].leaves < w[j].leaves
	}
	return w[i].number < w[j].number
}
func (w *waiting) Push(p any) { *w = append(*w, p.(passage)) }
func (w *waiting) Pop() any {
	last := len(*w) - 1
	p := (*w)[last]
	(*w)[last] = passage{}
	*w = (*w)[:last]
	return p
}
