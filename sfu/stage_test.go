package sfu

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// scene plays levels to a stage, one tick at a time, and returns how often the seats changed.
type scene struct {
	*stage
	now time.Time
}

func newScene(seats, people int) *scene {
	s := &scene{newStage(seats), time.Unix(0, 0)}
	for i := range people {
		s.add(fmt.Sprint(i))
	}
	s.assign(s.now)
	return s
}

func (s *scene) play(d time.Duration, level func(id string, at time.Duration) int) (changes int) {
	for at := time.Duration(0); at < d; at += stageTick {
		s.now = s.now.Add(stageTick)
		for _, id := range s.order {
			s.observe(id, level(id, at), s.now)
		}
		if s.assign(s.now) {
			changes++
		}
	}
	return changes
}

func (s *scene) seated(id string) bool { return slices.Contains(s.seats, id) }

func talking(ids ...string) func(string, time.Duration) int {
	return func(id string, _ time.Duration) int {
		if slices.Contains(ids, id) {
			return -25
		}
		return -70
	}
}

func TestStage_SeatsEverybodyUpToK(t *testing.T) {
	s := newScene(10, 10)
	for i := range 10 {
		if !s.seated(fmt.Sprint(i)) {
			t.Errorf("participant %d has no seat", i)
		}
	}
	if n := s.play(5*time.Second, talking("3")); n != 0 {
		t.Errorf("seats changed %d times though all fit", n)
	}
}

func TestStage_GivesANewTalkerTheSeatOfASilentOne(t *testing.T) {
	s := newScene(3, 6)
	s.play(3*time.Second, talking())
	s.play(2*stageTick, talking("5"))
	if !s.seated("5") {
		t.Error("the talker was not seated within two ticks")
	}
}

func TestStage_KeepsTheSeatThroughAPauseInASentence(t *testing.T) {
	s := newScene(1, 2)
	s.play(3*time.Second, talking("0"))
	s.play(time.Second, talking("1")) // 0 pauses for a second, 1 speaks as loudly
	if !s.seated("0") {
		t.Error("a pause of one second cost the seat")
	}
	s.play(3*time.Second, talking("1"))
	if !s.seated("1") {
		t.Error("the talker was never seated though the other was silent for 4 s")
	}
}

func TestStage_DoesNotFlapBetweenEqualTalkers(t *testing.T) {
	s := newScene(2, 3)
	if n := s.play(20*time.Second, talking("0", "1", "2")); n != 0 {
		t.Errorf("seats changed %d times between equals", n)
	}
}

func TestStage_FreesTheSeatOfOneWhoLeaves(t *testing.T) {
	s := newScene(2, 3)
	s.remove("0")
	s.assign(s.now)
	if !s.seated("2") || slices.Contains(s.seats, "0") {
		t.Errorf("seats %v", s.seats)
	}
}
