package discovery

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grandcat/zeroconf"
	"github.com/miekg/dns"

	"github.com/earshot/earshot/sfu/client"
)

// Situations that a plain use of the library gets wrong. Each is given to our lobby or host, which must be right, and to a
// plain one, which must not: when that turns out right, the library has been mended, and what works around it can go.
//
// A situation returns an error that says what is wrong.
type situation func(t *testing.T, w way) error

// way is one way to use the library.
type way struct {
	lobby func(t *testing.T) lobby
	host  func(t *testing.T, ad Ad, host string)
	wait  time.Duration // until what has not happened never will
}

// lobby is a list of rooms.
type lobby interface {
	sees(name string) bool
	reaches(name string) bool // under the address that it would dial
}

var situations = map[string]situation{
	"AnnouncementMissed":   announcementMissed,
	"Goodbye":              goodbye,
	"ChangedTXT":           changedTXT,
	"HostKilled":           hostKilled,
	"InterfaceUpLater":     interfaceUpLater,
	"AddressChanged":       addressChanged,
	"OneNameTwice":         oneNameTwice,
	"UnreachableAddresses": unreachableAddresses,
	"LinkLocalZone":        linkLocalZone,
	"AddressesOfAll":       addressesOfAll,
	"EmptyTXT":             emptyTXT,
	"UndrainedBrowse":      undrainedBrowse,
}

// liveSituation runs one situation both ways.
func liveSituation(t *testing.T, s situation) {
	t.Helper()
	ours := way{lobby: ourLobby, host: ourHost, wait: 25 * time.Second}
	plain := way{lobby: plainLobby, host: plainHost, wait: 7 * time.Second}
	t.Run("ours", func(t *testing.T) {
		noLeaks(t)
		if err := s(t, ours); err != nil {
			t.Error(err)
		}
	})
	run(t, "sh", "-ec", twoNetworks)
	t.Run("plain", func(t *testing.T) {
		err := s(t, plain)
		if err == nil {
			t.Error("the library is right without our help")
		}
		t.Log("the library alone:", err)
	})
}

type ourRooms struct{ *Browser }

func (o ourRooms) sees(name string) bool { return hasRoom(o.Browser, name) }

func (o ourRooms) reaches(name string) bool { return o.sees(name) } // it is listed because it was reached

func ourLobby(t *testing.T) lobby {
	t.Helper()
	return ourRooms{browse(t, Config{})}
}

func ourHost(t *testing.T, ad Ad, _ string) {
	t.Helper()
	advertise(t, ad)
}

// plainRooms is the library's list as its documentation makes one.
type plainRooms struct {
	mu      sync.Mutex
	entries map[string]*zeroconf.ServiceEntry
}

func plainLobby(t *testing.T) lobby {
	t.Helper()
	p := &plainRooms{entries: make(map[string]*zeroconf.ServiceEntry)}
	resolver, err := zeroconf.NewResolver(nil)
	if err != nil {
		t.Log("no resolver:", err)
		return p
	}
	entries := make(chan *zeroconf.ServiceEntry)
	go func() {
		for e := range entries {
			p.mu.Lock()
			p.entries[e.Instance] = e
			p.mu.Unlock()
		}
	}()
	if err := resolver.Browse(t.Context(), service, domain, entries); err != nil {
		t.Log("not browsing:", err)
	}
	return p
}

func (p *plainRooms) find(name string) (found []*zeroconf.ServiceEntry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if slices.Contains(e.Text, "name="+name) {
			found = append(found, e)
		}
	}
	return found
}

func (p *plainRooms) sees(name string) bool { return len(p.find(name)) > 0 }

func (p *plainRooms) reaches(name string) bool {
	for _, e := range p.find(name) {
		address := ""
		switch {
		case len(e.AddrIPv4) > 0:
			address = fmt.Sprintf("%s:%d", e.AddrIPv4[0], e.Port)
		case len(e.AddrIPv6) > 0:
			address = fmt.Sprintf("[%s]:%d", e.AddrIPv6[0], e.Port)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := client.FetchFacts(ctx, address, "")
		cancel()
		if err == nil {
			return true
		}
	}
	return false
}

func plainHost(t *testing.T, ad Ad, host string) {
	t.Helper()
	var text []string
	if ad.Name != "" {
		text = ad.txt()
	}
	var server *zeroconf.Server
	var err error
	if host == "" {
		server, err = zeroconf.Register(ad.label(), service, domain, ad.Port, text, nil)
	} else {
		server, err = zeroconf.RegisterProxy(ad.Name, service, domain, ad.Port, host, []string{"10.66.0.1"}, text, nil)
	}
	if err != nil {
		t.Log("not registered:", err)
		return
	}
	time.Sleep(settle)
	t.Cleanup(server.Shutdown)
}

// within waits until what holds, as long as the way of doing it may take.
func (w way) within(what string, holds func() bool) error {
	for deadline := time.Now().Add(w.wait); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v: %s", w.wait, what) //nolint:err113 // of a test
		}
	}
	return nil
}

// newQuietStreet has rooms that answer queries and never announce.
func newQuietStreet(t *testing.T, names ...string) (s *street, rooms func() []house, open func(name string) house) {
	t.Helper()
	var mu sync.Mutex
	var list []house
	s = newStreet(t, func(s *street) {
		mu.Lock()
		defer mu.Unlock()
		for _, h := range list {
			s.say(h.at, h.message(t, false))
		}
	})
	open = func(name string) house {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, s.open(netip.AddrFrom4([4]byte{10, 70, 128, byte(1 + len(list))}), name))
		return list[len(list)-1]
	}
	for _, n := range names {
		open(n)
	}
	return s, func() []house { mu.Lock(); defer mu.Unlock(); return slices.Clone(list) }, open
}

// Defect 1: the library stops asking after its first find.
func announcementMissed(t *testing.T, w way) error {
	t.Helper()
	_, _, open := newQuietStreet(t, "first")
	l := w.lobby(t)
	if err := w.within("the first room seen", func() bool { return l.sees("first") }); err != nil {
		return err
	}
	open("second") // nobody hears of it
	return w.within("a room whose announcements were missed seen", func() bool { return l.sees("second") })
}

// Defect 3: goodbyes never reach the subscriber.
func goodbye(t *testing.T, w way) error {
	t.Helper()
	s, rooms, _ := newQuietStreet(t, "Standup")
	l := w.lobby(t)
	if err := w.within("seen", func() bool { return l.sees("Standup") }); err != nil {
		return err
	}
	h := rooms()[0]
	s.say(h.at, h.message(t, true))
	h.stop()
	return w.within("gone after its goodbye", func() bool { return !l.sees("Standup") })
}

// Defect 3: nor do changes.
func changedTXT(t *testing.T, w way) error {
	t.Helper()
	s, rooms, _ := newQuietStreet(t, "Standup")
	l := w.lobby(t)
	if err := w.within("seen", func() bool { return l.sees("Standup") }); err != nil {
		return err
	}
	h := rooms()[0]
	f := *h.facts.Load()
	f.Name = "Retro"
	h.facts.Store(&f)
	h.ad.Name = "Retro"
	s.say(h.at, h.message(t, false))
	return w.within("seen under its new name", func() bool { return l.sees("Retro") && !l.sees("Standup") })
}

// Defect 4: nothing expires.
func hostKilled(t *testing.T, w way) error {
	t.Helper()
	s, rooms, _ := newQuietStreet(t, "Standup")
	l := w.lobby(t)
	if err := w.within("seen", func() bool { return l.sees("Standup") }); err != nil {
		return err
	}
	_ = s.conn.Close() // no goodbye, no answer
	rooms()[0].stop()
	return w.within("gone after its host was killed", func() bool { return !l.sees("Standup") })
}

// Defect 5: interfaces are fixed at the start; none up is an error.
func interfaceUpLater(t *testing.T, w way) error {
	t.Helper()
	run(t, "ip", "link", "set", "eth0", "down")
	run(t, "ip", "link", "set", "eth1", "down")
	l := w.lobby(t)
	r := newRoom(t, ":0", "r1", "Standup")
	w.host(t, r.ad(), "")
	time.Sleep(300 * time.Millisecond)
	run(t, "ip", "link", "set", "eth0", "up")
	return w.within("seen after the network came up", func() bool { return l.sees("Standup") })
}

// Defect 6: after an address change the old one is advertised.
func addressChanged(t *testing.T, w way) error {
	t.Helper()
	r := newRoom(t, ":0", "r1", "Standup")
	w.host(t, r.ad(), "")
	far := newListener(t)
	if err := w.within("advertised", func() bool { return far.advertises("10.66.0.1") }); err != nil {
		return err
	}
	run(t, "ip", "addr", "del", "10.66.0.1/24", "dev", "eth0")
	start := time.Now()
	run(t, "ip", "addr", "add", "10.66.0.99/24", "dev", "eth0")
	if err := w.within("the new address advertised", func() bool { return far.advertises("10.66.0.99") }); err != nil {
		return err
	}
	t.Logf("new address to advertised: %v", time.Since(start))
	far.forget()
	if err := far.link.send(packQuery(nil)); err != nil {
		return err
	}
	if err := w.within("an answer", func() bool { return far.advertises("10.66.0.99") }); err != nil {
		return err
	}
	if far.advertises("10.66.0.1") {
		return fmt.Errorf("the old address is still advertised") //nolint:err113,perfsprint // of a test
	}
	return nil
}

// Defect 7: two rooms of one instance name hide each other, two hosts of one name mix their addresses.
func oneNameTwice(t *testing.T, w way) error {
	t.Helper()
	l := w.lobby(t)
	for _, id := range []string{"r1", "r2"} {
		w.host(t, newRoom(t, ":0", id, "Standup").ad(), "laptop")
	}
	return w.within("both rooms of one name seen", func() bool {
		switch l := l.(type) {
		case ourRooms:
			return len(l.Rooms()) == 2
		case *plainRooms:
			return len(l.find("Standup")) == 2
		}
		return false
	})
}

// Defect 8, seen from the lobby: addresses are advertised that lead nowhere from here. The plain lobby takes the first.
func unreachableAddresses(t *testing.T, w way) error {
	t.Helper()
	s := newStreet(t, nil)
	h := s.open(netip.MustParseAddr("10.70.0.2"), "Standup")
	l := w.lobby(t)
	time.Sleep(100 * time.Millisecond)
	s.say(h.at, adMessage(t, h.ad, false, "172.31.255.1/16", "10.123.4.5/16", "10.70.0.2/16", "192.168.99.1/24"))
	return w.within("reached among unreachable addresses", func() bool { return l.reaches("Standup") })
}

// Defect 8, seen on the wire: every address is advertised on every interface.
func addressesOfAll(t *testing.T, w way) error {
	t.Helper()
	far := newListener(t)
	r := newRoom(t, ":0", "r1", "Standup")
	w.host(t, r.ad(), "")
	if err := w.within("advertised", func() bool { return far.advertises("10.66.0.1") }); err != nil {
		return err
	}
	if far.advertises("10.67.0.1") {
		return fmt.Errorf("the address of eth1 is advertised on eth0") //nolint:err113,perfsprint // of a test
	}
	return nil
}

// Defect 9: fe80:: comes without its zone.
func linkLocalZone(t *testing.T, w way) error {
	t.Helper()
	run(t, "ip", "-4", "addr", "flush", "dev", "eth0")
	run(t, "ip", "link", "set", "eth1", "down")
	r := newRoom(t, ":0", "r1", "Standup")
	w.host(t, r.ad(), "")
	l := w.lobby(t)
	return w.within("reached by its link-local address", func() bool { return l.reaches("Standup") })
}

// Defect 11: an empty TXT record is malformed (RFC 6763 §6.1: it has at least one string, if an empty one).
func emptyTXT(t *testing.T, w way) error {
	t.Helper()
	far := newListener(t)
	w.host(t, Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}, "")
	var strings int
	err := w.within("a TXT record advertised", func() bool {
		for _, rr := range far.records() {
			if txt, ok := rr.(*dns.TXT); ok {
				strings = len(txt.Txt)
				return true
			}
		}
		return false
	})
	if err == nil && strings == 0 {
		err = fmt.Errorf("a TXT record without a string") //nolint:err113,perfsprint // of a test
	}
	return err
}

// Defect 12: entries that nobody takes keep a goroutine and its sockets for ever.
func undrainedBrowse(t *testing.T, w way) error {
	t.Helper()
	newQuietStreet(t, "r1", "r2", "r3")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := openFiles(t)
	for range 5 {
		if w.wait > 10*time.Second { // ours
			r := round{ctx: ctx, ifaces: someInterfaces(t), wait: 30 * time.Millisecond, log: Config{}.withDefaults().Logger}
			queryByLibrary(r, func(announcement) { time.Sleep(50 * time.Millisecond) })
			continue
		}
		resolver, err := zeroconf.NewResolver(nil)
		if err != nil {
			return err
		}
		look, done := context.WithTimeout(ctx, 30*time.Millisecond)
		entries := make(chan *zeroconf.ServiceEntry)
		if err := resolver.Browse(look, service, domain, entries); err != nil {
			t.Log(err)
		}
		<-entries // one is all it wanted
		<-look.Done()
		done()
	}
	return w.within("all sockets closed", func() bool { return openFiles(t) <= before })
}

// listener is what a computer at the far end of eth0 hears.
type listener struct {
	link *link
	mu   sync.Mutex
	all  []dns.RR
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := new(listener)
	l.link = newComputer(t, "far0", "10.66.0.2/24").link(func(p packet) {
		var msg dns.Msg
		if msg.Unpack(p.data) != nil || !msg.Response {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(append(l.all, msg.Answer...), msg.Extra...)
	})
	return l
}

func (l *listener) forget() { l.mu.Lock(); l.all = nil; l.mu.Unlock() }

func (l *listener) records() []dns.RR { l.mu.Lock(); defer l.mu.Unlock(); return slices.Clone(l.all) }

func (l *listener) advertises(address string) bool {
	return slices.ContainsFunc(l.records(), func(rr dns.RR) bool {
		a, ok := rr.(*dns.A)
		return ok && a.Hdr.Ttl > 0 && a.A.String() == address
	})
}

func someInterfaces(t *testing.T) []iface {
	t.Helper()
	all, err := systemInterfaces()
	if err != nil {
		t.Fatal(err)
	}
	return usable(all)
}

// openFiles returns how many sockets this program has open.
func openFiles(t *testing.T) (n int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
