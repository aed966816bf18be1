package load

import (
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// scene is a listener, in a room that only exists in messages, and two talkers.
func scene() (s *soak, listener, a, b *guest) {
	s = &soak{SoakConfig: SoakConfig{Room: new(Room), Grace: time.Second}, id: 1}
	make1 := func(number int, id string) *guest {
		g := &guest{
			Peer: &Peer{Name: id, number: number}, soak: s, visit: &visit{you: id}, heardAt: make(map[uint32]time.Time),
			deafTo: make(map[uint32]int), mutedAt: make(map[string]time.Time), openedAt: make(map[string]time.Time),
		}
		s.guests.Store(uint32(number), g)
		s.Room.people.Store(id, number)
		return g
	}
	return s, make1(1, "listener"), make1(2, "a"), make1(3, "b")
}

func room(seats []string, muted ...string) (r signal.Snapshot) {
	for _, id := range []string{"listener", "a", "b"} {
		p := signal.Participant{ID: id, Name: id}
		for _, m := range muted {
			p.Muted = p.Muted || m == id
		}
		r.Participants = append(r.Participants, p)
	}
	r.Seats = seats
	return r
}

func TestGuest_NoticesWhatItShouldNotHear(t *testing.T) {
	from := func(g *guest) stamp { return stamp{run: 1, talker: uint32(g.number)} }
	for _, c := range []struct {
		name  string
		wrong int64
		does  func(listener, a, b *guest)
	}{
		{"the holder of the seat", 0, func(l, a, _ *guest) {
			l.changed(room([]string{"a", "b"}))
			l.hear(nil, 0, from(a), 0)
		}},
		{"the wrong seat", 1, func(l, a, _ *guest) {
			l.changed(room([]string{"a", "b"}))
			l.hear(nil, 1, from(a), 0)
		}},
		{"somebody without a seat", 1, func(l, _, b *guest) {
			l.changed(room([]string{"a", ""}))
			l.hear(nil, 1, from(b), 0)
		}},
		{"no seat at all", 1, func(l, a, _ *guest) {
			l.changed(room([]string{"a", ""}))
			l.hear(nil, -1, from(a), 0)
		}},
		{"before the news of the seat", 0, func(l, a, _ *guest) {
			l.changed(room([]string{"", ""}))
			l.hear(nil, 0, from(a), 0)
			l.changed(room([]string{"a", ""}))
		}},
		{"just after losing the seat", 0, func(l, a, _ *guest) {
			l.changed(room([]string{"a", ""}))
			l.changed(room([]string{"b", ""}))
			l.hear(nil, 0, from(a), 0)
		}},
		{"long after losing the seat", 1, func(l, a, _ *guest) {
			l.changed(room([]string{"a", ""}))
			l.changed(room([]string{"b", ""}))
			l.tenures[0][0].until = time.Now().Add(-3 * time.Second)
			l.hear(nil, 0, from(a), 0)
		}},
		{"itself", 1, func(l, _, _ *guest) {
			l.changed(room([]string{"listener", ""}))
			l.hear(nil, 0, from(l), 0)
		}},
		{"a stranger", 1, func(l, _, _ *guest) { l.hear(nil, 0, stamp{run: 1, talker: 99}, 0) }},
		{"another load's packet", 0, func(l, _, _ *guest) { l.hear(nil, 0, stamp{run: 2, talker: 99}, 0) }},
		{"somebody just muted", 0, func(l, a, _ *guest) {
			l.changed(room([]string{"a", ""}, "a"))
			l.hear(nil, 0, from(a), 0)
		}},
		{"somebody long muted", 1, func(l, a, _ *guest) {
			l.changed(room([]string{"a", ""}, "a"))
			l.mutedAt["a"] = time.Now().Add(-3 * time.Second)
			l.hear(nil, 0, from(a), 0)
		}},
		{"somebody whose unmute is on its way", 0, func(l, a, _ *guest) {
			l.changed(room([]string{"a", ""}, "a"))
			l.mutedAt["a"] = time.Now().Add(-3 * time.Second)
			l.hear(nil, 0, from(a), 0)
			l.changed(room([]string{"a", ""}))
		}},
	} {
		s, listener, a, b := scene()
		c.does(listener, a, b)
		listener.check(time.Now().Add(1500 * time.Millisecond))
		if r := s.now(); r.Wrong != c.wrong || r.Deaf != 0 || r.Strange != 0 || r.Faulty() != (c.wrong > 0) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestGuest_NoticesASeatOfSomebodyWhoIsNotInside(t *testing.T) {
	s, listener, _, _ := scene()
	listener.changed(room([]string{"a", "nobody"}))
	if r := s.now(); r.Strange != 1 {
		t.Errorf("%+v", r)
	}
}

func TestGuest_NoticesASeatThatStaysSilent(t *testing.T) {
	s, listener, a, _ := scene()
	listener.changed(room([]string{"a", ""}))
	a.recent.Store(200)
	late := time.Now().Add(deafAfter + 2*time.Second)
	for range 3 {
		listener.check(late)
	}
	if r := s.now(); r.Deaf != 1 {
		t.Errorf("talking from a seat for long, and never heard: %+v", r)
	}
	s, listener, a, _ = scene()
	listener.changed(room([]string{"a", ""}))
	a.recent.Store(200)
	listener.heardAt[2] = late.Add(-time.Second)
	for range 3 {
		listener.check(late)
	}
	if r := s.now(); r.Deaf != 0 {
		t.Errorf("heard a second ago: %+v", r)
	}
}
