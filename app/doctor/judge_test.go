package doctor

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/reach"
	"github.com/earshot/earshot/internal/lan"
)

// now is the moment of every examination here.
var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// card returns an interface on which multicast works and nobody else was heard.
func card(name string, kind lan.Kind, prefix string) discovery.InterfaceSeen {
	return discovery.InterfaceSeen{
		Name: name, Kind: kind, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)},
		Up: true, Multicast: true, Browsed: true, Listening: true, Asked: now.Add(-2 * time.Second), Looped: now.Add(-2 * time.Second),
	}
}

func deaf(i discovery.InterfaceSeen) discovery.InterfaceSeen {
	i.Looped = time.Time{}
	return i
}

// hears adds other computers with Earshot, last heard so long ago.
func hears(i discovery.InterfaceSeen, ago time.Duration, apps ...string) discovery.InterfaceSeen {
	i.Apps = make(map[netip.Addr]time.Time)
	for _, a := range apps {
		i.Apps[netip.MustParseAddr(a)] = now.Add(-ago)
	}
	return i
}

func network(list ...discovery.InterfaceSeen) discovery.Inspection {
	return discovery.Inspection{Interfaces: list}
}

// codes are the findings' codes, each with its level's first letter.
func codes(list []Finding) string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = string(f.Level[:1]) + ":" + string(f.Code)
	}
	return strings.Join(out, " ")
}

func TestSeen_Findings(t *testing.T) {
	eth, wifi, tun, docker := card("eth0", lan.Ethernet, "10.0.0.5/24"), card("wlan0", lan.WiFi, "10.1.0.5/24"),
		card("tun0", lan.VPN, "10.8.0.2/24"), card("docker0", lan.Virtual, "172.17.0.1/16")
	off := eth
	off.Up, off.Browsed = false, false
	office := network(hears(eth, time.Second, "10.0.0.7"))
	room := []netip.Addr{netip.MustParseAddr("10.0.0.9")}
	through := reach.Result{Port: 7788, TCP: Yes, UDP: Yes, By: "Kim"}
	silent := []discovery.SilentRoom{{
		Source: room[0], Addresses: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:7788")}, Heard: now.Add(-time.Second), Failures: 2,
	}}
	refused := map[string]error{"eth0": errors.New("operation not permitted")}
	ufw := Firewall{Product: "ufw", Multicast: Yes, Port: No, Command: "ufw allow 7788"}
	wall := Firewall{Product: "nftables", Multicast: No, Port: No}
	closed := Firewall{Product: "nftables", Multicast: Unknown, Port: Unknown}

	for _, c := range []struct {
		name string
		seen Seen
		want string
	}{
		{"a room and a way in", Seen{Network: office, Rooms: room, Reach: through}, "g:all_well g:reachable"},
		{"no interface at all", Seen{}, "p:no_network"},
		{"the cable is out", Seen{Network: network(off)}, "p:no_network"},
		{"only a VPN", Seen{Network: network(off, tun)}, "p:only_virtual"},
		{"only containers", Seen{Network: network(docker)}, "p:only_virtual"},
		{"alone", Seen{Network: network(eth)}, "w:nobody_heard"},
		{"alone, and nobody could be asked", Seen{Network: network(eth), Reach: reach.Result{Port: 7788}}, "w:nobody_heard n:nobody_to_ask"},
		{"alone with a VPN", Seen{Network: network(eth, tun)}, "w:vpn_up w:nobody_heard"},
		{"a VPN that does no harm", Seen{Network: network(eth, tun), Rooms: room, Reach: through}, "g:all_well n:vpn_up g:reachable"},
		{"nobody has started a room", Seen{Network: office, Reach: through}, "n:apps_without_rooms g:all_well g:reachable"},
		{"they were here this morning", Seen{Network: network(hears(eth, time.Hour, "10.0.0.7"))}, "w:nobody_heard"},
		{"hosting, with nobody there yet", Seen{Network: office, Hosting: []int{7788}, Reach: through}, "g:all_well g:reachable"},
		{"multicast does not come back", Seen{Network: network(deaf(eth))}, "p:multicast_blocked"},
		{"multicast does not come back on one of two", Seen{Network: network(deaf(eth), wifi)}, "w:multicast_blocked w:nobody_heard"},
		{"multicast cannot be sent", Seen{Network: network(deaf(eth)), Reach: reach.Result{Unsent: refused}}, "p:multicast_not_possible"},
		{"multicast came back an hour ago", Seen{Network: network(func() discovery.InterfaceSeen {
			i := eth
			i.Looped = now.Add(-time.Hour)
			return i
		}())}, "p:multicast_blocked"},
		{"multicast does not come back on the VPN", Seen{Network: network(eth, deaf(tun)), Rooms: room, Reach: through}, "g:all_well n:vpn_up g:reachable"},
		{"it was asked a moment ago", Seen{Network: network(func() discovery.InterfaceSeen {
			i := deaf(eth)
			i.Asked = now.Add(-10 * time.Millisecond)
			return i
		}())}, "w:nobody_heard"},
		{
			"our firewall, proved",
			Seen{Network: network(deaf(eth)), Reach: reach.Result{Port: 7788, TCP: Yes, UDP: Yes, By: "Kim", Unheard: "Kim"}},
			"p:unheard p:multicast_blocked g:reachable",
		},
		{
			"our firewall, proved and found",
			Seen{
				Network: network(deaf(eth)), System: System{Firewalls: []Firewall{wall}},
				Reach: reach.Result{Port: 7788, TCP: No, UDP: No, By: "Kim", Unheard: "Kim"},
			},
			"p:firewall_blocks p:unheard p:multicast_blocked p:tcp_blocked w:udp_blocked",
		},
		{
			"a firewall that nothing bears out",
			Seen{Network: office, Rooms: room, Reach: through, System: System{Firewalls: []Firewall{wall, ufw}}},
			"g:all_well g:reachable",
		},
		{
			"a firewall that nobody could test",
			Seen{Network: office, Rooms: room, Reach: reach.Result{Port: 7788}, System: System{Firewalls: []Firewall{ufw}}},
			"w:firewall_blocks n:nobody_to_ask",
		},
		{
			"a firewall that could not be asked",
			Seen{Network: office, Rooms: room, Reach: reach.Result{Port: 7788}, System: System{Firewalls: []Firewall{closed}}},
			"g:all_well n:firewall_on n:nobody_to_ask",
		},
		{
			"a firewall that could not be asked, and silence",
			Seen{Network: network(deaf(eth)), System: System{Firewalls: []Firewall{closed}}},
			"p:multicast_blocked w:firewall_on",
		},
		{
			"Windows' public network, silent",
			Seen{Network: network(deaf(eth)), System: System{PublicNetworks: []string{"Ethernet"}}},
			"p:public_network p:multicast_blocked",
		},
		{
			"Windows' public network, reached all the same",
			Seen{Network: office, Rooms: room, Reach: through, System: System{PublicNetworks: []string{"Ethernet"}}},
			"g:all_well g:reachable",
		},
		{"macOS permits nothing", Seen{Network: network(deaf(eth)), System: System{LocalNetwork: No}, Reach: reach.Result{Unsent: refused}}, "p:local_network_denied p:multicast_not_possible"},
		{"a room does not answer", Seen{Network: discovery.Inspection{Interfaces: []discovery.InterfaceSeen{eth}, Silent: silent}}, "p:room_silent"},
		{"a room does not answer, another does", Seen{Network: discovery.Inspection{Interfaces: []discovery.InterfaceSeen{eth}, Silent: silent}, Rooms: room}, "p:room_silent"},
		{"our own room does not answer ourselves", Seen{Network: discovery.Inspection{Interfaces: []discovery.InterfaceSeen{card("eth0", lan.Ethernet, "10.0.0.9/24")}, Silent: silent}, Rooms: room}, "g:all_well"},
		{"TCP gets through, UDP cannot be known", Seen{Network: office, Rooms: room, Reach: reach.Result{Port: 7788, TCP: Yes, By: "Kim"}}, "g:all_well g:reachable"},
		{"a flood", Seen{Network: discovery.Inspection{Interfaces: office.Interfaces, Crowded: true}, Rooms: room}, "w:crowded"},
		{"TCP is blocked", Seen{Network: office, Rooms: room, Reach: reach.Result{Port: 7788, TCP: No, UDP: Yes, By: "Kim"}}, "p:tcp_blocked"},
		{"UDP is blocked", Seen{Network: office, Rooms: room, Reach: reach.Result{Port: 7788, TCP: Yes, UDP: No, By: "Kim"}}, "w:udp_blocked"},
		{"UDP is blocked in an empty lobby", Seen{Network: office, Reach: reach.Result{Port: 7788, TCP: Yes, UDP: No, By: "Kim"}}, "n:apps_without_rooms w:udp_blocked"},
		{"others do not hear us", Seen{Network: office, Rooms: room, Reach: reach.Result{Port: 7788, TCP: Yes, UDP: Yes, By: "Kim", NotHearing: "Kim"}}, "p:not_heard_by_others g:reachable"},
		{"the port is taken", Seen{Network: office, Rooms: room, Reach: reach.Result{Port: 7789, Taken: 7788, TCP: Yes, UDP: Yes, By: "Kim"}}, "g:all_well n:port_taken g:reachable"},
		{"no sound", Seen{Network: office, Rooms: room, Reach: through, Sound: Sound{No, No}}, "w:no_microphone w:no_speaker g:reachable"},
		{"no microphone in an empty lobby", Seen{Network: network(eth), Sound: Sound{No, Yes}}, "w:nobody_heard w:no_microphone"},
		{"the microphone is not permitted", Seen{Network: office, Rooms: room, System: System{Microphone: No}}, "w:microphone_denied"},
	} {
		c.seen.Now = now
		report := c.seen.Report()
		if got := codes(report.Findings); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestSeen_ParamsAndActions(t *testing.T) {
	seen := Seen{
		Now: now, Network: network(deaf(card("eth0", lan.Ethernet, "10.0.0.5/24")), deaf(card("wlan0", lan.WiFi, "10.1.0.5/24"))),
		System: System{
			Firewalls: []Firewall{{Product: "ufw", Multicast: No, Port: No, Command: "sudo ufw allow 7788"}},
			Actions:   map[Action]bool{ActionOpenFirewall: true},
		},
	}
	list := seen.Report().Findings
	if got := codes(list); got != "p:firewall_blocks p:multicast_blocked p:multicast_blocked" {
		t.Fatal(got)
	}
	if f := list[0]; f.Params["product"] != "ufw" || f.Params["command"] != "sudo ufw allow 7788" || f.Action != ActionCopyCommand {
		t.Errorf("%+v", f)
	}
	if a, b := list[1], list[2]; a.Params["interface"] != "eth0" || b.Params["interface"] != "wlan0" || a.Action != ActionOpenFirewall {
		t.Errorf("%+v %+v", a, b)
	}
}

func TestSeen_Interfaces(t *testing.T) {
	eth := hears(card("eth0", lan.Ethernet, "10.0.0.5/24"), time.Second, "10.0.0.7", "10.0.0.8", "fe80::7%eth0")
	seen := Seen{
		Now: now, Network: network(eth, deaf(card("wlan0", lan.WiFi, "10.1.0.5/24"))),
		Rooms: []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("fe80::9%eth0"), netip.MustParseAddr("192.168.3.3")},
		Reach: reach.Result{Heard: map[string][]netip.Addr{"eth0": {netip.MustParseAddr("10.0.0.11"), netip.MustParseAddr("10.0.0.7")}}},
	}
	list := seen.Report().Interfaces
	if i := list[0]; i.Apps != 3 || i.Rooms != 2 || i.Multicast != MulticastWorks || !slices.Equal(i.Addresses, []string{"10.0.0.5/24"}) {
		t.Errorf("%+v", i)
	}
	if i := list[1]; i.Apps != 0 || i.Rooms != 0 || i.Multicast != MulticastSilent {
		t.Errorf("%+v", i)
	}
}
