package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxInterfaces bounds the sockets: two an interface for listening, two for a query. A machine full of container
// bridges keeps the first ones the system lists, which are the physical ones.
const maxInterfaces = 16

// iface is one network interface with its unicast addresses at one moment.
type iface struct {
	net.Interface
	prefixes []netip.Prefix // an address and the length of its network; IPv4 unmapped, no zones
}

// zone returns what follows the % of a link-local address on this interface: its name, or its index where the name
// ("Ethernet 2") would not survive in a URL.
func (i iface) zone() string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
	}
	if strings.ContainsFunc(i.Name, func(r rune) bool { return !plain(r) }) {
		return strconv.Itoa(i.Index)
	}
	return i.Name
}

// families reports which of IPv4 and IPv6 the interface has addresses of.
func (i iface) families() (v4, v6 bool) {
	for _, p := range i.prefixes {
		if p.Addr().Is4() {
			v4 = true
		} else {
			v6 = true
		}
	}
	return v4, v6
}

// onLink reports whether a is in a network that the interface is directly connected to.
func (i iface) onLink(a netip.Addr) bool {
	if a.IsLinkLocalUnicast() {
		return true
	}
	return slices.ContainsFunc(i.prefixes, func(p netip.Prefix) bool { return p.Masked().Contains(a.WithZone("")) })
}

// has reports whether a is one of the interface's own addresses.
func (i iface) has(a netip.Addr) bool {
	return slices.ContainsFunc(i.prefixes, func(p netip.Prefix) bool { return p.Addr() == a.WithZone("") })
}

// cgnat is RFC 6598, which overlay networks use for their members.
var cgnat = netip.MustParsePrefix("100.64.0.0/10") //nolint:gochecknoglobals // a constant in all but type

// endpoint returns the address a room says it has, as it is dialled from here, or false where none of our connections
// may go: an advertisement must not aim this app at the internet, at this machine itself or at a multicast group. A
// private network that is not directly connected is allowed, because offices reflect mDNS between their networks.
func (i iface) endpoint(a netip.Addr, port uint16) (netip.AddrPort, bool) {
	a = a.Unmap().WithZone("")
	switch {
	case port == 0, !a.IsValid(), a.IsUnspecified(), a.IsMulticast():
		return netip.AddrPort{}, false
	case a.IsLoopback():
		if !isLoopback(i) {
			return netip.AddrPort{}, false
		}
	case a.IsLinkLocalUnicast():
		if a.Is6() {
			a = a.WithZone(i.zone())
		}
	case !a.IsPrivate() && !cgnat.Contains(a) && !i.onLink(a):
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a, port), true
}

// systemInterfaces returns all interfaces of the machine, with the addresses that can be used by now.
func systemInterfaces() ([]iface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	unusable := tentative()
	list := make([]iface, 0, len(all))
	for _, ni := range all {
		addrs, err := ni.Addrs()
		if err != nil {
			continue // it went away between the two questions
		}
		i := iface{Interface: ni}
		for _, a := range addrs {
			ipnet, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			ip, ok := netip.AddrFromSlice(ipnet.IP)
			if !ok || unusable[ip] {
				continue
			}
			ones, _ := ipnet.Mask.Size()
			i.prefixes = append(i.prefixes, netip.PrefixFrom(ip.Unmap(), ones))
		}
		list = append(list, i)
	}
	return list, nil
}

// usable returns the interfaces worth advertising and browsing on: up, with a carrier, able to multicast, with an
// address. Those with nothing but an IPv6 link-local address count only if there are no others: they are the host's ends of containers,
// which come and go, and each change is announced on all networks. Without any network the loopback interface counts, if it can
// multicast (macOS: yes; Linux: measured, only if the administrator has set the flag), so that two apps on one machine still
// find each other.
func usable(all []iface) []iface {
	ranks := make(map[int][]iface)
	for _, i := range all {
		const need = net.FlagUp | net.FlagRunning | net.FlagMulticast
		if i.Flags&need != need || len(i.prefixes) == 0 {
			continue
		}
		rank := 1
		switch {
		case isLoopback(i):
			rank = 2
		case slices.ContainsFunc(i.prefixes, func(p netip.Prefix) bool { return p.Addr().Is4() || !p.Addr().IsLinkLocalUnicast() }):
			rank = 0
		}
		if len(ranks[rank]) < maxInterfaces {
			ranks[rank] = append(ranks[rank], i)
		}
	}
	for rank := range 3 {
		if len(ranks[rank]) > 0 {
			return ranks[rank]
		}
	}
	return nil
}

func isLoopback(i iface) bool { return i.Flags&net.FlagLoopback != 0 }

// sameInterfaces reports whether nothing that matters here differs.
func sameInterfaces(a, b []iface) bool {
	return slices.EqualFunc(a, b, func(x, y iface) bool {
		return x.Index == y.Index && x.Name == y.Name && x.Flags == y.Flags && slices.Equal(x.prefixes, y.prefixes)
	})
}

// network is the usable interfaces, and whether this computer or program has stood still before they were looked at.
type network struct {
	ifaces []iface
	woke   bool
}

// watch calls changed with the usable interfaces, at once and then whenever they differ or this computer woke up, until the
// context ends. A poll, because it is the same on all systems and also sees what their change notifications leave out (carrier,
// flags).
func watch(ctx context.Context, every time.Duration, list func() ([]iface, error), log *slog.Logger, changed func(network)) {
	var last []iface
	start := time.Now()
	awake := wakefulness{every: every, wall: start.Round(0)}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for first := true; ; first = false {
		all, err := list()
		if err != nil {
			log.DebugContext(ctx, "interfaces not listed", "error", err)
		}
		woke := awake.woke(time.Since(start), time.Now().Round(0))
		switch now := usable(all); {
		case first, err == nil && !sameInterfaces(last, now):
			last = now
			changed(network{now, woke})
		case woke:
			changed(network{last, true})
		default: // a list that cannot be read is no reason to drop what works
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func names(list []iface) []string {
	out := make([]string, 0, len(list))
	for _, i := range list {
		out = append(out, i.Name)
	}
	return out
}
