package discovery

import (
	"net/netip"
	"os/exec"
	"testing"
	"time"
)

// liveInspect blocks multicast on one of two networks, and lets another computer ask on the other.
func liveInspect(t *testing.T) {
	noLeaks(t)
	if _, err := exec.LookPath("nft"); err != nil {
		t.Log("skipped: needs nft")
		return
	}
	run(t, "nft", "add table inet f; add chain inet f in { type filter hook input priority 0; }; add rule inet f in iifname eth1 udp dport 5353 drop")
	b := browse(t, Config{})
	other := newComputer(t, "far0", "10.66.0.2/24").link(func(packet) {})
	var seen map[string]InterfaceSeen
	eventually(t, slow, "eth0 seen to work, with another computer on it", func() bool {
		if err := other.send(packQuery(nil)); err != nil {
			t.Fatal(err)
		}
		seen = map[string]InterfaceSeen{}
		for _, i := range b.Inspect().Interfaces {
			seen[i.Name] = i
		}
		_, heard := seen["eth0"].Apps[netip.MustParseAddr("10.66.0.2")]
		return !seen["eth0"].Looped.IsZero() && heard
	})
	eth1 := seen["eth1"]
	if !eth1.Browsed || !eth1.Listening || eth1.Asked.IsZero() || !eth1.Looped.IsZero() || len(eth1.Apps) != 0 {
		t.Errorf("eth1, where a firewall drops it: %+v", eth1)
	}
	if p := b.Status().Problem; p != "" {
		t.Errorf("problem %q although one network works", p)
	}
	run(t, "nft", "delete table inet f")
	time.Sleep(askAgain)
	b.Ask()
	eventually(t, slow, "eth1 seen to work", func() bool {
		for _, i := range b.Inspect().Interfaces {
			if i.Name == "eth1" {
				return !i.Looped.IsZero()
			}
		}
		return false
	})
}
