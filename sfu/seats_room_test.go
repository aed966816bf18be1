package sfu_test

import (
	"context"
	"testing"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

func TestRoom_HasAsManySeatsAsTheProtocolAllows(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.Seats = signal.MaxSeats })
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	for what, sdp := range map[string]string{"offer": a.pc.LocalDescription().SDP, "answer": a.Answer()} {
		if len(sdp) > signal.MaxOffer {
			t.Errorf("the %s has %d bytes, limit %d", what, len(sdp), signal.MaxOffer)
		}
	}
	if n := len(a.Snapshot().Seats); n != signal.MaxSeats {
		t.Errorf("%d seats", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go a.speak(ctx, "from a")
	b.hears(t, "from a")
}
