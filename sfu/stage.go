package sfu

import (
	"slices"
	"time"
)

const (
	// speaking is the level in dBov from which a participant counts as talking. Speech in a headset sits at -20 to
	// -35, an office's background at -60 to -70.
	speaking = -50
	// holdSeat is how long a talker keeps the seat after its last word: longer than the pauses inside sentences
	// (under 1 s), so that a thinking pause costs nobody the seat.
	holdSeat = 2 * time.Second
	// outshout is how much louder, in dB, a newcomer must be than the quietest talker when everybody in the seats is
	// talking: 6 dB is twice the amplitude and more than the flutter of one voice.
	outshout = 6
)

// stage decides who holds the room's K seats. Up to K participants: everybody. More: whoever talks, the loudest first.
// It is a plain function of what it was told and when; the room's goroutine owns it.
type stage struct {
	seats  []string // participant id, "" when empty
	voices map[string]*voice
	order  []string // of joining
}

// voice is what the stage remembers of one participant.
type voice struct {
	level  float64   // smoothed, dBov
	speech float64   // level when last speaking: a pause does not make a voice quieter
	spoke  time.Time // when last speaking
	seated bool
}

func newStage(k int) *stage {
	return &stage{seats: make([]string, k), voices: make(map[string]*voice)}
}

// add puts a participant on the stage.
func (s *stage) add(id string) {
	s.voices[id] = &voice{level: silence, speech: silence}
	s.order = append(s.order, id)
}

// remove takes a participant off the stage and out of the seat.
func (s *stage) remove(id string) {
	delete(s.voices, id)
	s.order = slices.DeleteFunc(s.order, func(o string) bool { return o == id })
	if i := slices.Index(s.seats, id); i >= 0 {
		s.seats[i] = ""
	}
}

// observe notes a participant's loudest level, in dBov, since the last call.
func (s *stage) observe(id string, level int, now time.Time) {
	v := s.voices[id]
	if v == nil {
		return
	}
	// Fast up, slow down: a word counts at once, its end only after some ticks.
	weight := 0.2
	if float64(level) > v.level {
		weight = 0.7
	}
	v.level += weight * (float64(level) - v.level)
	if v.level >= speaking {
		v.spoke = now
	}
	if level >= speaking { // not while the smoothed level falls into a pause
		v.speech += 0.7 * (float64(level) - v.speech)
	}
}

// assign fills the seats and reports whether anybody's changed. A seat that stays with its holder keeps its index.
func (s *stage) assign(now time.Time) bool {
	changed := false
	for _, id := range s.order {
		v := s.voices[id]
		if v.seated {
			continue
		}
		i := slices.Index(s.seats, "")
		if i < 0 {
			if v.level < speaking {
				continue
			}
			if i = s.weakest(v, now); i < 0 {
				continue
			}
			s.voices[s.seats[i]].seated = false
		}
		s.seats[i] = id
		v.seated = true
		changed = true
	}
	return changed
}

// weakest returns the seat that a talking newcomer may take, or -1: that of whoever has been silent longest, else, when
// all are talking, that of the quietest if the newcomer is clearly louder.
func (s *stage) weakest(newcomer *voice, now time.Time) int {
	silent, quietest := -1, -1
	for i, id := range s.seats {
		v := s.voices[id]
		if now.Sub(v.spoke) > holdSeat && (silent < 0 || v.spoke.Before(s.voices[s.seats[silent]].spoke)) {
			silent = i
		}
		if quietest < 0 || v.speech < s.voices[s.seats[quietest]].speech {
			quietest = i
		}
	}
	if silent >= 0 {
		return silent
	}
	if newcomer.level > s.voices[s.seats[quietest]].speech+outshout {
		return quietest
	}
	return -1
}
