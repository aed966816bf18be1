package sfu

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// rateBurst is how many seconds' worth an address may use at once.
	rateBurst = 5
	// maxRated bounds the addresses that are told apart (100 kB); a LAN has fewer. All others share one allowance, so that
	// nobody escapes by sending from many addresses, forged ones too.
	maxRated = 1024
)

// rates allows each address so many events a second. It is safe for concurrent use.
type rates struct {
	perSecond float64

	mu    sync.Mutex
	swept time.Time
	from  map[netip.Addr]*allowance
}

// allowance fills by perSecond up to rateBurst seconds' worth.
type allowance struct {
	left float64
	at   time.Time
}

func newRates(perSecond int) *rates {
	return &rates{perSecond: float64(perSecond), from: make(map[netip.Addr]*allowance)}
}

// allow takes one event from the allowance of an address.
func (r *rates) allow(addr netip.Addr, now time.Time) bool {
	who := computer(addr)
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.from[who]
	if a == nil {
		if len(r.from) >= maxRated && !r.sweep(now) {
			who = netip.Addr{}
			a = r.from[who]
		}
		if a == nil {
			a = &allowance{left: r.perSecond * rateBurst, at: now}
			r.from[who] = a
		}
	}
	return a.take(r.perSecond, now)
}

func (a *allowance) take(perSecond float64, now time.Time) bool {
	a.left = min(perSecond*rateBurst, a.left+perSecond*now.Sub(a.at).Seconds())
	a.at = now
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}

// sweep forgets those whose allowance is full again, at most once a second. It reports whether there is space.
func (r *rates) sweep(now time.Time) bool {
	if now.Sub(r.swept) < time.Second {
		return false
	}
	r.swept = now
	for addr, a := range r.from {
		if now.Sub(a.at).Seconds() >= rateBurst {
			delete(r.from, addr)
		}
	}
	return len(r.from) < maxRated
}

// computer is what counts as one address: an IPv6 network of 64 bits may be one computer's, but not the one that all
// computers of a link have.
func computer(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.IsLinkLocalUnicast() {
		return a
	}
	return source(a)
}
