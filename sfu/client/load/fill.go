package load

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// mediaWithin is how long media may take to stand after the welcome.
const mediaWithin = 15 * time.Second

// joins are the times that joining took.
type joins struct {
	mu      sync.Mutex
	welcome []time.Duration
	media   []time.Duration
}

func (j *joins) into(r *Result) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r.Joins = len(j.media)
	r.JoinP50, r.JoinP99 = quantiles(j.media)
	r.WelcomeP50, r.WelcomeP99 = quantiles(j.welcome)
}

// quantiles returns the median and the 99th percentile (nearest rank).
func quantiles(d []time.Duration) (p50, p99 time.Duration) {
	if len(d) == 0 {
		return 0, 0
	}
	slices.Sort(d)
	rank := func(percent int) time.Duration { return d[(len(d)*percent+99)/100-1] }
	return rank(50), rank(99)
}

// fill brings everybody in: the first alone, so that all others have somebody to hear, then several at once.
func (r *run) fill(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := r.enter(ctx, 0); err != nil {
		return err
	}
	var gap time.Duration
	if r.JoinRate > 0 {
		gap = time.Duration(float64(time.Second) / r.JoinRate)
	}
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range min(r.AtOnce, r.Participants-1) {
		workers.Go(func() {
			for n := range numbers {
				if err := r.enter(ctx, n); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	told := time.Now()
	for n := 1; n < r.Participants && ctx.Err() == nil; n++ {
		if gap > 0 {
			wait(ctx, gap)
		}
		select {
		case numbers <- n:
		case <-ctx.Done():
		}
		if time.Since(told) > time.Second {
			told = time.Now()
			r.Progress(Progress{Inside: r.count().inside})
		}
	}
	close(numbers)
	workers.Wait()
	return context.Cause(ctx)
}

// enter is one join, to its end.
func (r *run) enter(ctx context.Context, number int) error {
	p, err := r.peers.newPeer(number, r.decrypts(number))
	if err != nil {
		return fmt.Errorf("make participant %d: %w", number+1, err)
	}
	p.heard = r.hear
	if p.decrypt {
		p.due = make([]due, r.Participants)
	}
	p.Muted = number >= r.Talkers && r.Silence == Muted
	if number == 0 {
		p.Follow = func(signal.Snapshot) {}
	}
	audible := r.somebodyTalks()
	visit, err := r.Entrance.Enter(ctx, p)
	if err != nil {
		p.close()
		return err
	}
	welcomed := time.Since(p.began)
	m := &member{Peer: p, visit: visit}
	if err := r.mediaStands(ctx, m); err != nil {
		visit.Leave()
		p.close()
		return err
	}
	p.ready(newMouth(number, number < r.Talkers, r.Pattern))
	r.mu.Lock()
	r.inside = append(r.inside, m)
	r.mu.Unlock()
	if !audible || !p.hearsWithin(ctx, mediaWithin) {
		r.joined.add(welcomed, 0)
		return ctx.Err()
	}
	r.joined.add(welcomed, time.Duration(p.firstMedia.Load()-p.began.UnixNano()))
	return nil
}

func (j *joins) add(welcome, media time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.welcome = append(j.welcome, welcome)
	if media > 0 {
		j.media = append(j.media, media)
	}
}

// mediaStands waits for the connection.
func (r *run) mediaStands(ctx context.Context, m *member) error {
	late := time.NewTimer(mediaWithin)
	defer late.Stop()
	select {
	case <-m.connected:
		return nil
	case <-m.lost:
		return errMediaLost
	case <-m.visit.Gone():
		return m.visit.Problem()
	case <-late.C:
		return errMediaLost
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hearsWithin waits for the first packet of somebody else.
func (p *Peer) hearsWithin(ctx context.Context, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for p.firstMedia.Load() == 0 {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return false
		}
		wait(ctx, frame/4)
	}
	return true
}

// somebodyTalks reports that a new participant should hear something at once: with talk spurts it may be a pause.
func (r *run) somebodyTalks() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Pattern == Always && slices.ContainsFunc(r.inside, func(m *member) bool { return m.number < r.Talkers })
}

// decrypts spreads those who check every packet evenly over all, because a host serves its participants in some order.
func (r *run) decrypts(number int) bool {
	n := min(r.Decrypt, r.Participants)
	for k := range n {
		if number == (2*k+1)*r.Participants/(2*n) {
			return true
		}
	}
	return false
}
