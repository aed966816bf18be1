package client

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	// suspectAfter is how long a beat's pong may take before other ways to the host are tried beside the link. A LAN's
	// round trip takes milliseconds, a bad Wi-Fi's 200.
	suspectAfter = 700 * time.Millisecond
	// doubtfulAfter is the same when there is a reason for doubt: the network has changed. An answer by another way takes
	// two round trips more than the pong, so doubt alone moves nobody.
	doubtfulAfter = 100 * time.Millisecond
	// settleFor is how long after a move other addresses that come up may be where media has to go: DHCP and IPv6's
	// duplicate address detection take some seconds.
	settleFor = 10 * time.Second
)

// guard watches over a link until ctx ends. It pings every PingEvery, and at once when there is news of the network. It
// calls drop when the link's own address is gone, when no pong came for DeadAfter, or as soon as the host answers
// another way and still not on this one; then with that link. A slow link alone is never given up for it.
func (s *Session) guard(ctx context.Context, l *link, drop func(spare *link)) {
	tick := time.NewTicker(s.cfg.PingEvery)
	defer tick.Stop()
	had := s.watcher.addresses()
	for {
		patience := min(suspectAfter, s.cfg.DeadAfter-s.cfg.PingEvery)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.news:
			have := s.watcher.addresses()
			if have != nil && l.local.IsValid() && !have[l.local.Addr()] {
				drop(nil)
				return
			}
			if lost(had, have) || len(have) != len(had) && s.unsettled() {
				s.moved()
			}
			had = have
			patience = min(doubtfulAfter, patience)
		}
		if ctx.Err() != nil {
			return
		}
		if spare, ok := s.check(ctx, l, patience); !ok {
			drop(spare)
			return
		}
	}
}

// check pings a link. When the pong takes longer than patience the host is dialled beside it; whichever answers first
// wins. The host has DeadAfter to answer while this machine runs: time in which it stood still is not held against it.
func (s *Session) check(ctx context.Context, l *link, patience time.Duration) (spare *link, ok bool) {
	ctx, cancel := context.WithCancel(ctx)
	var giveUp sync.WaitGroup
	defer giveUp.Wait()
	defer cancel()
	pong := make(chan error, 1)
	go func() { pong <- l.ws.Ping(ctx) }()
	select {
	case err := <-pong:
		return nil, err == nil
	case <-time.After(patience):
	}
	giveUp.Go(func() {
		left := running{left: s.cfg.DeadAfter - s.cfg.PingEvery - patience, least: s.cfg.PingEvery}
		if left.wait(ctx) {
			cancel()
		}
	})
	start, dialled := time.Now(), make(chan *link, 1)
	go func() {
		other, _ := redial(ctx, s.target(), s.news) // the ping decides then
		dialled <- other
	}()
	select {
	case err := <-pong:
		cancel()
		if spare = <-dialled; spare != nil && err == nil {
			spare.close()
			spare = nil
		}
		return spare, err == nil
	case spare = <-dialled:
		if spare == nil { // nobody else answers either
			return nil, <-pong == nil
		}
		// On a machine that is slow with everything the pong gets as long as the dial took.
		select {
		case err := <-pong:
			if err == nil {
				spare.close()
				return nil, true
			}
		case <-time.After(time.Since(start)):
			cancel()
			<-pong //nolint:errcheck // it was cancelled
		}
		return spare, false
	}
}

// lost reports whether an address that the machine had is gone. Media may have gone through it.
func lost(had, have map[netip.Addr]bool) bool {
	for a := range had {
		if !have[a] {
			return true
		}
	}
	return false
}
