package sfu

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/earshot/earshot/internal/lan"
)

// reached knows the addresses for the answers to one participant. It is safe for concurrent use once at was called.
type reached struct {
	port  int
	local atomic.Pointer[netip.Addr]
}

// at notes our end of the participant's Signal connection.
func (r *reached) at(local netip.Addr) {
	local = local.WithZone("") // an answer cannot carry it; the participant's socket knows its own
	r.local.Store(&local)
}

func (r *reached) first() netip.Addr { return *r.local.Load() }

// addresses returns first the address under which the participant's Signal connection reached us, which is proven, then
// the machine's others as they are now.
func (r *reached) addresses() []netip.Addr {
	out := []netip.Addr{r.first()}
	for _, a := range hostAddresses() {
		if a != out[0] {
			out = append(out, a)
		}
	}
	return out
}

// withLinkLocal adds the candidate of a link-local address that the participant reached us on to an answer, where pion
// never puts one: its own sockets are bound to an interface, so they can use it. Browsers ignore it.
func (r *reached) withLinkLocal(answer string) string {
	local := r.first()
	head, rest, found := strings.Cut(answer, "\r\na=mid:")
	if !found || !local.Is6() || !local.IsLinkLocalUnicast() {
		return answer
	}
	mid, rest, _ := strings.Cut(rest, "\r\n")
	// The priority is that of a host candidate (RFC 8445 §5.1.2.1) less one: a routable address is better.
	return fmt.Sprintf("%s\r\na=mid:%s\r\na=candidate:1 1 udp 2130706430 %s %d typ host\r\n%s", head, mid, local, r.port, rest)
}

// hostAddresses returns the unicast addresses under which other computers may reach this one, the likeliest first:
// IPv4 before IPv6, private before public, real interfaces before those of containers, VMs and VPNs. Loopback and
// link-local addresses are left out: the first leads nowhere, the second needs a zone that only the other side knows.
func hostAddresses() []netip.Addr { return addressesOf(func(lan.Kind) bool { return true }) }

// shareableAddresses is hostAddresses without those of containers and virtual machines, which other computers have too.
func shareableAddresses() []netip.Addr {
	return addressesOf(func(k lan.Kind) bool { return k != lan.Virtual })
}

func addressesOf(wanted func(lan.Kind) bool) []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	type ranked struct {
		addr netip.Addr
		rank int
	}
	var all []ranked
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 || !wanted(lan.KindOf(i)) {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // the interface went away meanwhile
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			addr := prefix.Addr().Unmap()
			if addr.IsGlobalUnicast() {
				all = append(all, ranked{addr, addressRank(i, addr)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	out := make([]netip.Addr, len(all))
	for i, r := range all {
		out[i] = r.addr
	}
	return out
}

func addressRank(i net.Interface, addr netip.Addr) int {
	rank := 0
	if !lan.KindOf(i).LeadsOut() {
		rank += 4
	}
	if addr.Is6() {
		rank += 2
	}
	if !addr.IsPrivate() {
		rank++
	}
	return rank
}
