package sfu

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
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
