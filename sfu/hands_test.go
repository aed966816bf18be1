package sfu_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

func update(t *testing.T, p *person, u signal.Update) {
	t.Helper()
	if err := p.Update(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// entry waits until the roster of one says what is wanted of another.
func entry(t *testing.T, of *person, id, what string, fits func(signal.Participant) bool) {
	t.Helper()
	eventually(t, what, func() bool {
		room := of.Snapshot()
		p, ok := room.Participant(id)
		return ok && fits(p)
	})
}

func raise(t *testing.T, p *person, up bool) {
	t.Helper()
	if err := p.RaiseHand(t.Context(), up); err != nil {
		t.Fatal(err)
	}
}

func TestHands_AreInTheOrderOfTheirRaising(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	host, jun, bora := hostOf(t, s), comeIn(t, s, "Jun"), comeIn(t, s, "Bora")
	up := func(id string, hand int) {
		t.Helper()
		entry(t, host.person, id, "the hand is up", func(p signal.Participant) bool { return p.Hand == hand })
	}
	down := func(id string) {
		t.Helper()
		entry(t, host.person, id, "the hand is down", func(p signal.Participant) bool { return p.Hand == 0 })
	}
	raise(t, bora.person, true)
	up(bora.You(), 1)
	raise(t, jun.person, true)
	up(jun.You(), 2)
	raise(t, bora.person, true) // nothing new: she stays the first
	raise(t, jun.person, false)
	down(jun.You())
	up(bora.You(), 1)
	raise(t, jun.person, true)
	up(jun.You(), 3)

	jun.does(t, signal.CodeForbidden, signal.Moderate{Do: signal.DeedLower, ID: bora.You()})
	host.does(t, "", signal.Moderate{Do: signal.DeedLower, ID: bora.You()})
	host.does(t, signal.CodeAlreadySo, signal.Moderate{Do: signal.DeedLower, ID: bora.You()})
	down(bora.You())
	up(jun.You(), 3)
}

func TestHands_OfSomebodyMutedByAModeratorAreTakenDownByTheUnmute(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	host, jun := hostOf(t, s), comeIn(t, s, "Jun")
	host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: jun.You()})
	raise(t, jun.person, true)
	entry(t, host.person, jun.You(), "asks to be heard", func(p signal.Participant) bool { return p.Silenced && p.Hand == 1 })
	host.does(t, "", signal.Moderate{Do: signal.DeedUnmute, ID: jun.You()})
	entry(t, host.person, jun.You(), "is heard again", func(p signal.Participant) bool { return !p.Silenced && p.Hand == 0 })
}

// What a muted participant's page sends all the same, for the SFU does not take its word: nothing of it is forwarded.
func TestMute_PacketsOfAMutedParticipantAreDropped(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	go a.speak(ctx, "from a") // on and on
	b.hears(t, "from a")
	yes, no := true, false
	update(t, a, signal.Update{Muted: &yes, Deafened: &yes})
	entry(t, b, a.You(), "is muted and deafened", func(p signal.Participant) bool { return p.Muted && p.Deafened })
	b.hears(t)
	update(t, a, signal.Update{Muted: &no, Deafened: &no})
	b.hears(t, "from a")

	muted := enter(t, s, "C", func(c *client.Config) { c.Muted, c.Deafened = true, true })
	entry(t, b, muted.You(), "enters muted and deafened", func(p signal.Participant) bool { return p.Muted && p.Deafened })
	go muted.speak(ctx, "from c")
	b.hears(t, "from a")
}

// A connection that breaks and comes back changes nothing of what was muted, deafened or raised.
func TestMute_IsWhatItWasAfterAResume(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	wire := newProxy(t, addressOf(s))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var dropped, back atomic.Bool
	a := enter(t, s, "A", func(c *client.Config) {
		c.Address = wire.address
		c.OnStatus = func(reconnecting bool) {
			if reconnecting {
				dropped.Store(true)
			} else {
				back.Store(true)
			}
		}
	})
	b := enter(t, s, "B", nil)
	go a.speak(ctx, "from a")
	b.hears(t, "from a")
	yes := true
	update(t, a, signal.Update{Muted: &yes, Deafened: &yes})
	raise(t, a, true)
	asBefore := func(p signal.Participant) bool { return p.Muted && p.Deafened && p.Hand == 1 && !p.Reconnecting }
	entry(t, b, a.You(), "is muted", asBefore)
	for range 3 {
		dropped.Store(false)
		back.Store(false)
		wire.drop()
		eventually(t, "is back", func() bool { return dropped.Load() && back.Load() })
		entry(t, b, a.You(), "is as before", asBefore)
		b.hears(t)
	}
}

func TestReceived_IsTheHostsOwnCount(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.Seats = 1 })
	var received atomic.Bool
	told := func(want bool, what string) {
		t.Helper()
		eventually(t, what, func() bool { return received.Load() == want })
	}
	host := hostOf(t, s)
	a := enter(t, s, "A", func(c *client.Config) { c.OnReceived = received.Store })
	var others atomic.Int32
	enter(t, s, "B", func(c *client.Config) { c.OnReceived = func(bool) { others.Add(1) } })

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go a.speak(ctx, "from a")
	told(true, "received")
	yes, no := true, false
	update(t, a, signal.Update{Muted: &yes})
	told(false, "not received while muted, although it sends on")
	update(t, a, signal.Update{Muted: &no})
	told(true, "received again")
	host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: a.You()})
	told(false, "not received while a moderator's mute holds")
	host.does(t, "", signal.Moderate{Do: signal.DeedUnmute, ID: a.You()})
	told(true, "received after it")
	cancel()
	told(false, "not received when nothing comes")
	if n := others.Load(); n != 0 {
		t.Errorf("another was told %d times", n)
	}
}
