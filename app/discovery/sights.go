package discovery

import (
	"maps"
	"net/netip"
	"sync"
	"time"
)

// sights is what queries tell of the interfaces: whether our own come back, and which other computers ask. It is safe for
// concurrent use; listeners write to it, Inspect reads.
type sights struct {
	mu  sync.Mutex
	own map[netip.Addr]bool // all of this computer's addresses, without zones
	on  map[int]*sight      // by interface index
}

// sight is what was seen on one interface.
type sight struct {
	asked, looped time.Time
	apps          map[netip.Addr]time.Time // at most maxApps
}

// reset forgets everything: the network changed, to these interfaces.
func (s *sights) reset(ifaces []iface) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own, s.on = make(map[netip.Addr]bool), make(map[int]*sight)
	for _, i := range ifaces {
		s.on[i.Index] = &sight{apps: make(map[netip.Addr]time.Time)}
		for _, p := range i.prefixes {
			s.own[p.Addr()] = true
		}
	}
}

// ask notes that a query of ours goes out on an interface.
func (s *sights) ask(index int, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on := s.on[index]; on != nil {
		on.asked = now
	}
}

// heard notes that somebody's query came in by an interface, and reports whether it was one of this computer's. Two interfaces
// in one network hear each other: that tells nothing of either's own way out and back.
func (s *sights) heard(i iface, source netip.Addr, now time.Time) (ours bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	on := s.on[i.Index]
	switch {
	case i.has(source):
		if on != nil {
			on.looped = now
		}
		return true
	case s.own[source.WithZone("")]:
		return true
	case on == nil:
		return false
	}
	if _, known := on.apps[source]; !known && len(on.apps) == maxApps {
		var oldest netip.Addr
		for a, at := range on.apps {
			if !oldest.IsValid() || at.Before(on.apps[oldest]) {
				oldest = a
			}
		}
		delete(on.apps, oldest)
	}
	on.apps[source] = now
	return false
}

// snapshot returns a copy, by interface index.
func (s *sights) snapshot() map[int]*sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[int]*sight, len(s.on))
	for index, on := range s.on {
		out[index] = &sight{asked: on.asked, looped: on.looped, apps: maps.Clone(on.apps)}
	}
	return out
}
