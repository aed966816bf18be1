package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/earshot/earshot/internal/lan"
)

func TestInspect_TellsEachInterfaceApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const up = net.FlagUp | net.FlagRunning | net.FlagMulticast
		second := testIface(8, "wlan0", up, "10.1.0.10/16") // in the same network as office
		tunnel := testIface(9, "tun0", net.FlagUp|net.FlagRunning|net.FlagPointToPoint, "10.8.0.2/24")
		dead := testIface(10, "eth9", net.FlagUp|net.FlagMulticast, "10.9.0.1/24")
		var n fakeNet
		n.set(lo, office, second, tunnel, dead)
		b := Browse(n.config())
		defer b.Close()
		time.Sleep(10 * time.Second) // the fake network lets queries come back on eth0 alone
		n.packetFrom("10.1.0.9", second, packQuery(nil))
		n.packetFrom("10.1.0.77", second, packQuery(nil))
		synctest.Wait()
		now := time.Now()
		in := b.Inspect()
		if len(in.Interfaces) != 4 {
			t.Fatalf("%+v", in.Interfaces)
		}
		eth0, wlan0, tun0, eth9 := in.Interfaces[0], in.Interfaces[1], in.Interfaces[2], in.Interfaces[3]
		if !eth0.Up || !eth0.Multicast || !eth0.Browsed || !eth0.Listening || eth0.Kind != lan.Ethernet || fmt.Sprint(eth0.Prefixes) != "[10.1.0.9/16 fe80::9/64]" {
			t.Errorf("eth0: %+v", eth0)
		}
		if eth0.Asked.IsZero() || eth0.Looped.Before(eth0.Asked) || len(eth0.Apps) != 0 {
			t.Errorf("eth0, whose queries come back: %+v", eth0)
		}
		if wlan0.Asked.IsZero() || !wlan0.Looped.IsZero() {
			t.Errorf("wlan0, whose own queries do not come back: %+v", wlan0)
		}
		if len(wlan0.Apps) != 1 || wlan0.Apps[netip.MustParseAddr("10.1.0.77")] != now {
			t.Errorf("who asked on wlan0: %v", wlan0.Apps)
		}
		if !tun0.Up || tun0.Multicast || tun0.Browsed || tun0.Listening || tun0.Kind != lan.VPN {
			t.Errorf("tun0: %+v", tun0)
		}
		if eth9.Up || eth9.Browsed || !eth9.Asked.IsZero() {
			t.Errorf("eth9, without a carrier: %+v", eth9)
		}

		n.set(lo, office) // what was seen belongs to the network that was
		time.Sleep(300 * time.Millisecond)
		if in := b.Inspect(); len(in.Interfaces) != 1 || len(in.Interfaces[0].Apps) != 0 || in.Interfaces[0].Asked.Before(now) {
			t.Errorf("after the network changed: %+v", in.Interfaces)
		}
	})
}

func TestInspect_AsksAnewForSightingsOfNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		time.Sleep(10 * time.Minute)
		before := time.Now()
		for range 100 {
			b.Ask()
		}
		time.Sleep(500 * time.Millisecond)
		if eth0 := b.Inspect().Interfaces[0]; eth0.Asked.Before(before) || eth0.Looped.Before(before) {
			t.Errorf("not asked anew: %+v", eth0)
		}
		n.mu.Lock()
		n.mute = true
		n.mu.Unlock()
		time.Sleep(askAgain)
		before = time.Now()
		b.Ask()
		time.Sleep(500 * time.Millisecond)
		if eth0 := b.Inspect().Interfaces[0]; eth0.Asked.Before(before) || !eth0.Looped.Before(before) {
			t.Errorf("blocked meanwhile: %+v", eth0)
		}
	})
}

func TestInspect_NamesRoomsThatDoNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		synctest.Wait()
		for i := range 40 {
			n.packetFrom(fmt.Sprintf("10.1.1.%d", i), office, adMessage(t, Ad{ID: fmt.Sprintf("s%d", i), Fingerprint: fp('a'), Port: 7788}, false, fmt.Sprintf("10.1.1.%d/16", i)))
			time.Sleep(10 * time.Millisecond)
		}
		n.turn("10.1.0.2:7788", true)
		n.packet(office, adMessage(t, Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}, false, "10.1.0.2/16"))
		time.Sleep(10 * time.Second)
		silent := b.Inspect().Silent
		if len(silent) != maxSilent {
			t.Fatalf("%d silent rooms", len(silent))
		}
		if s := silent[0]; s.Source != netip.MustParseAddr("10.1.1.39") || fmt.Sprint(s.Addresses) != "[10.1.1.39:7788]" || s.Failures == 0 || s.Heard.IsZero() {
			t.Errorf("the latest: %+v", s)
		}
		for _, s := range silent {
			if s.Source == sender {
				t.Errorf("a room that answers is said to be silent: %+v", s)
			}
		}
	})
}

func TestInspect_IsBounded(t *testing.T) {
	var s sights
	s.reset([]iface{office})
	now := time.Unix(1e9, 0)
	for i := range 10_000 {
		s.heard(office, netip.AddrFrom4([4]byte{10, 2, byte(i >> 8), byte(i)}), now.Add(time.Duration(i)))
	}
	on := s.snapshot()[office.Index]
	if len(on.apps) != maxApps {
		t.Errorf("%d apps", len(on.apps))
	}
	if _, latest := on.apps[netip.MustParseAddr("10.2.39.15")]; !latest { // 9999
		t.Error("the latest was dropped")
	}
}

func TestInspect_AfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		b.Close()
		b.Ask()
		if in := b.Inspect(); len(in.Interfaces) != 1 || in.Interfaces[0].Browsed {
			t.Errorf("%+v", in)
		}
	})
}

func TestTracker_SilentRoomsAreThoseThatDidNotSayGoodbye(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(5*time.Second, no)
	if silent := c.silent(); len(silent) != 1 || silent[0].Failures < 2 {
		t.Fatalf("never answered: %+v", silent)
	}
	c.run(time.Minute, yes)
	if silent := c.silent(); len(silent) != 0 {
		t.Fatalf("answers: %+v", silent)
	}
	c.say(announcement{instance: "i1", goodbye: true})
	c.run(10*time.Second, no)
	if silent := c.silent(); len(c.list()) != 0 || len(silent) != 0 {
		t.Errorf("said goodbye: %+v", silent)
	}
}
