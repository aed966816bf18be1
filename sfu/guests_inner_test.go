package sfu

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

func TestLimits_GuestBytesPerSecond(t *testing.T) { synctest.Test(t, guestBytesPerSecond) }

// Four seconds' worth is there at once, one piece beyond waits for its turn, and what would wait for too long is not begun.
func guestBytesPerSecond(t *testing.T) {
	const perSecond = 2 * filePiece
	limiter := newGuestRate(Limits{GuestBytesPerSecond: perSecond})
	writes := func(n int) (time.Duration, error) {
		ctx, cancel := context.WithTimeout(t.Context(), guestFileWithin)
		defer cancel()
		began := time.Now()
		_, err := (&slowed{httptest.NewRecorder(), ctx, limiter}).Write(make([]byte, n))
		return time.Since(began), err
	}
	if took, err := writes(4 * perSecond); err != nil || took > 0 {
		t.Errorf("at the limit: %v, %v", took, err)
	}
	if took, err := writes(filePiece); err != nil || took < 450*time.Millisecond || took > 550*time.Millisecond {
		t.Errorf("one piece beyond: %v, %v, want half a second", took, err)
	}
	if took, err := writes(perSecond * 60); err == nil || took > guestFileWithin {
		t.Errorf("more than there is time for: %v, %v", took, err)
	}
}

// Guests who come and go for ever leave no more behind than the room has said, and a removal forgets those of that address alone.
func TestGuestReturn_RemembersSoManyAndForgetsThem(t *testing.T) {
	r := &room{cfg: Config{GuestReturnWithin: time.Minute}}
	now := time.Now()
	goes := func(token, from string, why signal.Code) {
		r.mayReturnGuest(&participant{token: token, from: netip.MustParseAddr(from)}, why, now)
	}
	for i := range maxReturns + 1 {
		goes(strconv.Itoa(i), "10.0.0.1", signal.CodeLeft)
	}
	if n := len(r.entrance.guests); n != maxReturns {
		t.Errorf("%d are remembered, want %d", n, maxReturns)
	}
	now = now.Add(2 * time.Minute)
	goes("noor", "10.0.0.2", signal.CodeLost)
	goes("jun", "10.0.0.3", signal.CodeLeft)
	goes("ada", "10.0.0.2", signal.CodeRemoved)
	if _, jun := r.entrance.guests["jun"]; !jun || len(r.entrance.guests) != 1 {
		t.Errorf("after a removal %v are remembered, want jun alone", r.entrance.guests)
	}
}
