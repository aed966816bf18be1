package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// SoakConfig is what a soak is made of.
type SoakConfig struct {
	Room         *Room
	Participants int           // how many places are filled again and again
	For          time.Duration // how long people come and go
	Stay         time.Duration // the longest stay: 30 s by default
	// Grace is for how long around a change of seats, a mute or a leave the old is as right as the new: 1 s by default.
	// Signal and media travel on their own.
	Grace  time.Duration
	Seed   uint64
	Logger *slog.Logger
	// Progress is told every 10 s how it goes. It must not block.
	Progress func(SoakReport)
}

// SoakReport is what a soak has seen.
type SoakReport struct {
	Inside  int
	Stays   int64 // that began
	Crashes int64 // of them ended without a goodbye
	Mutes   int64
	Refused int64 // joins that failed
	Dropped int64 // stays that the room ended
	Checked int64 // packets whose talker was compared with the roster
	Wrong   int64 // of them should not have been heard
	Deaf    int64 // times that somebody talked from a seat for 5 s and a listener heard nothing
	Strange int64 // seats of somebody who is not in the roster
	Faults  []string
}

// Faulty reports that something was seen which must not be.
func (r SoakReport) Faulty() bool { return r.Wrong+r.Deaf+r.Strange > 0 || len(r.Faults) > 0 }

// maxFaults is how many faults are described; the rest is counted.
const maxFaults = 20

// soak is a room in which people join, leave, mute themselves and crash at random, and check everything they hear.
type soak struct {
	SoakConfig
	id     uint32
	peers  peerConfig
	next   atomic.Uint32
	guests sync.Map // *guest by number

	mu     sync.Mutex
	report SoakReport
}

// Soak fills the room, again and again, until the time is over or ctx is done. Then everybody leaves, and as many as there
// are seats come in together: each must be heard by all others, or seats are stuck.
func Soak(ctx context.Context, c SoakConfig) (SoakReport, error) {
	c.Stay, c.Grace = cmp.Or(c.Stay, 30*time.Second), cmp.Or(c.Grace, time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Progress == nil {
		c.Progress = func(SoakReport) {}
	}
	peers, err := newPeerConfig(c.Room, c.Room.Address, c.Logger)
	if err != nil {
		return SoakReport{}, err
	}
	s := &soak{SoakConfig: c, id: rand.Uint32(), peers: peers}
	churn, over := context.WithTimeout(ctx, c.For)
	defer over()
	var work sync.WaitGroup
	for place := range c.Participants {
		work.Go(func() { s.fillPlace(churn, rand.New(rand.NewPCG(c.Seed, uint64(place)))) }) //nolint:gosec // chance, not a secret
	}
	work.Go(func() { s.tell(churn) })
	work.Wait()
	if ctx.Err() == nil {
		s.rollCall(ctx)
	}
	return s.now(), nil
}

func (s *soak) tell(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.Progress(s.now())
		}
	}
}

func (s *soak) now() SoakReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.report
	r.Faults = append([]string(nil), r.Faults...)
	return r
}

func (s *soak) count(f func(r *SoakReport)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.report)
}

// fault notes what must not be.
func (s *soak) fault(kind func(*SoakReport) *int64, format string, args ...any) {
	s.count(func(r *SoakReport) {
		*kind(r)++
		if len(r.Faults) < maxFaults {
			r.Faults = append(r.Faults, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
		}
	})
}

func wrong(r *SoakReport) *int64   { return &r.Wrong }
func deaf(r *SoakReport) *int64    { return &r.Deaf }
func strange(r *SoakReport) *int64 { return &r.Strange }

// fillPlace has one stay after the other.
func (s *soak) fillPlace(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		wait(ctx, time.Duration(rng.Int64N(int64(s.Stay/4))))
		if ctx.Err() != nil {
			return
		}
		g, err := s.enter(ctx, rng.IntN(2) == 0, Speech)
		if err != nil {
			if ctx.Err() == nil {
				s.count(func(r *SoakReport) { r.Refused++ })
				s.Logger.Warn("join_failed", "error", err)
			}
			continue
		}
		g.stay(ctx, rng)
		g.end(ctx.Err() == nil && rng.IntN(2) == 0)
	}
}

// enter brings one guest in.
func (s *soak) enter(ctx context.Context, muted bool, pattern Pattern) (*guest, error) {
	number := s.next.Add(1)
	p, err := s.peers.newPeer(int(number), true)
	if err != nil {
		return nil, err
	}
	g := &guest{
		Peer: p, soak: s, heardAt: make(map[uint32]time.Time), deafTo: make(map[uint32]int), mutedAt: make(map[string]time.Time),
		openedAt: make(map[string]time.Time),
	}
	p.Muted, p.Follow, p.heard = muted, g.changed, g.hear
	v, err := s.Room.Enter(ctx, p)
	if err != nil {
		p.close()
		return nil, err
	}
	g.visit, _ = v.(*visit)
	s.guests.Store(number, g)
	select {
	case <-p.connected:
	case <-p.lost:
		err = errMediaLost
	case <-v.Gone():
		err = v.Problem()
	case <-time.After(mediaWithin):
		err = errMediaLost
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		v.Leave()
		p.close()
		return nil, err
	}
	p.ready(newMouth(int(number), true, pattern))
	g.silent.Store(muted)
	g.opened.Store(openSince(muted))
	speaking, hush := context.WithCancel(context.WithoutCancel(ctx))
	g.hush = hush
	g.speaking.Go(func() { g.speak(speaking) })
	s.count(func(r *SoakReport) { r.Stays++; r.Inside++ })
	return g, nil
}

// rollCall lets as many in as there are seats, all talking, and waits until each has heard each other.
func (s *soak) rollCall(ctx context.Context) {
	var all []*guest
	defer func() {
		for _, g := range all {
			g.end(false)
		}
	}()
	for range s.Room.Seats {
		g, err := s.enter(ctx, false, Always)
		if err != nil {
			s.count(func(r *SoakReport) { r.Faults = append(r.Faults, fmt.Sprintf("join at the end: %v", err)) })
			return
		}
		all = append(all, g)
	}
	// Seats of those who crashed are free to take after two seconds of silence.
	deadline := time.Now().Add(30 * time.Second)
	for {
		missing := errors.New("")
		n := 0
		for _, listener := range all {
			for _, talker := range all {
				if listener != talker && !listener.hasHeard(talker) {
					missing = fmt.Errorf("%s does not hear %s at the end", listener.Name, talker.Name)
					n++
				}
			}
		}
		switch {
		case n == 0 || ctx.Err() != nil:
			return
		case time.Now().After(deadline):
			s.fault(deaf, "%v, and %d more pairs", missing, n-1)
			return
		}
		wait(ctx, 50*time.Millisecond)
	}
}
