package load

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
	"github.com/earshot/earshot/test/siege/talking"
)

func startRoom(t *testing.T, adjust func(*sfu.Config)) (*sfu.Server, Config) {
	t.Helper()
	s := talking.Room(t, func(cfg *sfu.Config) {
		cfg.DeadAfter = time.Minute // a machine that stands still for seconds loses nobody
		if adjust != nil {
			adjust(cfg)
		}
	})
	address := talking.AddressOf(s)
	return s, Config{
		Entrance: &Room{Address: address, Fingerprint: s.Fingerprint(), Seats: s.Facts().Seats}, Address: address,
		HostPID: os.Getpid(),
	}
}

func noLeaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

func TestRun_MeasuresARoomWithoutLoss(t *testing.T) {
	noLeaks(t)
	s, c := startRoom(t, nil)
	c.Participants, c.Talkers, c.Decrypt, c.For = 4, 3, 2, 2*time.Second
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if r.Lost != 0 || r.OutOfOrder != 0 || r.Duplicates != 0 || r.Gone != 0 {
		t.Errorf("lost %d, out of order %d, duplicates %d, gone %d: want none", r.Lost, r.OutOfOrder, r.Duplicates, r.Gone)
	}
	// A machine may stand still and the load then leaves packets out, but what was sent came to everybody else, give or
	// take what was on its way when counting began.
	if r.Sent < 30 || r.Received < 3*r.Sent-12 || r.Received > 3*r.Sent+12 {
		t.Errorf("sent %d, received %d by the three others", r.Sent, r.Received)
	}
	if r.Delays == 0 || r.DelayP50 <= 0 || r.DelayP99 < r.DelayP50 || r.DelayP50.Seconds() > r.Seconds {
		t.Errorf("delay p50 %v, p99 %v of %d", r.DelayP50, r.DelayP99, r.Delays)
	}
	if r.Joins != 3 || r.JoinP50 < r.WelcomeP50 || r.WelcomeP50 <= 0 {
		t.Errorf("%d joins: welcome %v, first sound %v", r.Joins, r.WelcomeP50, r.JoinP50)
	}
	if r.HostKnown && (r.HostCPU <= 0 || r.HostMemory <= 0) {
		t.Errorf("host: %v of processor time, %d bytes", r.HostCPU, r.HostMemory)
	}
	for deadline := time.Now().Add(5 * time.Second); s.Facts().Participants > 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	if n := s.Facts().Participants; n != 0 {
		t.Errorf("%d participants are still inside", n)
	}
}

// Packets that are lost on the way into the host are missed by everybody else; packets lost on the way out by one. Both
// the listeners that decrypt and those that only count must notice, and count each packet once.
func TestRun_CountsWhatTheNetworkLoses(t *testing.T) {
	noLeaks(t)
	_, c := startRoom(t, nil)
	c.Participants, c.Talkers, c.Decrypt, c.For = 3, 3, 1, 4*time.Second // participant 1 decrypts
	var measured, fromTwo, toOne, toZero atomic.Int64
	c.Progress = func(p Progress) {
		if p.Measured > 0 {
			measured.Store(1)
		}
	}
	takes := func(count *atomic.Int64, limit int64) bool { return count.Add(1) <= limit }
	c.drops = func(number int, d direction, packet []byte) bool {
		switch {
		case measured.Load() == 0 || isRTCP(packet):
			return false
		case d == out && number == 2: // missed by 0 and 1
			return takes(&fromTwo, 20)
		case d == in && number == 1 && binary.BigEndian.Uint16(packet[2:])%3 == 0:
			return takes(&toOne, 7)
		case d == in && number == 0 && binary.BigEndian.Uint16(packet[2:])%3 == 0:
			return takes(&toZero, 5)
		}
		return false
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if fromTwo.Load() < 20 || toOne.Load() < 7 || toZero.Load() < 5 {
		t.Fatal("the machine stood still: too little was sent to lose it")
	}
	if want := int64(2*20 + 7 + 5); r.Lost != want {
		t.Errorf("lost %d, want %d", r.Lost, want)
	}
	if want := 2*r.Sent - r.Lost; r.Received < want-9 || r.Received > want+9 {
		t.Errorf("received %d of %d sent to two others with %d lost", r.Received, r.Sent, r.Lost)
	}
}

// With fewer seats than talkers, what nobody was meant to hear is not lost.
func TestRun_DoesNotCountTalkersWithoutASeat(t *testing.T) {
	noLeaks(t)
	_, c := startRoom(t, func(c *sfu.Config) { c.Seats = 2 })
	c.Participants, c.Talkers, c.Decrypt, c.For = 4, 4, 4, 2*time.Second
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Lost != 0 || r.Received == 0 || r.Received > 2*r.Sent {
		t.Errorf("sent %d, received %d, lost %d", r.Sent, r.Received, r.Lost)
	}
}

func TestRun_EndsEarlyWithWhatItHas(t *testing.T) {
	noLeaks(t)
	_, c := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	c.Participants, c.Talkers, c.For = 2, 2, time.Hour
	c.Progress = func(p Progress) {
		if p.Measured > 0 {
			cancel()
		}
	}
	r, err := Run(ctx, c)
	if err != nil || r.Received == 0 || r.Seconds > 60 {
		t.Errorf("result %+v, error %v", r, err)
	}
}

func TestRun_SaysWhyItCannotComeIn(t *testing.T) {
	noLeaks(t)
	s, c := startRoom(t, func(c *sfu.Config) { c.Capacity = 2 })
	c.Participants, c.For = 5, time.Second
	_, err := Run(t.Context(), c)
	if p, ok := errors.AsType[*signal.Problem](err); !ok || p.Code != signal.CodeRoomFull {
		t.Errorf("five into a room for two: %v", err)
	}
	room := c.Entrance.(*Room)
	c.Entrance = &Room{Address: room.Address, Fingerprint: "another", Seats: room.Seats}
	_, err = Run(t.Context(), c)
	if p, ok := errors.AsType[*signal.Problem](err); !ok || p.Code != signal.CodeFingerprintMismatch {
		t.Errorf("another key: %v", err)
	}
	_ = s
}

// Everybody decrypts, joins and leaves at once: the race detector's turn.
func TestRun_ManyAtOnce(t *testing.T) {
	noLeaks(t)
	_, c := startRoom(t, nil)
	c.Participants, c.Talkers, c.Decrypt, c.AtOnce, c.For, c.Pattern = 12, 6, 12, 12, time.Second, Speech
	var told sync.Map
	c.Progress = func(p Progress) { told.Store(p.Inside, true) }
	if r, err := Run(t.Context(), c); err != nil || r.Lost != 0 {
		t.Errorf("result %+v, error %v", r, err)
	}
}
