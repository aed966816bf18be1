package load

import (
	"runtime"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu"
)

// The short version of scripts/soak: people join, leave, mute themselves and crash at random, and whatever anybody hears
// is compared with the roster. In the end the room is as if nobody had been there.
func TestSoak_NobodyHearsWhatTheyShouldNot(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of people coming and going")
	}
	noLeaks(t)
	s, c := startRoom(t, func(c *sfu.Config) { c.Seats, c.ResumeWithin, c.MaxPending = 4, 2*time.Second, 64 })
	before := runtime.NumGoroutine()
	room, _ := c.Entrance.(*Room)
	r, err := Soak(t.Context(), SoakConfig{
		Room: room, Participants: 10, For: 25 * time.Second, Stay: 8 * time.Second, Seed: uint64(time.Now().UnixNano()),
		Grace: 2 * time.Second, // the race detector on a busy machine
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if r.Faulty() {
		t.Errorf("%d packets wrong, %d times deaf, %d strange seats:\n%v", r.Wrong, r.Deaf, r.Strange, r.Faults)
	}
	if r.Stays < 10 || r.Checked < 500 {
		t.Errorf("only %d stays and %d packets", r.Stays, r.Checked)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if s.Facts().Participants == 0 && runtime.NumGoroutine() <= before+3 {
			return
		}
	}
	t.Errorf("%d participants are left, %d goroutines of %d", s.Facts().Participants, runtime.NumGoroutine(), before)
}
