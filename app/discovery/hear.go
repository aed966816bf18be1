package discovery

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"
)

// deaf reports whether an interface has no working listener.
func (s *search) deaf() bool {
	return slices.ContainsFunc(s.ifaces, func(i iface) bool { l := s.links[i.Index]; return l == nil || l.broken.Load() })
}

// listen opens the listeners that are missing.
func (s *search) listen(ctx context.Context, now time.Time) {
	s.opened = now
	for _, i := range s.ifaces {
		if l := s.links[i.Index]; l != nil {
			if !l.broken.Load() {
				continue
			}
			l.Close()
			delete(s.links, i.Index)
		}
		l, err := s.cfg.open(i, s.listener())
		if err != nil {
			s.cfg.Logger.DebugContext(ctx, "interface not listened on", "interface", i.Name, "error", err)
			continue
		}
		s.links[i.Index] = l
	}
}

// listener returns what takes in the packets of one interface. Each of its IP families calls it from a goroutine of its own.
func (s *search) listener() func(packet) {
	var mu sync.Mutex
	var in intake
	return func(p packet) {
		s.multicast.Store(true)
		if !bytes.Contains(p.data, mark) && !bytes.Contains(p.data, farMark) {
			return
		}
		mu.Lock()
		full := in.full(time.Now())
		mu.Unlock()
		if full {
			s.overflow.Store(true)
			return
		}
		if known, ok := readQuery(p.data); ok {
			s.saw(p, known)
			s.inquire(p, known)
		}
		for _, a := range append(parsePacket(p), s.records.parse(p, time.Now())...) {
			s.offer(a)
		}
	}
}

// offer hands an announcement to run; it never blocks, a flood is dropped.
func (s *search) offer(a announcement) {
	select {
	case s.heard <- a:
	default:
		s.overflow.Store(true)
	}
}

func (s *search) hear(a announcement) {
	known := len(s.tracker.rooms)
	closeAll(s.tracker.hear(a, time.Now()))
	s.relay.hear(a, s.tracker.rooms, time.Now())
	if len(s.tracker.rooms) > known {
		s.interval = s.cfg.BrowseMin // where one appears, more may: an office in the morning
	}
}

// saw takes in a query for rooms that was heard on an interface.
func (s *search) saw(p packet, known []pointer) {
	if s.sights.heard(p.iface, p.source, time.Now()) {
		return
	}
	select {
	case s.queried <- known:
	default:
	}
}
