package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestStream_CountsLossOrderAndCopies(t *testing.T) {
	for _, c := range []struct {
		name                                  string
		seqs                                  []uint16
		received, lost, reordered, duplicates int64
	}{
		{"in order", []uint16{7, 8, 9}, 3, 0, 0, 0},
		{"a gap", []uint16{7, 9, 12}, 3, 3, 0, 0},
		{"a late one", []uint16{7, 9, 8, 10}, 4, 0, 1, 0},
		{"late before the first", []uint16{7, 6, 8}, 3, 0, 1, 0},
		{"late before the first, over the wrap", []uint16{0, 65535, 1}, 3, 0, 1, 0},
		{"twice", []uint16{7, 8, 8, 7, 9}, 3, 0, 0, 2},
		{"a wrap", []uint16{65534, 65535, 0, 1}, 4, 0, 0, 0},
		{"a gap over the wrap", []uint16{65534, 2}, 2, 3, 0, 0},
		{"late over the wrap", []uint16{65535, 1, 0}, 3, 0, 1, 0},
		{"a new source", []uint16{7, 9, 30000, 30001}, 4, 1, 0, 0},
		{"a gap longer than what is remembered", []uint16{7, 7 + 2*lateWindow, 8}, 2, 2*lateWindow - 1, 0, 1},
	} {
		var s stream
		for _, seq := range c.seqs {
			s.add(seq)
		}
		if s.received != c.received || s.lost() != c.lost || s.reordered != c.reordered || s.duplicates != c.duplicates {
			t.Errorf("%s: received %d, lost %d, reordered %d, duplicates %d; want %d, %d, %d, %d", c.name,
				s.received, s.lost(), s.reordered, s.duplicates, c.received, c.lost, c.reordered, c.duplicates)
		}
	}
}

// Whatever a network does within the window, the counts are those of a plain set.
func TestStream_AgreesWithASet(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var s stream
		start := rng.IntN(1 << 16)
		order := make([]int, 0, 400)
		for n := range 300 {
			for range []int{1, 1, 1, 1, 1, 1, 1, 0, 2}[rng.IntN(9)] {
				order = append(order, start+n)
			}
		}
		for range 50 {
			i := rng.IntN(len(order) - 20)
			j := i + rng.IntN(20)
			order[i], order[j] = order[j], order[i]
		}
		distinct := make(map[int]bool)
		for _, n := range order {
			s.add(uint16(n))
			distinct[n] = true
		}
		missing := slices.Max(order) - slices.Min(order) + 1 - len(distinct)
		if s.received != int64(len(distinct)) || s.lost() != int64(missing) || s.duplicates != int64(len(order)-len(distinct)) {
			t.Fatalf("received %d, lost %d, duplicates %d of %v", s.received, s.lost(), s.duplicates, order)
		}
	}
}

// What is due are the packets sent well inside the time that the talker held the seat, come what may around it.
func TestDue_CountsOnlyWhatHadToBeHeard(t *testing.T) {
	const perLook = 5
	var d due
	next := uint32(0)
	looks := func(n int, held bool, hears func(seq uint32) bool) {
		for range n {
			for range perLook {
				if hears(next) {
					d.heard.add(next)
				}
				next++
			}
			d.look(next, held)
		}
	}
	all := func(uint32) bool { return true }
	none := func(uint32) bool { return false }
	looks(30, false, none) // no seat
	looks(30, true, all)
	looks(1, true, func(seq uint32) bool { return seq%5 != 2 }) // one is lost
	looks(30, true, all)
	looks(30, false, none) // the seat is gone
	if d.lost != 1 || d.came < 40*perLook {
		t.Fatalf("lost %d, came %d", d.lost, d.came)
	}
	looks(12, true, all)
	before := d.lost
	looks(20, true, none) // silence with a seat is loss, even if nothing ever comes again
	looks(2*lookGrace+2, true, all)
	if got := d.lost - before; got != 20*perLook {
		t.Errorf("lost %d of a gap of %d", got, 20*perLook)
	}
}

func TestHearing_SurvivesAListenerThatWasFarBehind(t *testing.T) {
	var h hearing
	h.add(heardWindow + 5) // too far ahead to be remembered
	h.add(3)
	if came, missing := h.judge(10); came != 1 || missing != 9 {
		t.Errorf("came %d, missing %d", came, missing)
	}
	h.add(4) // judged already
	h.add(12)
	if came, missing := h.judge(20); came != 1 || missing != 9 {
		t.Errorf("came %d, missing %d", came, missing)
	}
}

func TestStamp_ComesBackAndIsNothingElse(t *testing.T) {
	packet := make([]byte, voiceBytes)
	want := stamp{run: 1 << 31, talker: 299, seq: 77, sent: time.Now().UnixNano()}
	want.put(packet)
	if got, ok := readStamp(packet); !ok || got != want {
		t.Errorf("got %v, %v", got, ok)
	}
	if packet[0]>>3 != 15 || packet[0]&7 != 0 {
		t.Errorf("TOC %#x is no 20 ms hybrid full band mono frame", packet[0])
	}
	for name, other := range map[string][]byte{"DTX": {voiceTOC}, "short": packet[:stampBytes-1], "sound": make([]byte, 80), "nothing": nil} {
		if s, ok := readStamp(other); ok {
			t.Errorf("%s reads as %v", name, s)
		}
	}
}

func TestHistogram_KeepsQuantilesWithin2Percent(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for n := range 100_000 {
		h.add(time.Duration(n+1) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0: time.Microsecond, 0.5: 50 * time.Millisecond, 0.99: 99 * time.Millisecond, 1: 100 * time.Millisecond} {
		if got := h.quantile(q); got < want*98/100 || got > want*102/100 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	h.add(-time.Second) // clocks may be set back
	h.add(1 << 62)
}

func TestMouth_SpeaksLikePeople(t *testing.T) {
	const minutes = 60
	frames := minutes * 60 * int(time.Second/frame)
	counts := make(map[sound]int)
	spurts := 0
	m, again := newMouth(4, true, Speech), newMouth(4, true, Speech)
	last := nothing
	for range frames {
		s := m.next()
		if s != again.next() {
			t.Fatal("the same number speaks differently")
		}
		if s == voice && last != voice {
			spurts++
		}
		counts[s]++
		last = s
	}
	talking := float64(counts[voice]) / float64(frames)
	if talking < 0.34 || talking > 0.44 {
		t.Errorf("talks %.0f %% of the time, P.59 says 39 %%", 100*talking)
	}
	if mean := time.Duration(counts[voice]/spurts) * frame; mean < 850*time.Millisecond || mean > 1150*time.Millisecond {
		t.Errorf("a spurt of %v on average", mean)
	}
	if perSecond := float64(counts[comfort]) / minutes / 60; perSecond > 2.5 {
		t.Errorf("%.1f packets of comfort a second", perSecond)
	}
}

func TestMouth_AlwaysAndNever(t *testing.T) {
	talker, silent := newMouth(0, true, Always), newMouth(1, false, Always)
	sent := 0
	for range 1000 {
		if talker.next() != voice {
			t.Fatal("paused")
		}
		if silent.next() != nothing {
			sent++
		}
	}
	if sent != 1000/framesOfDTX {
		t.Errorf("a silent microphone sent %d packets in 1000 frames", sent)
	}
}

func TestRun_SpreadsThoseWhoDecrypt(t *testing.T) {
	for _, c := range []struct{ participants, decrypt, want int }{{25, 2, 2}, {3, 3, 3}, {3, 9, 3}, {1, 1, 1}, {300, 7, 7}, {5, 0, 0}} {
		r := &run{Config: Config{Participants: c.participants, Decrypt: c.decrypt}}
		var who []int
		for n := range c.participants {
			if r.decrypts(n) {
				who = append(who, n)
			}
		}
		if len(who) != c.want {
			t.Errorf("%d of %d: %v", c.decrypt, c.participants, who)
		}
	}
}
