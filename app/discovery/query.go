package discovery

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grandcat/zeroconf"
)

// ask starts one round of queries.
func (s *search) ask(ctx context.Context, now time.Time) {
	r := round{
		ctx: ctx, ifaces: s.ifaces, links: maps.Clone(s.links), known: s.tracker.known(now), turn: s.count, self: s.cfg.selfSend,
		wait: s.cfg.BrowseFor, log: s.cfg.Logger,
	}
	s.count++
	s.asking, s.lastRound, s.nextRound = true, now, now.Add(s.interval)
	for _, i := range s.ifaces {
		s.sights.ask(i.Index, now)
	}
	s.interval = min(2*s.interval, s.cfg.BrowseMax)
	s.all.Go(func() {
		s.cfg.round(r, func(a announcement) {
			s.multicast.Store(true)
			s.offer(a)
		})
		select {
		case s.rounds <- struct{}{}:
		case <-ctx.Done():
		}
	})
}

// postpone puts the next round off, because the answers to somebody else's query are heard here too (RFC 6762 §7.3): the
// lobbies of an office ask together as often as one alone. Not the first two rounds, and never for longer than four BrowseMax in a row.
// But rooms that the other one knows will not answer: if one is new here, it is asked for instead.
func (s *search) postpone(known []pointer, now time.Time) {
	if slices.ContainsFunc(known, func(p pointer) bool { return !s.tracker.hasInstance(p.instance) }) {
		s.tracker.wanted = true
		return
	}
	if s.count < youngRounds || now.Sub(s.lastRound) > 3*s.cfg.BrowseMax {
		return
	}
	wait := s.interval + rand.N(s.interval/4+1) //nolint:gosec // spreads the lobbies, keeps no secret
	s.nextRound = later(s.nextRound, now.Add(min(wait, s.cfg.BrowseMax)))
}

// round is one round of queries.
type round struct {
	ctx    context.Context //nolint:containedctx // a parameter object of one call
	ifaces []iface
	links  map[int]*link // by interface index; may be incomplete
	known  []pointer     // rooms that need not answer
	turn   int           // rounds before it since the network changed
	self   bool          // send by the links in the first round too
	wait   time.Duration
	log    *slog.Logger
}

// youngRounds is how many rounds after a change of the network ask over both IP families, and are put off for nobody. The
// first of them is the library's, which asks twice. The others are our own, because the library's name no known answers.
const youngRounds = 2

// queryAll runs one round and returns when it is over. Answers to our own queries come to the links.
func queryAll(r round, found func(announcement)) {
	var others []iface
	message := packQuery(r.known)
	for _, i := range r.ifaces {
		l := r.links[i.Index]
		if l == nil || r.turn == 0 {
			others = append(others, i)
		}
		var err error
		switch {
		case l == nil || r.turn == 0 && !r.self:
		case r.turn < youngRounds:
			err = l.send(message)
		default:
			err = l.sendInTurn(message, r.turn)
		}
		if err != nil {
			r.log.DebugContext(r.ctx, "query not sent", "interface", i.Name, "error", err)
		}
	}
	if len(others) > 0 {
		r.ifaces = others
		queryByLibrary(r, found)
	}
}

// queryByLibrary browses each interface on its own for a moment, with a fresh resolver each time: the library's
// resolver stops asking after its first find, ends by itself after 15 minutes and has its interfaces fixed. It returns
// when all have ended; the entries channels are read to their ends, which is when the library has let go of them.
//
// Each IP family has its own resolver because the library's leaks the IPv4 socket of an interface without IPv6.
func queryByLibrary(r round, found func(announcement)) {
	ctx, cancel := context.WithTimeout(r.ctx, r.wait)
	defer cancel()
	alone := len(r.ifaces) == 1
	var browsing sync.WaitGroup
	defer browsing.Wait()
	browse := func(on []iface, traffic zeroconf.IPType) {
		browsing.Go(func() {
			resolver, err := zeroconf.NewResolver(zeroconf.SelectIfaces(netInterfaces(on)), zeroconf.SelectIPTraffic(traffic))
			if err != nil {
				r.log.DebugContext(ctx, "interface not browsed", "interfaces", names(on), "error", err)
				return
			}
			entries := make(chan *zeroconf.ServiceEntry)
			if err := resolver.Browse(ctx, service, domain, entries); err != nil {
				r.log.DebugContext(ctx, "query not sent", "interfaces", names(on), "error", err)
			}
			for e := range entries {
				if a, ok := fromEntry(on[0], e, alone); ok {
					found(a)
				}
			}
		})
	}
	var all4, all6 []iface
	for _, i := range r.ifaces {
		v4, v6 := i.families()
		if v4 {
			all4 = append(all4, i)
		}
		if v6 {
			all6 = append(all6, i)
		}
	}
	for traffic, list := range map[zeroconf.IPType][]iface{zeroconf.IPv4: all4, zeroconf.IPv6: all6} {
		switch {
		case len(list) == 0:
		case perPacketInterface:
			for n := range list {
				browse(list[n:n+1], traffic)
			}
		default: // all queries leave by the same interface anyway
			browse(list, traffic)
		}
	}
}

// fromEntry reads what the library found. Link-local IPv6 addresses count only on the one interface that there is: on
// Linux the library's sockets hear the answers of all interfaces, and does not say which. The listeners know.
func fromEntry(i iface, e *zeroconf.ServiceEntry, alone bool) (announcement, bool) {
	key, ok := parseTXT(e.Text)
	if !ok || e.Port < 1 || e.Port > 65535 {
		return announcement{}, false
	}
	var addrs []netip.Addr
	for _, list := range [][]net.IP{e.AddrIPv4, e.AddrIPv6} {
		for _, ip := range list {
			if a, ok := netip.AddrFromSlice(ip); ok && (alone || !a.Is6() || !a.IsLinkLocalUnicast()) {
				addrs = append(addrs, a)
			}
		}
	}
	return announcement{
		instance: strings.ToLower(e.ServiceInstanceName()), known: true, key: key,
		endpoints: endpoints(i, addrs, uint16(e.Port)), ttl: min(time.Duration(e.TTL)*time.Second, maxTTL),
	}, true
}

func netInterfaces(list []iface) []net.Interface {
	out := make([]net.Interface, 0, len(list))
	for _, i := range list {
		out = append(out, i.Interface)
	}
	return out
}
