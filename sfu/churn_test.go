package sfu_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

// People join, mute, leave and crash at random; meanwhile two who stay hear each other, and in the end the room is as if
// nothing had happened.
func TestRoom_SurvivesChurn(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) {
		c.Seats, c.ResumeWithin, c.MaxPending = 4, 100*time.Millisecond, 64
		c.ConnectionsPerSecond, c.RequestsPerSecond = 1000, 1000 // all come from one address
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	go a.speak(ctx, "a voice as long as speech is, so that it is ranked as talking")
	go b.speak(ctx, "b voice as long as speech is, so that it is ranked as talking")

	var crowd sync.WaitGroup
	until := time.Now().Add(3 * time.Second)
	for i := range 6 {
		crowd.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 7))
			for n := 0; time.Now().Before(until); n++ {
				comeAndGo(t, s, fmt.Sprintf("guest %d.%d", i, n), rng)
			}
		})
	}
	crowd.Wait()
	eventually(t, "only A and B inside", func() bool {
		return s.Facts().Participants == 2 && len(a.Snapshot().Participants) == 2 && len(b.Snapshot().Participants) == 2
	})
	a.hears(t, "b voice as long as speech is, so that it is ranked as talking")
	b.hears(t, "a voice as long as speech is, so that it is ranked as talking")
	eventually(t, "both at one revision", func() bool { return a.Snapshot().Rev == b.Snapshot().Rev })
	if seats := a.Snapshot().Seats; !slices.Contains(seats, a.You()) || !slices.Contains(seats, b.You()) {
		t.Errorf("seats %v", seats)
	}
}

// comeAndGo is one guest's stay: some media, some mutes, and one of three ends.
func comeAndGo(t *testing.T, s *sfu.Server, name string, rng *rand.Rand) {
	t.Helper()
	p, err := media.NewPeer(media.PeerConfig{Seats: s.Facts().Seats})
	if err != nil {
		t.Error(err)
		return
	}
	defer p.Close()
	offer, err := p.Offer(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	wire := newProxyFor(addressOf(s))
	defer wire.close()
	session, err := client.Join(t.Context(), client.Config{
		Address: wire.address, Fingerprint: s.Fingerprint(), Name: name, Offer: offer, Patience: 50 * time.Millisecond,
	})
	if err != nil {
		t.Error(err)
		return
	}
	if rng.IntN(4) > 0 { // some never apply the answer
		if err := p.Accept(session.Answer()); err != nil {
			t.Error(err)
		}
	}
	for range rng.IntN(4) {
		muted := rng.IntN(2) == 0
		_ = session.Update(t.Context(), signal.Update{Muted: &muted})
		time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
	}
	switch rng.IntN(3) {
	case 0:
		session.Leave()
	case 1: // its app crashes
		wire.cut()
		<-session.Done()
	case 2: // its connection drops and comes back, once
		wire.drop()
		time.Sleep(20 * time.Millisecond)
		session.Leave()
	}
}
