package client

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// redialEvery is the pause between two rounds of attempts to reach the host again.
	redialEvery = 250 * time.Millisecond
	// connectWithin bounds the TCP connect of one of them. The attempts of the next rounds do not wait for it: their SYN
	// leaves at once, while TCP would repeat a lost one only after 1 s, 3 s, 7 s (RFC 6298 §5.5).
	connectWithin = time.Second
	// maxAddresses bounds the addresses of a round, which an advertisement could make many.
	maxAddresses = 16
	// maxAttempts bounds the attempts at one address that are under way: those of connectWithin, and some that the
	// host is slow to answer.
	maxAttempts = 6
	// refusedFor is how long a host whose machine answers "nobody listens here" is believed to come back: its app is
	// gone, not the network.
	refusedFor = 3 * time.Second
)

// target is where and whom to dial.
type target struct {
	addresses   func() []string // host:port; the first is where the host was proven to be, if it was
	fingerprint string          // "" takes any key
	room        string          // id that must live there; "" takes any
	identity    tls.Certificate // ours; none when it has no certificate
}

// attempt is the outcome of one dial.
type attempt struct {
	address string
	link    *link
	err     error
}

// redial dials all addresses of t at once, again and again, every redialEvery and whenever news comes, and returns the
// first link that stands. It gives up with ctx, or when at the first address nobody or somebody else has answered for
// refusedFor.
func redial(ctx context.Context, t target, news <-chan struct{}) (*link, error) {
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan attempt)
	underWay := make(map[string]int)
	total := 0
	defer func() {
		cancel()
		for ; total > 0; total-- {
			if late := <-results; late.link != nil {
				late.link.close()
			}
		}
	}()
	round := time.NewTimer(0)
	defer round.Stop()
	var refused time.Time // since when; zero: it does not
	last := error(signal.Problemf(signal.CodeUnreachable, "not tried"))
	for {
		select {
		case <-ctx.Done():
			return nil, last
		case <-news:
			round.Reset(0)
		case <-round.C:
			for _, address := range t.now() {
				if underWay[address] < maxAttempts {
					underWay[address]++
					total++
					go func() {
						l, err := dial(ctx, t, address, connectWithin)
						results <- attempt{address, l, err}
					}()
				}
			}
			round.Reset(redialEvery)
		case a := <-results:
			total--
			underWay[a.address]--
			if a.err == nil {
				return a.link, nil
			}
			last = a.err
			first := a.address == t.now()[0]
			switch {
			case !first:
			case !isGone(a.err):
				refused = time.Time{}
			case refused.IsZero():
				refused = time.Now()
			case time.Since(refused) > refusedFor:
				return nil, a.err
			}
		}
	}
}

// now returns the addresses without repetition.
func (t target) now() []string {
	var out []string
	seen := make(map[string]bool)
	for _, a := range t.addresses() {
		if !seen[a] && len(out) < maxAddresses {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

// dialAll dials all addresses of t once, at the same time, and returns the first link that stands. The error is that of
// the first address.
func dialAll(ctx context.Context, t target) (*link, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	addresses := t.now()
	results := make(chan attempt)
	for _, address := range addresses {
		go func() {
			l, err := dial(ctx, t, address, dialTimeout)
			results <- attempt{address, l, err}
		}()
	}
	var winner *link
	var problem error
	for range addresses {
		switch a := <-results; {
		case a.err == nil && winner == nil:
			winner = a.link
			cancel() // the others
		case a.err == nil:
			a.link.close()
		case a.address == addresses[0]:
			problem = a.err
		}
	}
	if winner != nil {
		return winner, nil
	}
	return nil, problem
}

// isGone reports that the room is not at an address any more: nobody listens there, somebody else does, or the host has
// another room there.
func isGone(err error) bool {
	p, ok := errors.AsType[*signal.Problem](err)
	return isRefused(err) || ok && (p.Code == signal.CodeFingerprintMismatch || p.Code == signal.CodeNotFound)
}
