package sfu

import (
	"context"
	"sync"
	"time"
)

// looksPerBeat is how often in a beat everybody's connection is looked at.
const looksPerBeat = 4

// vigil notices within DeadAfter that a participant's connection is dead, whatever TCP still hopes for. Participants ping,
// and each ping is as good as a pong: only those who do not are asked. One goroutine does it for the whole server.
type vigil struct {
	epoch time.Time
	beats

	mu    sync.Mutex
	conns map[*conn]struct{}
}

// beats judges silences by times on one monotonic clock. Belongs, like all but conns, to the goroutine of run.
type beats struct {
	every, deadAfter time.Duration

	looked time.Duration // at the latest look
	since  time.Duration // no silence counts from before
}

type verdict int

const (
	isThere verdict = iota
	isQuiet         // ask it
	isDead
)

// look notes that it is now. A look that comes late means that this machine itself stood still, or this program on it: what
// was said meanwhile waits in the sockets, and everybody gets all of DeadAfter once more to be heard.
func (b *beats) look(now time.Duration) {
	if now-b.looked > 2*b.every/looksPerBeat {
		b.since = now
	}
	b.looked = now
}

// judge says what to think of somebody last heard and last asked at these times. Nobody is dead who was not given a beat to
// answer.
func (b *beats) judge(heard, asked time.Duration) verdict {
	heard = max(heard, b.since)
	switch silent := b.looked - heard; {
	case silent < b.every+b.every/2:
		return isThere
	case asked <= heard:
		return isQuiet
	case silent >= b.deadAfter && b.looked-asked >= b.every:
		return isDead
	}
	return isThere
}

// stuck reports a write that has been waiting since then for the other end to read.
func (b *beats) stuck(since time.Duration) bool {
	return since != 0 && b.looked-max(since, b.since) >= b.deadAfter
}

func newVigil(c Config, epoch time.Time) *vigil {
	return &vigil{epoch: epoch, beats: beats{every: c.PingEvery, deadAfter: c.DeadAfter}, conns: make(map[*conn]struct{})}
}

func (v *vigil) run(ctx context.Context) {
	tick := time.NewTicker(v.every / looksPerBeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		v.look(time.Since(v.epoch))
		v.mu.Lock()
		for c := range v.conns {
			v.visit(c)
		}
		v.mu.Unlock()
	}
}

func (v *vigil) visit(c *conn) {
	if v.stuck(time.Duration(c.writing.Load())) {
		c.stop(errSlow)
		return
	}
	switch v.judge(time.Duration(c.heardAt.Load()), c.askedAt) {
	case isQuiet:
		c.askedAt = v.looked
		c.ask()
	case isDead:
		c.stop(errDead)
	default:
	}
}

// watch begins to look after a connection; it must have been heard of.
func (v *vigil) watch(c *conn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.conns[c] = struct{}{}
}

// forget ends that: when it returns, the connection will not be asked any more.
func (v *vigil) forget(c *conn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.conns, c)
}
