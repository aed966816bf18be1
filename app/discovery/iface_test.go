package discovery

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestUsable_PrefersNetworksAndFallsBackToLoopback(t *testing.T) {
	const up = net.FlagUp | net.FlagRunning
	plainLo := lo
	plainLo.Flags &^= net.FlagMulticast
	down := office
	down.Flags &^= net.FlagUp
	unplugged := office
	unplugged.Flags &^= net.FlagRunning
	bare := testIface(3, "bare0", up|net.FlagMulticast)
	tunnel := testIface(4, "tun0", up|net.FlagPointToPoint, "10.8.0.2/24")
	container := testIface(5, "veth0", up|net.FlagMulticast, "fe80::5/64")
	var many []iface
	for i := range 40 {
		many = append(many, testIface(10+i, "br", up|net.FlagMulticast, "10.9.0.1/24"))
	}
	for what, c := range map[string]struct {
		all  []iface
		want []string
	}{
		"a network":                      {[]iface{lo, office}, []string{"eth0"}},
		"nothing but loopback":           {[]iface{lo, down, unplugged, bare, tunnel}, []string{"lo"}},
		"a network and a container":      {[]iface{lo, container, office}, []string{"eth0"}},
		"link-local addresses alone":     {[]iface{lo, container}, []string{"veth0"}},
		"a loopback without multicast":   {[]iface{plainLo, down}, nil},
		"nothing":                        {nil, nil},
		"more interfaces than we follow": {many, slices.Repeat([]string{"br"}, maxInterfaces)},
	} {
		if got := names(usable(c.all)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

func TestBadInput_33_AddressesLeadOnlyIntoLocalNetworks(t *testing.T) {
	wifi := testIface(12, "Wi-Fi 2", net.FlagUp, "192.168.1.5/24", "2001:db8:1::5/64")
	for _, c := range []struct {
		on   iface
		addr string
		want string // "" is refused
	}{
		{office, "10.1.2.3", "10.1.2.3:7788"},
		{office, "::ffff:10.1.2.3", "10.1.2.3:7788"},
		{office, "192.168.44.1", "192.168.44.1:7788"}, // another private network: reflected mDNS
		{office, "100.100.1.1", "100.100.1.1:7788"},
		{office, "169.254.1.1", "169.254.1.1:7788"},
		{office, "fd12::1", "[fd12::1]:7788"},
		{office, "fe80::1", "[fe80::1%eth0]:7788"},
		{office, "fe80::1%wlan9", "[fe80::1%eth0]:7788"},
		{wifi, "fe80::1", "[fe80::1%12]:7788"},
		{wifi, "2001:db8:1::77", "[2001:db8:1::77]:7788"},
		{office, "2001:db8:1::77", ""},
		{office, "93.184.216.34", ""},
		{office, "127.0.0.1", ""},
		{office, "::1", ""},
		{office, "0.0.0.0", ""},
		{office, "::", ""},
		{office, "224.0.0.251", ""},
		{office, "ff02::fb", ""},
		{office, "255.255.255.255", ""},
		{lo, "127.0.0.1", "127.0.0.1:7788"},
	} {
		got := ""
		if e, ok := c.on.endpoint(netip.MustParseAddr(c.addr), 7788); ok {
			got = e.String()
		}
		if got != c.want {
			t.Errorf("%s on %s: %q, want %q", c.addr, c.on.Name, got, c.want)
		}
	}
	if _, ok := office.endpoint(netip.MustParseAddr("10.1.2.3"), 0); ok {
		t.Error("port 0 accepted")
	}
}

func TestBadInput_33_OnlyTheLinkItselfSpeaks(t *testing.T) {
	l := silentLink(office)
	group, us := netip.MustParseAddr("224.0.0.251"), netip.MustParseAddr("10.1.0.9")
	for what, c := range map[string]struct {
		from  string
		index int
		to    netip.Addr
		want  bool
	}{
		"to the group":                        {"10.1.0.2:5353", 7, group, true},
		"to the group, from another subnet":   {"192.168.9.9:5353", 7, group, true},
		"to us alone":                         {"10.1.0.2:5353", 7, us, false},
		"by another interface":                {"10.1.0.2:5353", 8, group, false},
		"from another port":                   {"10.1.0.2:40000", 7, group, false},
		"destination unknown, on the link":    {"10.1.0.2:5353", 0, netip.Addr{}, true},
		"destination unknown, off the link":   {"8.8.8.8:5353", 0, netip.Addr{}, false},
		"destination unknown, mapped address": {"[::ffff:10.1.0.2]:5353", 0, netip.Addr{}, true},
		"destination unknown, of this zone":   {"[fe80::2%eth0]:5353", 0, netip.Addr{}, true},
		"destination unknown, by its index":   {"[fe80::2%7]:5353", 0, netip.Addr{}, true},
		"destination unknown, of another":     {"[fe80::2%eth1]:5353", 0, netip.Addr{}, false},
	} {
		if got := l.accepts(netip.MustParseAddrPort(c.from), c.index, c.to); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
