package sfu

import (
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// aLink is a meter with a clock and counters to turn.
type aLink struct {
	meter meter
	stats mediaStats
	now   time.Time
}

func (l *aLink) after(t *testing.T, received, lost uint64) (signal.LinkWord, bool) {
	t.Helper()
	l.now = l.now.Add(2 * time.Second)
	l.stats.Received += received
	l.stats.Lost += lost
	tell := l.meter.measure(l.stats, true, l.now)
	return l.meter.link.Word, tell
}

func TestMeter_CallsALinkWhatItSoundsLike(t *testing.T) {
	for what, c := range map[string]struct {
		stats  mediaStats
		lost   uint64
		report signal.Report
		want   signal.LinkWord
	}{
		"a cable":                          {mediaStats{RTT: time.Millisecond}, 0, signal.Report{BufferMillis: 40}, signal.LinkGood},
		"0.5 % unrepaired":                 {mediaStats{}, 5, signal.Report{}, signal.LinkGood},
		"2 % unrepaired":                   {mediaStats{}, 20, signal.Report{}, signal.LinkFair},
		"8 % unrepaired":                   {mediaStats{}, 80, signal.Report{}, signal.LinkPoor},
		"8 % repaired":                     {mediaStats{UpLoss: 0.08}, 0, signal.Report{}, signal.LinkFair},
		"2 % of what is heard is made up":  {mediaStats{}, 0, signal.Report{Concealed: 0.02}, signal.LinkFair},
		"10 % of what is heard is made up": {mediaStats{}, 0, signal.Report{Concealed: 0.1}, signal.LinkPoor},
		"200 ms":                           {mediaStats{RTT: 200 * time.Millisecond}, 0, signal.Report{BufferMillis: 100}, signal.LinkFair},
		"a full buffer":                    {mediaStats{RTT: 20 * time.Millisecond}, 0, signal.Report{BufferMillis: 400}, signal.LinkPoor},
	} {
		l := aLink{stats: c.stats, now: time.Now()}
		l.meter.heard(c.report, l.now)
		if got, tell := l.after(t, 1000-c.lost, c.lost); got != c.want || !tell {
			t.Errorf("%s: %s (told %v), want %s", what, got, tell, c.want)
		}
	}
}

func TestMeter_IsQuickToWarnAndSlowToPraise(t *testing.T) {
	l := aLink{now: time.Now()}
	words := []signal.LinkWord{}
	for _, lost := range []uint64{0, 10, 0, 0, 2, 0, 0, 0, 0} {
		word, _ := l.after(t, 100, lost)
		words = append(words, word)
	}
	const good, fair, poor = signal.LinkGood, signal.LinkFair, signal.LinkPoor
	for i, want := range []signal.LinkWord{good, poor, poor, poor, fair, fair, fair, good, good} {
		if words[i] != want {
			t.Fatalf("words %v, want %s at %d", words, want, i)
		}
	}
}

func TestMeter_TellsWhatSomebodyWouldCareAboutOnly(t *testing.T) {
	l := aLink{now: time.Now(), stats: mediaStats{RTT: 20 * time.Millisecond}}
	if _, tell := l.after(t, 100, 0); !tell {
		t.Error("the first measurement was kept secret")
	}
	l.stats.RTT = 22 * time.Millisecond
	if _, tell := l.after(t, 100, 0); tell {
		t.Error("2 ms were news")
	}
	l.stats.RTT = 60 * time.Millisecond
	if _, tell := l.after(t, 100, 0); !tell {
		t.Error("a tripled round trip was kept secret")
	}
}

func TestMeter_KnowsALostLinkFromOneThatNeverWas(t *testing.T) {
	l := aLink{now: time.Now()}
	if l.meter.measure(l.stats, false, l.now) {
		t.Error("a link was told of before it was there")
	}
	l.after(t, 100, 0)
	if !l.meter.measure(l.stats, false, l.now) || l.meter.told.Word != signal.LinkLost {
		t.Errorf("disconnected is %q", l.meter.told.Word)
	}
	if word, tell := l.after(t, 100, 0); word != signal.LinkGood || !tell {
		t.Errorf("back is %q (told %v)", word, tell)
	}
}

func TestMeter_ForgetsAnOldReport(t *testing.T) {
	l := aLink{now: time.Now()}
	l.meter.heard(signal.Report{Concealed: 0.5}, l.now)
	if word, _ := l.after(t, 100, 0); word != signal.LinkPoor {
		t.Fatalf("half of it made up is %q", word)
	}
	l.now = l.now.Add(reportFor)
	for range betterAfter {
		l.after(t, 100, 0)
	}
	if l.meter.link.Word != signal.LinkGood {
		t.Errorf("a report of long ago still makes it %q", l.meter.link.Word)
	}
}
