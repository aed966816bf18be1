package discovery

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Known is a host whose room was joined before.
type Known struct {
	Fingerprint string   // of its key
	Addresses   []string // host:port; the likeliest first
}

// Bounds of asking remembered hosts, which their number in Config.Remembered and these keep cheap: a computer that is off
// costs one unanswered SYN (74 bytes of Ethernet) for each address each seekMax, 10 bit/s.
const (
	maxRemembered          = 32
	maxRememberedAddresses = 6
	// maxSeekers is how many hosts are asked at the same time: all of them within two DialTimeouts, 1.6 s.
	maxSeekers = 16
	// seekMin and seekMax are the time between two questions to a host that does not answer, doubling from one to the other.
	// A listed one is not asked at all: that is the tracker's business.
	seekMin = 2 * time.Second
	seekMax = time.Minute
)

// seeker asks remembered hosts for their rooms by unicast, where multicast does not reach: when the search begins, again and
// again with longer and longer pauses, and at once when the network has changed. What answers is handed to found like an
// announcement, and is the tracker's from then on.
type seeker struct {
	cfg     Config
	listed  func() []Room
	found   func(announcement)
	network chan struct{} // the network has changed; capacity 1
}

// seeking is where the seeker is with one host.
type seeking struct {
	next time.Time
	wait time.Duration // after the next question
}

// run seeks until ctx ends.
func (s *seeker) run(ctx context.Context) {
	hosts := make(map[string]*seeking) // by fingerprint
	timer := time.NewTimer(seekMax)    // the first look at the network comes before
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.network:
			clear(hosts)
		case <-timer.C:
		}
		asked := s.due(hosts, time.Now())
		var asking sync.WaitGroup
		places := make(chan struct{}, maxSeekers)
		for _, k := range asked {
			places <- struct{}{}
			asking.Go(func() {
				s.ask(ctx, k)
				<-places
			})
		}
		asking.Wait()
		timer.Reset(time.Until(wakeOf(hosts, time.Now())))
	}
}

// due returns the hosts to ask now.
func (s *seeker) due(hosts map[string]*seeking, now time.Time) []Known {
	var out []Known
	rooms := s.listed()
	remembered := s.cfg.Remembered()
	for _, k := range remembered[:min(len(remembered), maxRemembered)] {
		h := hosts[k.Fingerprint]
		if h == nil {
			h = &seeking{next: now, wait: seekMin}
			hosts[k.Fingerprint] = h
		}
		switch {
		case slices.ContainsFunc(rooms, func(r Room) bool { return r.Fingerprint == k.Fingerprint }):
			h.next, h.wait = now.Add(seekMin), seekMin
		case !now.Before(h.next):
			out = append(out, k)
			h.next, h.wait = now.Add(h.wait), min(2*h.wait, seekMax)
		}
	}
	return out
}

// wakeOf returns when the next host is due, or when to look whether a host has come to be remembered.
func wakeOf(hosts map[string]*seeking, now time.Time) time.Time {
	at := now.Add(seekMax)
	for _, h := range hosts {
		at = earlier(at, h.next)
	}
	return later(at, now.Add(seekMin/2))
}

// ask asks all addresses of a host at once. Each that answers counts by itself: two programs of one user have the same key and may
// each host a room.
func (s *seeker) ask(ctx context.Context, k Known) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.DialTimeout)
	defer cancel()
	var asking sync.WaitGroup
	defer asking.Wait()
	for _, address := range k.Addresses[:min(len(k.Addresses), maxRememberedAddresses)] {
		asking.Go(func() {
			for _, at := range resolve(ctx, address) {
				conn := s.cfg.dial(at.String(), k.Fingerprint)
				f, err := conn.Facts(ctx)
				conn.Close()
				if err == nil && validID(f.ID) && f.Fingerprint == k.Fingerprint {
					ad := Ad{ID: f.ID, Fingerprint: f.Fingerprint}
					s.found(announcement{
						instance: ad.label() + "." + serviceName, known: true, key: roomKey{f.ID, f.Fingerprint},
						endpoints: []netip.AddrPort{at}, source: at.Addr(),
					})
					return
				}
			}
		})
	}
}

// resolve returns what a host:port leads to, at most two addresses; a name may take as long as ctx.
func resolve(ctx context.Context, address string) []netip.AddrPort {
	if at, err := netip.ParseAddrPort(address); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(at.Addr().Unmap(), at.Port())}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	n, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil || n < 1 || n > 65535 {
		return nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", strings.TrimSuffix(host, "."))
	if err != nil {
		return nil
	}
	var out []netip.AddrPort
	for _, ip := range ips[:min(len(ips), 2)] {
		out = append(out, netip.AddrPortFrom(ip.Unmap(), uint16(n))) //nolint:gosec // checked above
	}
	return out
}
