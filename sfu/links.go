package sfu

import (
	"math"
	"slices"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// Where a link stops being good, and where it stops being fair.
//
// Delay is the link's share of the way from mouth to ear: half the round trip and the wait in the jitter buffer. ITU-T
// G.114 calls 150 ms from mouth to ear transparent and 400 ms the limit of what a network should be planned for; the other
// end and both sound cards take about 100 ms of that (docs/BENCHMARKS.md).
//
// Loss is what is left after repair, which somebody hears as concealment. By ITU-T G.107 with the robustness of concealed
// G.711 (Bpl 25.1, G.113 appendix I) 1 % costs 4 points of the transmission rating and 5 % costs 16: from 93 to 77, where
// some users are dissatisfied (G.109). Opus conceals no worse.
const (
	goodDelay, fairDelay = 150 * time.Millisecond, 300 * time.Millisecond
	goodLoss, fairLoss   = 0.01, 0.05
	// reserveLoss is the loss on the way from which a link is no longer called good although repair still hides it: NACK
	// and RED together hide 10 % and conceal 1 % at 20 %.
	reserveLoss = 0.05
)

const (
	// betterAfter is how many measurements on end must be better before the word is: a sign that comes and goes is noise.
	betterAfter = 3
	// reportFor is how long a participant's report describes its link: two that it may miss.
	reportFor = 6 * time.Second
)

// meter follows one participant's link. It belongs to the room's goroutine.
type meter struct {
	counted  mediaStats // at the last measurement
	report   signal.Report
	reported time.Time
	link     signal.Link // as measured last; its Word is empty until the first time media got through
	told     signal.Link // as the room was told
	better   int         // measurements on end that were better than the word
}

// heard takes over what the participant's receiver measured.
func (m *meter) heard(r signal.Report, now time.Time) { m.report, m.reported = r, now }

// measure looks at the counters once more. It reports whether the room should be told.
func (m *meter) measure(s mediaStats, connected bool, now time.Time) bool {
	residual := share(s.Lost-min(s.Lost, m.counted.Lost), s.Received-min(s.Received, m.counted.Received))
	m.counted = s
	if !connected {
		if m.link.Word == "" {
			return false // never was there
		}
		m.link.Word, m.better = signal.LinkLost, 0
		return m.changed()
	}
	report := m.report
	if now.Sub(m.reported) > reportFor {
		report = signal.Report{}
	}
	word := m.link.Word
	m.link = signal.Link{
		RTTMillis: millis(s.RTT), UpLoss: thousandths(s.UpLoss), DownLoss: thousandths(s.DownLoss),
		JitterMillis: millis(max(s.Jitter, s.DownJitter)), Concealed: thousandths(report.Concealed),
	}
	buffer := time.Duration(report.BufferMillis * float64(time.Millisecond))
	sounds := wordOf(s.RTT/2+buffer, max(residual, report.Concealed), max(s.UpLoss, s.DownLoss))
	if word == "" || word == signal.LinkLost || rank(sounds) >= rank(word) {
		m.better = 0
	} else if m.better++; m.better < betterAfter {
		sounds = word
	} else {
		m.better = 0
	}
	m.link.Word = sounds
	return m.changed()
}

// changed reports, once, a difference that somebody who looks would care about.
func (m *meter) changed() bool {
	a, b := m.link, m.told
	if a.Word == b.Word && near(a.RTTMillis, b.RTTMillis, 5) && near(a.JitterMillis, b.JitterMillis, 5) &&
		near(a.UpLoss, b.UpLoss, 0.01) && near(a.DownLoss, b.DownLoss, 0.01) && near(a.Concealed, b.Concealed, 0.005) {
		return false
	}
	m.told = a
	return true
}

// wordOf judges a link by its share of the delay, what could not be repaired, and what the network lost before repair.
func wordOf(delay time.Duration, unrepaired, lost float64) signal.LinkWord {
	switch {
	case delay > fairDelay, unrepaired > fairLoss:
		return signal.LinkPoor
	case delay > goodDelay, unrepaired > goodLoss, lost > reserveLoss:
		return signal.LinkFair
	}
	return signal.LinkGood
}

// rank orders the words, best first.
func rank(w signal.LinkWord) int {
	return slices.Index([]signal.LinkWord{signal.LinkGood, signal.LinkFair, signal.LinkPoor, signal.LinkLost}, w)
}

// near reports a difference under a quarter, or under least.
func near(a, b, least float64) bool { return math.Abs(a-b) <= max(least, b/4) }

func share(lost, received uint64) float64 {
	if lost == 0 {
		return 0
	}
	return float64(lost) / float64(lost+received)
}

func thousandths(x float64) float64 { return math.Round(min(max(x, 0), 1)*1000) / 1000 }

// millis rounds to tenths.
func millis(d time.Duration) float64 { return math.Round(float64(max(d, 0))/1e5) / 10 }
