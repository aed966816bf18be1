package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/earshot/earshot/sfu/client"
)

// fakeNet is a network without sockets, for the bubbles of testing/synctest: interfaces, packets and rooms by hand.
type fakeNet struct {
	mu     sync.Mutex
	ifaces []iface
	err    error
	heard  map[string]func(packet)
	rounds []round
	answer *announcement // what a room says to queries
	mute   bool          // our own queries do not come back
	up     map[string]bool
	open   atomic.Int32 // probers
	dialed atomic.Int32
	joined atomic.Int32 // listeners
	still  atomic.Int64 // the next look at the interfaces takes so long: as if this computer slept
}

func (n *fakeNet) config() Config {
	n.heard, n.up = make(map[string]func(packet)), make(map[string]bool)
	return Config{
		interfaces: func() ([]iface, error) {
			time.Sleep(time.Duration(n.still.Swap(0)))
			n.mu.Lock()
			defer n.mu.Unlock()
			return n.ifaces, n.err
		},
		open: func(i iface, heard func(packet)) (*link, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.joined.Add(1)
			n.heard[i.Name] = heard
			return silentLink(i), nil
		},
		round: func(r round, found func(announcement)) {
			n.mu.Lock()
			n.rounds = append(n.rounds, r)
			mute, answer := n.mute, n.answer
			n.mu.Unlock()
			if answer != nil {
				found(*answer)
			}
			if !mute {
				n.packetFrom("10.1.0.9", r.ifaces[0], packQuery(nil))
			}
			noRound(r, found)
		},
		dial: func(address, fingerprint string) prober {
			n.open.Add(1)
			n.dialed.Add(1)
			return &fakeProber{n, address, fingerprint}
		},
	}
}

func (n *fakeNet) set(ifaces ...iface) { n.mu.Lock(); n.ifaces = ifaces; n.mu.Unlock() }

func (n *fakeNet) packet(i iface, data []byte) { n.packetFrom(sender.String(), i, data) }

func (n *fakeNet) packetFrom(source string, i iface, data []byte) {
	n.mu.Lock()
	heard := n.heard[i.Name]
	n.mu.Unlock()
	heard(packet{iface: i, source: netip.MustParseAddr(source), data: data})
}

func (n *fakeNet) turn(address string, up bool) { n.mu.Lock(); n.up[address] = up; n.mu.Unlock() }

// fakeProber answers as room "r1" while its address is up, and is silent otherwise.
type fakeProber struct {
	n                    *fakeNet
	address, fingerprint string
}

func (p *fakeProber) Close() { p.n.open.Add(-1) }

func (p *fakeProber) Facts(ctx context.Context) (client.Facts, error) {
	p.n.mu.Lock()
	up := p.n.up[p.address]
	p.n.mu.Unlock()
	if !up {
		<-ctx.Done()
		return client.Facts{}, ctx.Err()
	}
	return client.Facts{RoomFacts: facts("r1", "Standup"), Fingerprint: p.fingerprint}, nil
}

func TestBrowser_NoNetworkIsAStateAndItRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		b := Browse(n.config())
		defer b.Close()
		synctest.Wait()
		if s := b.Status(); s.Problem != ProblemNoNetwork || len(s.Interfaces) != 0 {
			t.Fatalf("without a network: %+v", s)
		}
		<-b.Changed()
		n.set(office)
		n.turn("10.1.0.2:7788", true)
		time.Sleep(1100 * time.Millisecond)
		if s := b.Status(); s.Problem != "" || fmt.Sprint(s.Interfaces) != "[eth0]" {
			t.Fatalf("with a network: %+v", s)
		}
		<-b.Changed()
		n.packet(office, adMessage(t, Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}, false, "10.1.0.2/16"))
		synctest.Wait()
		if rooms := b.Rooms(); len(rooms) != 1 || rooms[0].Address != "10.1.0.2:7788" {
			t.Fatalf("rooms %+v", rooms)
		}
		<-b.Changed()
		n.set()
		n.turn("10.1.0.2:7788", false)
		time.Sleep(4 * time.Second)
		if s := b.Status(); s.Problem != ProblemNoNetwork || len(b.Rooms()) != 0 {
			t.Fatalf("after the network went: %+v %+v", s, b.Rooms())
		}
	})
}

func TestBrowser_SilentDeathGoodbyeAndForgery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		ad := Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}
		hello, bye := adMessage(t, ad, false, "10.1.0.2/16"), adMessage(t, ad, true)
		n.turn("10.1.0.2:7788", true)
		synctest.Wait()
		n.packet(office, hello)
		synctest.Wait()
		if !hasRoom(b, "Standup") {
			t.Fatal("not listed")
		}
		<-b.Changed()
		for range 20 {
			n.packet(office, bye)
			time.Sleep(100 * time.Millisecond)
			if !hasRoom(b, "Standup") {
				t.Fatal("a forged goodbye hid it")
			}
		}
		time.Sleep(10 * time.Second)

		n.turn("10.1.0.2:7788", false)
		n.packet(office, bye)
		time.Sleep(leavingKeep + leavingDial + 10*time.Millisecond)
		if hasRoom(b, "Standup") {
			t.Fatal("listed after its goodbye and silence")
		}
		n.turn("10.1.0.2:7788", true)
		n.packet(office, hello)
		time.Sleep(2 * time.Second)
		if !hasRoom(b, "Standup") {
			t.Fatal("not listed again")
		}
		n.turn("10.1.0.2:7788", false)
		time.Sleep(1500 * time.Millisecond)
		if !hasRoom(b, "Standup") {
			t.Fatal("one slow answer unlisted it")
		}
		time.Sleep(1500 * time.Millisecond)
		if hasRoom(b, "Standup") {
			t.Fatal("listed 3 s after its silent death")
		}
	})
}

func TestBrowser_SaysWhenMulticastDoesNotWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := fakeNet{mute: true}
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		time.Sleep(time.Second)
		if s := b.Status(); s.Problem != "" {
			t.Fatalf("after one round: %+v", s)
		}
		time.Sleep(4 * time.Second)
		if s := b.Status(); s.Problem != ProblemNoMulticast {
			t.Fatalf("after two rounds without an echo: %+v", s)
		}
		n.mu.Lock()
		n.mute = false
		n.mu.Unlock()
		time.Sleep(20 * time.Second)
		if s := b.Status(); s.Problem != "" {
			t.Fatalf("after an echo: %+v", s)
		}
	})
}

func TestBrowser_QueriesGetRareAndStartAnewWithTheNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		count := func() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.rounds) }
		time.Sleep(10 * time.Second)
		if c := count(); c != 4 { // at 0, 1, 3 and 7 s
			t.Errorf("%d rounds in the first 10 s", c)
		}
		time.Sleep(5 * time.Minute)
		before := count()
		time.Sleep(5 * time.Minute)
		if c := count() - before; c != 20 {
			t.Errorf("%d rounds in 5 idle minutes", c)
		}
		before = count()
		moved := office
		moved.prefixes = slices.Clone(office.prefixes[:1])
		n.set(moved)
		time.Sleep(1100 * time.Millisecond)
		if c := count() - before; c != 1 && c != 2 {
			t.Errorf("%d rounds after the addresses changed", c)
		}
		n.mu.Lock()
		if r := n.rounds[len(n.rounds)-1]; r.turn > 1 || len(r.ifaces[0].prefixes) != 1 {
			t.Errorf("the round after the change: %+v", r)
		}
		n.mu.Unlock()
	})
}

func TestBrowser_LobbiesTakeTurnsToAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		count := func() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.rounds) }
		time.Sleep(time.Minute)
		before := count()
		for range 60 { // another lobby asks every 5 s
			n.packet(office, packQuery(nil))
			time.Sleep(5 * time.Second)
		}
		// Alone it would have been 20; but nobody can keep it from asking once in four BrowseMax.
		if c := count() - before; c < 4 || c > 6 {
			t.Errorf("%d rounds in 5 minutes beside another lobby", c)
		}
	})
}

func TestBrowser_KeepsItsInterfacesWhileTheyCannotBeListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		time.Sleep(time.Second)
		n.mu.Lock()
		n.err, n.ifaces = errors.New("no"), nil
		n.mu.Unlock()
		time.Sleep(5 * time.Second)
		if s := b.Status(); fmt.Sprint(s.Interfaces) != "[eth0]" {
			t.Errorf("status %+v", s)
		}
	})
}

func TestBrowser_CloseWaitsAndLeavesNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a goroutine left in the bubble fails the test
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		n.turn("10.1.0.2:7788", true)
		synctest.Wait()
		for i, addr := range []string{"10.1.0.2", "10.1.0.3", "10.1.0.4"} {
			n.packet(office, adMessage(t, Ad{ID: "r1", Fingerprint: fp('a' + byte(i)), Port: 7788}, false, addr+"/16"))
		}
		time.Sleep(300 * time.Millisecond)
		b.Close()
		b.Close()
		if open := n.open.Load(); open != 0 {
			t.Errorf("%d connections left", open)
		}
	})
}

func TestBrowser_ResultsAreCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		n.turn("10.1.0.2:7788", true)
		synctest.Wait()
		n.packet(office, adMessage(t, Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}, false, "10.1.0.2/16"))
		synctest.Wait()
		rooms, status := b.Rooms(), b.Status()
		rooms[0].Facts.People[0], rooms[0].Addresses[0], status.Interfaces[0] = "X", "X", "X"
		if r := b.Rooms()[0]; r.Facts.People[0] != "Ada" || r.Addresses[0] == "X" || b.Status().Interfaces[0] == "X" {
			t.Error("the caller's changes reach the browser")
		}
	})
}

// The library's own search ends after 15 minutes.
func TestBrowser_FindsRoomsWhenItIsOlderThanAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		time.Sleep(3 * time.Hour)
		a := claim(1, "10.1.0.2", "10.1.0.2:7788") // its announcements were all missed: it only answers
		n.turn("10.1.0.2:7788", true)
		n.mu.Lock()
		n.answer = &a
		n.mu.Unlock()
		time.Sleep(b.cfg.BrowseMax + time.Second)
		if !hasRoom(b, "Standup") {
			t.Error("not listed")
		}
	})
}
