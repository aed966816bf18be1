package sfu

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestReception_AsksForWhatIsMissing(t *testing.T) {
	var r reception
	now := time.Second
	r.take(65534, now)
	r.take(2, now) // 65535, 0 and 1 are missing
	if got := r.ask(nil, now); !slices.Equal(got, []uint16{65535, 0, 1}) {
		t.Fatalf("asked for %v", got)
	}
	if got := r.ask(nil, now+askAgain/2); len(got) != 0 {
		t.Errorf("asked for %v again at once", got)
	}
	if what := r.take(0, now+askAgain); what != isLate {
		t.Errorf("a retransmission is %v", what)
	}
	if got := r.ask(nil, now+askAgain); !slices.Equal(got, []uint16{65535, 1}) {
		t.Errorf("asked for %v the second time", got)
	}
	if got := r.ask(nil, now+askWithin+1); len(got) != 0 {
		t.Errorf("asked for %v though too late", got)
	}
	if r.received != 3 || r.repaired != 1 || r.gaps != 3 || r.expected() != 5 {
		t.Errorf("received %d, repaired %d, gaps %d, expected %d; want 3, 1, 3, 5", r.received, r.repaired, r.gaps, r.expected())
	}
}

func TestReception_GivesUpAfterSomeTries(t *testing.T) {
	var r reception
	r.take(1, 0)
	r.take(3, 0)
	asked := 0
	for now := time.Duration(0); now < askWithin; now += tick {
		asked += len(r.ask(nil, now))
	}
	if asked != askTries {
		t.Errorf("asked %d times, want %d", asked, askTries)
	}
}

func TestReception_CountsEachPacketOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a test
	var s reception
	came := make(map[uint16]bool)
	seq := uint16(65500)
	s.take(seq, 0)
	came[seq] = true
	duplicates := uint64(0)
	for i := range 3000 {
		now := time.Duration(i) * tick
		next := seq + uint16(1+r.IntN(3)) //nolint:gosec // small
		for _, x := range []uint16{next, seq + 1, next} {
			what := s.take(x, now)
			if (what == isDuplicate) != came[x] {
				t.Fatalf("packet %d at step %d is %v, came before: %v", x, i, what, came[x])
			}
			if came[x] {
				duplicates++
			}
			came[x] = true
		}
		seq = next
		if i%50 == 0 { // numbers come around
			for old := range came {
				if int16(seq-old) > 2000 { //nolint:gosec // the distance on a 16-bit circle
					delete(came, old)
				}
			}
		}
	}
	if s.duplicates != duplicates || s.expected() < s.received {
		t.Errorf("%d duplicates, want %d; received %d of %d", s.duplicates, duplicates, s.received, s.expected())
	}
}

func TestReception_KeepsItsListsShort(t *testing.T) {
	var r reception
	r.take(0, 0)
	r.take(900, 0)
	if len(r.missing) != maxMissing || r.missing[maxMissing-1].seq != 899 {
		t.Errorf("%d missing, the last is %d", len(r.missing), r.missing[len(r.missing)-1].seq)
	}
	r.take(5000, 0) // a source that began anew
	if len(r.missing) != 0 || r.expected() != 902 {
		t.Errorf("%d missing, %d expected after a new start", len(r.missing), r.expected())
	}
}

func TestReception_MeasuresJitter(t *testing.T) {
	var even, uneven reception
	for i := range 500 {
		at := time.Duration(i) * tick
		even.time(uint32(i*frame), at)                                          //nolint:gosec // small
		uneven.time(uint32(i*frame), at+time.Duration(i%2)*10*time.Millisecond) //nolint:gosec // small
	}
	if even.jitter > 1 {
		t.Errorf("even packets have a jitter of %v ticks", even.jitter)
	}
	if got := ticks(uint64(uneven.jitter)); got < 9*time.Millisecond || got > 11*time.Millisecond {
		t.Errorf("packets 10 ms off now and then have a jitter of %v", got)
	}
}
