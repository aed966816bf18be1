package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"time"

	"github.com/earshot/earshot/sfu/client"
)

// prober asks one address for its room's facts, again and again over one connection. *client.Prober is the real one.
type prober interface {
	Facts(context.Context) (client.Facts, error)
	Close()
}

func dialRoom(address, fingerprint string) prober { return client.NewProber(address, fingerprint) }

// errOtherRoom says that the right key answered for another room than the advertised one.
var errOtherRoom = errors.New("another room answers")

// ask runs one probe: the kept connection first, then, without an answer, all addresses at the same time. The first
// that answers is kept, the others are dropped. It returns when all of them have ended.
func ask(ctx context.Context, p probe, dial func(address, fingerprint string) prober) result {
	if len(p.better) > 0 {
		if r := race(ctx, p.key, p.better, preferTimeout, dial); r.ok {
			p.kept.Close()
			return r
		}
	}
	if p.kept != nil {
		kept, cancel := context.WithTimeout(ctx, p.keepTimeout)
		a, err := question(kept, p.kept, p.key, p.keptAddr)
		cancel()
		if err == nil {
			return result{key: p.key, ok: true, answer: a, kept: p.kept}
		}
		p.kept.Close()
	}
	return race(ctx, p.key, p.endpoints, p.dialTimeout, dial)
}

// preferTimeout is how long better addresses than the kept one are tried, and preferHeadStart how much earlier they
// begin in a race: a LAN handshake takes a few milliseconds. improveEvery is how often they are tried again while only the
// lesser one answers.
const (
	preferTimeout   = 250 * time.Millisecond
	preferHeadStart = 50 * time.Millisecond
	improveEvery    = 10 * time.Second
)

// lesser reports whether an address is only second best: browsers gather no candidates on IPv6 link-local addresses, so
// a room reached by one may be seen but not heard.
func lesser(a netip.AddrPort) bool { return a.Addr().Is6() && a.Addr().IsLinkLocalUnicast() }

func race(ctx context.Context, key roomKey, addrs []netip.AddrPort, within time.Duration, dial func(address, fingerprint string) prober) result {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	allLesser := !slices.ContainsFunc(addrs, func(a netip.AddrPort) bool { return !lesser(a) })
	results := make(chan result)
	for _, addr := range addrs {
		go func() {
			if lesser(addr) && !allLesser {
				select {
				case <-time.After(preferHeadStart):
				case <-ctx.Done():
				}
			}
			conn := dial(addr.String(), key.fingerprint)
			a, err := question(ctx, conn, key, addr)
			results <- result{key: key, ok: err == nil, answer: a, kept: conn}
		}()
	}
	won := result{key: key}
	for range addrs {
		r := <-results
		if r.ok && !won.ok {
			won = r
			cancel()
		} else {
			r.kept.Close()
		}
	}
	return won
}

// question asks once and checks that the room is the advertised one. The round trip is measured from the moment a
// connection was at hand: it holds no TCP or TLS handshake.
func question(ctx context.Context, conn prober, key roomKey, from netip.AddrPort) (answer, error) {
	start := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { start = time.Now() }, // called by this goroutine, inside Facts
	})
	f, err := conn.Facts(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("probe room: %w", err)
	}
	if f.ID != key.id || f.Fingerprint != key.fingerprint {
		return answer{}, errOtherRoom
	}
	return answer{facts: f.RoomFacts, from: from, rtt: time.Since(start)}, nil
}
