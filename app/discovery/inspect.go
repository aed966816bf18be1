package discovery

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/earshot/earshot/internal/lan"
)

// Inspection is what a Browser has seen of each network: what a doctor goes by. Times are zero for never; they and the
// addresses belong to the time since the network last changed.
type Inspection struct {
	Interfaces []InterfaceSeen // all of the machine but loopback, in the system's order
	Silent     []SilentRoom    // rooms that are advertised and do not answer, the latest heard first; at most 16
	Crowded    bool            // more rooms are advertised than are looked at; see Status
}

// InterfaceSeen is one network interface.
type InterfaceSeen struct {
	Name      string
	Kind      lan.Kind
	Prefixes  []netip.Prefix // its addresses, IPv4 unmapped, no zones
	Up        bool           // administratively and with a carrier
	Multicast bool           // can multicast at all
	Browsed   bool           // is one of those that are browsed on
	Listening bool           // its mDNS listener is open
	Asked     time.Time      // when a query of ours was last sent on it, or tried to
	Looped    time.Time      // when one was last heard back; within milliseconds of Asked where multicast works
	// Apps are the other computers that asked for rooms on it, and when they last did; at most 64. One with several
	// addresses may be in it under each.
	Apps map[netip.Addr]time.Time
}

// SilentRoom is a room that is advertised and does not answer under any of its addresses.
type SilentRoom struct {
	Source    netip.Addr // who advertised it
	Addresses []netip.AddrPort
	Heard     time.Time // last advertisement
	Failures  int       // attempts without an answer since it last answered
}

// Bounds of what an Inspection holds of strangers.
const (
	maxApps   = 64 // a full /26, on each interface
	maxSilent = 16 // more than anybody would read
)

// Inspect returns what was seen of the networks until now. After Close it has no rooms and no sightings. Queries are rare
// in a lobby that has been open for a while: call Ask half a second before for sightings of this moment.
func (b *Browser) Inspect() Inspection {
	var in Inspection
	sights, links, browsed := map[int]*sight{}, map[int]bool{}, map[int]bool{}
	b.do(func(s *search) {
		sights = s.sights.snapshot()
		for _, i := range s.ifaces {
			browsed[i.Index] = true
			links[i.Index] = s.links[i.Index] != nil && !s.links[i.Index].broken.Load()
		}
		in.Silent = s.tracker.silent()
		in.Crowded = time.Now().Before(s.tracker.crowdedUntil)
	})
	all, err := b.cfg.interfaces()
	if err != nil {
		b.cfg.Logger.Debug("interfaces not listed", "error", err)
	}
	for _, i := range all {
		if isLoopback(i) {
			continue
		}
		const up = net.FlagUp | net.FlagRunning
		seen := InterfaceSeen{
			Name: i.Name, Kind: lan.KindOf(i.Interface), Prefixes: slices.Clone(i.prefixes),
			Up: i.Flags&up == up, Multicast: i.Flags&net.FlagMulticast != 0, Browsed: browsed[i.Index], Listening: links[i.Index],
		}
		if s := sights[i.Index]; s != nil {
			seen.Asked, seen.Looped, seen.Apps = s.asked, s.looped, s.apps
		}
		in.Interfaces = append(in.Interfaces, seen)
	}
	return in
}

// askAgain is the least time between two rounds of queries, RFC 6762 §5.2.
const askAgain = time.Second

// Ask asks for rooms on all networks at once, unless the last time is less than a second ago: for somebody who is about to
// call Inspect. It does not wait for answers.
func (b *Browser) Ask() {
	b.do(func(s *search) {
		if now := time.Now(); now.Sub(s.lastRound) >= askAgain {
			s.nextRound = earlier(s.nextRound, now)
		}
	})
}

// do runs a function on the goroutine of the search, and waits for it. After Close it runs nothing.
func (b *Browser) do(what func(*search)) {
	done := make(chan struct{})
	select {
	case b.calls <- func(s *search) { what(s); close(done) }:
		<-done
	case <-b.ctx.Done():
	}
}

// silent returns the rooms that are advertised and do not answer, the latest heard first.
func (t *tracker) silent() []SilentRoom {
	var out []SilentRoom
	for _, c := range t.rooms {
		if c.listed || c.failures == 0 || !c.bye.IsZero() && !c.heard.After(c.bye) { // it said goodbye: silence is right
			continue
		}
		r := SilentRoom{Source: c.source, Heard: c.heard, Failures: c.failures}
		for _, e := range c.endpoints {
			r.Addresses = append(r.Addresses, e.addr)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b SilentRoom) int {
		return cmp.Or(b.Heard.Compare(a.Heard), a.Source.Compare(b.Source), slices.CompareFunc(a.Addresses, b.Addresses, netip.AddrPort.Compare))
	})
	return out[:min(len(out), maxSilent)]
}
