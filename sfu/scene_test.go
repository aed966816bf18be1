package sfu

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scene lets people send levels to a stage as the room does: one packet each 20 ms, everybody at a moment of their own;
// a run of the stage each stageTick, and at once (but for stageGap) when somebody without a seat is loud.
type scene struct {
	*stage
	people  []*actor
	start   time.Time
	now     time.Time
	lastRun time.Time
	lastTic time.Time
	changes []change
}

type actor struct {
	*voice
	gauge gauge
	sound sound
}

// sound is somebody's level in dBov at a time since the scene began. absent is no packet at all.
type sound func(at time.Duration) int

const absent = -1000

// change is one seat that got another holder.
type change struct {
	at       time.Duration
	seat     int
	from, to string
	cut      bool // from was in the middle of a talk spurt
	silent   bool // and another seat was silent
	overdue  bool // from had been speaking without end
}

func newScene(seats, people int) *scene {
	s := &scene{stage: newStage(seats), start: time.Unix(1e9, 0)}
	s.now, s.lastRun, s.lastTic = s.start, s.start, s.start
	for i := range people {
		s.join(strconv.Itoa(i))
	}
	s.assign(s.now)
	return s
}

func (s *scene) join(id string) *actor {
	a := &actor{voice: s.add(id), sound: office(uint64(len(s.people)))}
	a.gauge.setAlert(a.alert)
	s.people = append(s.people, a)
	return a
}

func (s *scene) at() time.Duration { return s.now.Sub(s.start) }

const step = 5 * time.Millisecond

// play goes on for d.
func (s *scene) play(d time.Duration) {
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(step)
		stirred := false
		for i, a := range s.people {
			if (int(s.at()/step)+i)%4 != 0 {
				continue
			}
			if level := a.sound(s.at()); level != absent && a.gauge.hear(level, 20*time.Millisecond) && a.seat < 0 {
				stirred = true
			}
		}
		tic := s.now.Sub(s.lastTic) >= stageTick
		if tic {
			s.lastTic = s.now
		}
		if tic || stirred && s.now.Sub(s.lastRun) >= stageGap {
			s.run()
		}
	}
}

func (s *scene) run() {
	s.lastRun = s.now
	for _, a := range s.people {
		s.observe(a.voice, a.gauge.take(), s.now)
		a.gauge.setAlert(a.alert)
	}
	before := slices.Clone(s.holders)
	s.assign(s.now)
	for i, now := range s.holders {
		was := before[i]
		if was == now {
			continue
		}
		c := change{at: s.at(), seat: i, to: now.id}
		if was != nil {
			c.from, c.cut = was.id, was.speaking(s.now)
			c.overdue = was.spoke.Sub(was.spurt) > spurtLimit || was.spoke.Sub(was.turn) > turnLimit || was.share > fullShare
			c.silent = slices.ContainsFunc(before, func(v *voice) bool { return v != nil && !v.speaking(s.now) })
		}
		s.changes = append(s.changes, c)
	}
}

func (s *scene) seated(id int) bool { return s.people[id].seat >= 0 }

func (s *scene) dump() string {
	var b strings.Builder
	for _, c := range s.changes {
		fmt.Fprintf(&b, "%+v\n", c)
	}
	return b.String()
}

// office is a quiet room: -66 dBov, flickering.
func office(seed uint64) sound {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func(time.Duration) int { return -68 + rng.IntN(5) }
}

// steady is one level for ever.
func steady(level int) sound { return func(time.Duration) int { return level } }

// between plays inside from the first time to the second, the other sound otherwise.
func between(from, to time.Duration, inside, otherwise sound) sound {
	return func(at time.Duration) int {
		if at >= from && at < to {
			return inside(at - from)
		}
		return otherwise(at)
	}
}

// speech is synthetic: talk spurts and pauses of ITU-T P.59 (1.004 s and 1.587 s on average, exponentially distributed)
// around the given level, with syllables.
func speech(seed uint64, level int) sound { return talker(seed, level, 1004, 1587) }

// talker is speech with other lengths, in ms, of spurts and pauses.
func talker(seed uint64, level int, spurt, pause float64) sound {
	rng := rand.New(rand.NewPCG(seed, 2))
	talking, until := false, time.Duration(0)
	return func(at time.Duration) int {
		for at >= until {
			talking = !talking
			mean := pause
			if talking {
				mean = spurt
			}
			until += time.Duration((200 + rng.ExpFloat64()*(mean-200)) * float64(time.Millisecond))
		}
		if !talking {
			return -68 + rng.IntN(5)
		}
		if rng.IntN(5) == 0 {
			return level - 12 - rng.IntN(8) // between syllables
		}
		return level - 4 + rng.IntN(9)
	}
}

// recorded is a trace of testdata/levels, again and again, from the given offset, shifted by gain dB.
func recorded(t testing.TB, name string, offset time.Duration, gain int) sound {
	t.Helper()
	trace := numbers(t, name+".levels")
	return func(at time.Duration) int {
		return max(-127, min(0, trace[int((at+offset)/(20*time.Millisecond))%len(trace)]+gain))
	}
}

func numbers(t testing.TB, name string) []int {
	t.Helper()
	text, err := os.ReadFile("testdata/levels/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			n, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, n)
		}
	}
	return out
}
