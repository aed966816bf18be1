package load

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// deafAfter is how long somebody must have talked from a seat without being heard to be missed. It is longer than a
// machine stands still, and than a repair of the path takes.
const deafAfter = 5 * time.Second

// guest is one stay in a soak. It compares what it hears with what Signal told it.
type guest struct {
	*Peer
	soak     *soak
	visit    *visit
	hush     context.CancelFunc
	speaking sync.WaitGroup
	silent   atomic.Bool  // muted, and keeps to it
	opened   atomic.Int64 // wall clock since when it is not muted; 0 while it is
	recent   atomic.Int64 // packets sent in the last deafAfter, all of it unmuted; 0 when that is not so
	marks    []int64      // packets sent so far at each of the last checks; belongs to the goroutine that speaks

	hearingMu sync.Mutex
	tenures   [][]tenure           // by seat, the oldest first
	mutedAt   map[string]time.Time // of those who are muted
	openedAt  map[string]time.Time // of those who were and are not any more
	doubts    []doubt
	heardAt   map[uint32]time.Time // by number of the talker
	deafTo    map[uint32]int       // for how many checks in a row, by number of the talker
}

// tenure is the time that somebody held a seat.
type tenure struct {
	id          string
	from, until time.Time // until is zero while it lasts
}

// doubt is a packet of somebody who did not hold its seat, or was muted, as far as was known: the news may be on its way.
type doubt struct {
	seat   int
	talker *guest
	at     time.Time
	muted  time.Duration // for how long already; 0: it is the seat that is in doubt
}

// speak sends a packet every 20 ms and looks now and then whether all was right.
func (g *guest) speak(ctx context.Context) {
	tick := time.NewTicker(frame)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !g.silent.Load() {
			g.Peer.speak(g.soak.id)
		}
		if n%checkEach == 0 {
			g.mark()
			g.check(time.Now())
		}
	}
}

// checkEach is how many frames pass between two checks: half a second.
const checkEach = 25

// mark notes how much was sent of late.
func (g *guest) mark() {
	const checks = int(deafAfter / (checkEach * frame))
	g.marks = append(g.marks, int64(g.nextStamp.Load()))
	recent := int64(0)
	if n := len(g.marks); n > checks {
		g.marks = g.marks[n-checks-1:]
		opened := g.opened.Load()
		if opened != 0 && time.Since(time.Unix(0, opened)) > deafAfter+g.soak.Grace {
			recent = g.marks[checks] - g.marks[0]
		}
	}
	g.recent.Store(recent)
}

// stay lasts for a while, with mutes in between. Half of those who mute themselves go on sending, as a broken page would.
func (g *guest) stay(ctx context.Context, rng *rand.Rand) {
	over := time.NewTimer(time.Duration(rng.Int64N(int64(g.soak.Stay))))
	defer over.Stop()
	muted := g.Muted
	for {
		turn := time.NewTimer(time.Duration(rng.Int64N(int64(g.soak.Stay / 3))))
		select {
		case <-ctx.Done():
		case <-over.C:
		case <-g.lost:
			g.dropped("its media connection failed")
		case <-g.visit.Gone():
			g.dropped(g.visit.Problem().Error())
		case <-turn.C:
			muted = !muted
			if g.visit.mute(muted) == nil {
				g.soak.count(func(r *SoakReport) { r.Mutes++ })
				g.silent.Store(muted && rng.IntN(2) == 0)
				g.opened.Store(openSince(muted))
			}
			continue
		}
		turn.Stop()
		return
	}
}

func openSince(muted bool) int64 {
	if muted {
		return 0
	}
	return wallClock()
}

func (g *guest) dropped(why string) {
	g.soak.count(func(r *SoakReport) { r.Dropped++ })
	g.soak.Logger.Warn("dropped", "participant", g.visit.you, "why", why)
}

// end leaves, or crashes: then neither Signal nor DTLS says goodbye.
func (g *guest) end(crash bool) {
	g.hush()
	g.speaking.Wait()
	g.recent.Store(0)
	if crash {
		g.dead.Store(true)
		g.visit.Crash()
	} else {
		g.visit.Leave()
	}
	g.close()
	g.soak.count(func(r *SoakReport) {
		r.Inside--
		if crash {
			r.Crashes++
		}
	})
}

// changed takes the room after a change.
func (g *guest) changed(room signal.Snapshot) {
	now := time.Now()
	g.hearingMu.Lock()
	defer g.hearingMu.Unlock()
	for len(g.tenures) < len(room.Seats) {
		g.tenures = append(g.tenures, nil)
	}
	for i, id := range room.Seats {
		if _, inside := room.Participant(id); id != "" && !inside {
			g.soak.fault(strange, "seat %d is held by %s, who is not in the roster of revision %d", i, id, room.Rev)
		}
		held := g.tenures[i]
		if n := len(held); n > 0 && held[n-1].id == id {
			continue
		} else if n > 0 {
			held[n-1].until = now
		}
		held = slices.DeleteFunc(held, func(t tenure) bool { return !t.until.IsZero() && now.Sub(t.until) > 4*g.soak.Grace })
		g.tenures[i] = append(held, tenure{id: id, from: now})
	}
	for id := range g.mutedAt {
		if p, inside := room.Participant(id); !inside || !p.Muted {
			delete(g.mutedAt, id)
			g.openedAt[id] = now
		}
	}
	for _, p := range room.Participants {
		if _, known := g.mutedAt[p.ID]; p.Muted && !known {
			g.mutedAt[p.ID] = now
		}
	}
}

// held reports that somebody held a seat at some time between from and until. It needs hearingMu.
func (g *guest) heldLocked(seat int, id string, from, until time.Time) bool {
	if seat < 0 || seat >= len(g.tenures) {
		return false
	}
	return slices.ContainsFunc(g.tenures[seat], func(t tenure) bool {
		return t.id == id && !t.from.After(until) && (t.until.IsZero() || !t.until.Before(from))
	})
}

// hear takes a packet that was decrypted, on its seat's goroutine.
func (g *guest) hear(_ *Peer, seat int, s stamp, _ int64) {
	if s.run != g.soak.id {
		return
	}
	known, ok := g.soak.guests.Load(s.talker)
	if !ok {
		g.soak.fault(wrong, "%s hears talker %d, whom nobody knows", g.Name, s.talker)
		return
	}
	talker, _ := known.(*guest)
	now, grace := time.Now(), g.soak.Grace
	g.soak.count(func(r *SoakReport) { r.Checked++ })
	if talker == g {
		g.soak.fault(wrong, "%s hears itself in seat %d", g.Name, seat)
		return
	}
	g.hearingMu.Lock()
	defer g.hearingMu.Unlock()
	g.heardAt[s.talker] = now
	if at, muted := g.mutedAt[talker.visit.you]; muted && now.Sub(at) > grace {
		g.doubts = append(g.doubts, doubt{seat, talker, now, now.Sub(at)})
	}
	if !g.heldLocked(seat, talker.visit.you, now.Add(-grace), now) {
		g.doubts = append(g.doubts, doubt{seat, talker, now, 0})
	}
}

// check judges what was in doubt, and whether everybody who talks from a seat is heard.
func (g *guest) check(now time.Time) {
	g.hearingMu.Lock()
	defer g.hearingMu.Unlock()
	grace := g.soak.Grace
	g.doubts = slices.DeleteFunc(g.doubts, func(d doubt) bool {
		if now.Sub(d.at) <= grace {
			return false
		}
		id := d.talker.visit.you
		switch {
		case d.muted > 0:
			if opened, ok := g.openedAt[id]; !ok || opened.Before(d.at) {
				g.soak.fault(wrong, "%s hears %s in seat %d, muted for %v", g.Name, d.talker.Name, d.seat, d.muted)
			}
		case !g.heldLocked(d.seat, id, d.at.Add(-grace), d.at.Add(grace)):
			g.soak.fault(wrong, "%s hears %s in seat %d, which somebody else holds", g.Name, d.talker.Name, d.seat)
		}
		return true
	})
	for seat, held := range g.tenures {
		if n := len(held); n > 0 && now.Sub(held[n-1].from) > deafAfter+grace {
			g.checkEarLocked(seat, held[n-1].id, now)
		}
	}
}

// checkEarLocked sees to it that whoever has held a seat and talked for a while is heard.
func (g *guest) checkEarLocked(seat int, id string, now time.Time) {
	number, known := g.soak.Room.people.Load(id)
	if !known || id == g.visit.you {
		return
	}
	n, _ := number.(int)
	found, _ := g.soak.guests.Load(uint32(n)) //nolint:gosec // a small number
	talker, ok := found.(*guest)
	if !ok || talker.recent.Load() < int64(deafAfter/frame/10) || now.Sub(g.heardAt[uint32(n)]) < deafAfter { //nolint:gosec // as above
		delete(g.deafTo, uint32(n)) //nolint:gosec // as above
		return
	}
	// What this program has not come to read yet it will have read by the next check.
	if g.deafTo[uint32(n)]++; g.deafTo[uint32(n)] == 3 { //nolint:gosec // as above
		g.soak.fault(deaf, "%s hears nothing of %s, who has talked from seat %d for %v", g.Name, talker.Name, seat, deafAfter)
	}
}

func (g *guest) hasHeard(talker *guest) bool {
	g.hearingMu.Lock()
	defer g.hearingMu.Unlock()
	_, heard := g.heardAt[uint32(talker.number)] //nolint:gosec // a small number
	return heard
}
