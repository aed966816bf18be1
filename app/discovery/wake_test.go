package discovery

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestWakefulness_GoesByBothClocks(t *testing.T) {
	const every = 250 * time.Millisecond
	wall := time.Unix(1e9, 0)
	for what, c := range map[string]struct {
		monotonic, wall time.Duration
		want            bool
	}{
		"on time":                      {every, every, false},
		"a busy machine":               {every + time.Second, every + time.Second, false},
		"a stopped program":            {10 * time.Second, 10 * time.Second, true},
		"a computer that slept":        {every, time.Hour, true},
		"a clock that was set back":    {every, -time.Hour, false},
		"asleep while it was set back": {time.Hour, -time.Hour, true},
	} {
		w := wakefulness{every: every, wall: wall}
		if got := w.woke(c.monotonic, wall.Add(c.wall)); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
		if w.woke(c.monotonic+every, wall.Add(c.wall+every)) {
			t.Errorf("%s: woke twice", what)
		}
	}
}

func TestBrowser_BeginsAnewAfterASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		synctest.Wait()
		for i, addr := range []string{"10.1.0.2", "10.1.0.3"} {
			n.turn(addr+":7788", true)
			n.packetFrom(addr, office, adMessage(t, Ad{ID: "r1", Fingerprint: fp('a' + byte(i)), Port: 7788}, false, addr+"/16"))
		}
		time.Sleep(time.Minute + 400*time.Millisecond) // between two questions to the rooms
		if len(b.Rooms()) != 2 {
			t.Fatalf("%d rooms listed", len(b.Rooms()))
		}
		n.still.Store(int64(time.Hour))
		time.Sleep(time.Hour - time.Millisecond)
		n.turn("10.1.0.3:7788", false)
		n.mu.Lock()
		rounds, joined, dialed := len(n.rounds), n.joined.Load(), n.dialed.Load()
		n.mu.Unlock()
		time.Sleep(2 * b.cfg.PollEvery)
		n.mu.Lock()
		asked := len(n.rounds) - rounds
		n.mu.Unlock()
		if asked == 0 || n.joined.Load() == joined || n.dialed.Load() == dialed {
			t.Errorf("after waking: %d rounds, %d listeners, %d connections", asked, n.joined.Load()-joined, n.dialed.Load()-dialed)
		}
		time.Sleep(3*time.Second - 2*b.cfg.PollEvery)
		if rooms := b.Rooms(); len(rooms) != 1 || rooms[0].Address != "10.1.0.2:7788" {
			t.Errorf("3 s after waking: %+v", rooms)
		}
	})
}

func TestTracker_AStandstillIsNobodysSilence(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.say(claim(2, "10.1.0.3", "10.1.0.3:7788"))
	c.run(10*time.Second, yes)
	c.now = c.now.Add(time.Hour)
	c.stoodStill(time.Hour, c.now)
	if c.expire(c.now); len(c.list()) != 2 {
		t.Fatal("unlisted for not having answered while nobody asked")
	}
	c.run(c.cfg.Expire+10*time.Millisecond, func(id string) bool { return id == "r1" })
	if rooms := c.list(); len(rooms) != 1 || rooms[0].Facts.ID != "r1" {
		t.Errorf("then: %v", roomNames(rooms))
	}
}

func TestWatch_TellsOfASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		cfg := n.config().withDefaults()
		var woke []bool
		go watch(t.Context(), cfg.PollEvery, cfg.interfaces, cfg.Logger, func(now network) { woke = append(woke, now.woke) })
		time.Sleep(time.Minute)
		n.still.Store(int64(time.Minute))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(woke) != 2 || woke[0] || !woke[1] {
			t.Errorf("told %v", woke)
		}
	})
}
