package discovery

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// street is many computers in one namespace: 10.70.0.2, and every address of 10.70.128.0/17. It speaks by one socket.
type street struct {
	*computer
	conn *ipv4.PacketConn
	said sync.Mutex
}

// newStreet builds a street at the far end of eth0, which gets 10.70.0.1/16. Whenever somebody asks for rooms, answers are sent.
func newStreet(t testing.TB, answers func(s *street)) *street {
	t.Helper()
	run(t, "ip", "addr", "flush", "dev", "eth0")
	run(t, "ip", "addr", "add", "10.70.0.1/16", "dev", "eth0")
	run(t, "ip", "link", "set", "eth1", "down")
	s := &street{computer: newComputer(t, "far0", "10.70.0.2/16")}
	s.ip("route", "add", "local", "10.70.128.0/17", "dev", "lo") // all of them are its own
	s.do(func() {
		i, err := net.InterfaceByName("far0")
		if err != nil {
			t.Error(err)
			return
		}
		c, err := join4(iface{Interface: *i})
		if err != nil {
			t.Error(err)
			return
		}
		s.conn = c.(conn4).PacketConn
	})
	if s.conn == nil {
		t.FailNow()
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, maxPacket)
		for {
			n, _, _, err := s.conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if isQuery(buf[:n]) && answers != nil {
				answers(s)
			}
		}
	})
	t.Cleanup(func() { _ = s.conn.Close(); reading.Wait() })
	return s
}

// say sends one message as one of the street's computers.
func (s *street) say(from netip.Addr, message []byte) {
	s.said.Lock()
	defer s.said.Unlock()
	if _, err := s.conn.WriteTo(message, &ipv4.ControlMessage{Src: from.AsSlice()}, net.UDPAddrFromAddrPort(group4)); err != nil {
		s.t.Log(err)
	}
}

// house is a room in the street that answers.
type house struct {
	*realRoom
	at netip.Addr
	ad Ad
}

func (h house) message(t testing.TB, goodbye bool) []byte {
	t.Helper()
	return adMessage(t, h.ad, goodbye, h.at.String()+"/16")
}

// build opens n rooms: one half of them on one computer, the others each on its own.
func (s *street) build(n int, name string) []house {
	s.t.Helper()
	var rooms []house
	for i := range n {
		at := netip.MustParseAddr("10.70.0.2")
		if i%2 == 1 {
			at = netip.AddrFrom4([4]byte{10, 70, 128, byte(1 + i/2)})
		}
		rooms = append(rooms, s.open(at, fmt.Sprintf("%s%03d", name, i)))
	}
	return rooms
}

func (s *street) open(at netip.Addr, id string) (h house) {
	s.t.Helper()
	var l net.Listener
	s.do(func() {
		var err error
		if l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", at.String()+":0"); err != nil {
			s.t.Error(err)
		}
	})
	if l == nil {
		s.t.FailNow()
	}
	h = house{realRoom: newRoomOn(s.t, l, id, id), at: at}
	h.ad = h.realRoom.ad()
	return h
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// patience multiplies promises under the race detector, which makes cryptography many times slower.
func patience(promised time.Duration) time.Duration {
	if raceDetector {
		return 3 * promised
	}
	return promised
}

// best runs a measurement up to three times, until it keeps what is promised, because this machine may be busy with something else.
func best(t *testing.T, what string, promised time.Duration, measure func() time.Duration) {
	t.Helper()
	var all []time.Duration
	for range 3 {
		all = append(all, measure().Round(time.Millisecond))
		if slices.Min(all) <= patience(promised) {
			t.Logf("%s: %v", what, all)
			return
		}
	}
	t.Errorf("%s: %v, promised %v", what, all, promised)
}

// liveTwoHundred has 200 rooms on 101 computers, and lobbies that open.
func liveTwoHundred(t *testing.T) {
	noLeaks(t)
	var rooms []house
	var mu sync.Mutex
	gone := make(map[string]bool)
	s := newStreet(t, func(s *street) {
		mu.Lock()
		defer mu.Unlock()
		for _, h := range rooms {
			if !gone[h.ad.ID] {
				s.say(h.at, h.message(t, false))
			}
		}
	})
	mu.Lock()
	rooms = s.build(200, "r")
	mu.Unlock()

	best(t, "lobby opened to 200 rooms listed", 2*time.Second, func() time.Duration {
		before := cpu()
		b := Browse(Config{})
		defer b.Close()
		took := eventually(t, 20*time.Second, "200 rooms listed", func() bool { return len(b.Rooms()) == 200 })
		t.Logf("processor time of the lobby and all 200 rooms: %v", cpu()-before)
		if b.Status().Crowded {
			t.Error("called crowded")
		}
		return took
	})

	b := browse(t, Config{})
	eventually(t, 20*time.Second, "200 rooms listed", func() bool { return len(b.Rooms()) == 200 })
	time.Sleep(3 * time.Second)
	before, at := cpu(), time.Now()
	time.Sleep(3 * time.Second)
	t.Logf("200 rooms asked again and again, by one lobby: %.1f %% of a processor, rooms included", 100*float64(cpu()-before)/float64(time.Since(at)))

	next := 0
	take := func() house { next++; return rooms[next*7] }
	leave := func(h house, how func()) time.Duration {
		mu.Lock()
		gone[h.ad.ID] = true
		mu.Unlock()
		start := time.Now()
		how()
		eventually(t, 10*time.Second, "gone", func() bool { return !hasRoom(b, h.ad.Name) })
		return time.Since(start)
	}
	best(t, "killed, to unlisted", 3*time.Second, func() time.Duration { h := take(); return leave(h, h.stop) })
	best(t, "silent, to unlisted", 3*time.Second, func() time.Duration {
		h := take()
		return leave(h, func() { h.hung.Store(true) })
	})
	best(t, "goodbye, to unlisted", 500*time.Millisecond, func() time.Duration {
		h := take()
		return leave(h, func() { s.say(h.at, h.message(t, true)); h.stop() })
	})
	best(t, "somebody enters, to counted", 2*time.Second, func() time.Duration {
		h := take()
		f := *h.facts.Load()
		f.Participants, f.People = 2, []string{"Ada", "Bo"}
		h.facts.Store(&f)
		return eventually(t, 10*time.Second, "counted", func() bool {
			return slices.ContainsFunc(b.Rooms(), func(r Room) bool { return r.Facts.ID == f.ID && r.Facts.Participants == 2 })
		})
	})
}

// liveFlood announces 10,000 rooms that do not exist, from one computer and from ten thousand.
func liveFlood(t *testing.T) {
	noLeaks(t)
	if _, err := exec.LookPath("nft"); err != nil {
		t.Log("skipped: needs nft")
		return
	}
	run(t, "nft", "add table inet f; add chain inet f out { type filter hook output priority 0; }; add rule inet f out oifname eth0 tcp flags syn / syn,ack counter")
	var mu sync.Mutex
	var real []house
	s := newStreet(t, func(s *street) {
		mu.Lock()
		defer mu.Unlock()
		for _, h := range real {
			s.say(h.at, h.message(t, false))
		}
	})
	settle := s.build(20, "real")
	mu.Lock()
	real = settle
	mu.Unlock()
	b := browse(t, Config{})
	eventually(t, slow, "20 rooms listed", func() bool { return len(b.Rooms()) == 20 })

	run(t, "ip", "netns", "exec", s.ns, "nft", "add table inet f; add chain inet f in { type filter hook input priority 0; }; add rule inet f in tcp dport 10 drop")
	for _, flood := range []struct {
		what   string
		port   int // 9 refuses, 10 says nothing
		source func(i int) netip.Addr
	}{
		{"one computer", 9, func(int) netip.Addr { return netip.MustParseAddr("10.70.0.2") }},
		{"many computers", 10, func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 70, 129 + byte(i>>8), byte(i)}) }},
	} {
		start, dialled, heap := time.Now(), syns(t), heapInUse()
		crowded, kept := false, false
		// A machine that is busy with something else cannot tell a silent room from one it had no time for: twice more then.
		for try := 0; try < 3 && !kept; try++ {
			lost := 0
			for i := range 10_000 {
				from := flood.source(i)
				ad := Ad{ID: fmt.Sprintf("%s%d-%d", flood.what[:3], try, i), Fingerprint: fp('a'), Port: flood.port}
				s.say(from, adMessage(t, ad, false, from.String()+"/16"))
				if i%100 == 0 {
					time.Sleep(20 * time.Millisecond) // 5,000 a second
					lost = max(lost, 20-countReal(b))
					crowded = crowded || b.Status().Crowded
				}
			}
			if kept = lost == 0; !kept {
				t.Logf("%s: %d real rooms were not listed for a moment", flood.what, lost)
				eventually(t, slow, "20 rooms listed", func() bool { return countReal(b) == 20 })
			}
		}
		if !kept {
			t.Errorf("%s: real rooms are not listed during a flood", flood.what)
		}
		sent := time.Since(start)
		late := s.open(netip.AddrFrom4([4]byte{10, 70, 250, byte(flood.port)}), "late-"+flood.what[:3])
		mu.Lock()
		real = append(real, late)
		mu.Unlock()
		s.say(late.at, late.message(t, false))
		took := eventually(t, 40*time.Second, "a room that opens after the flood is listed", func() bool { return hasRoom(b, late.ad.ID) })
		elapsed := time.Since(start).Seconds()
		more := float64(syns(t)-dialled) / elapsed
		t.Logf("10,000 rooms of %s in %v: heap %.1f to %.1f MB, %.0f connections dialled a second, a room opened then listed after %v",
			flood.what, sent.Round(time.Millisecond), heap, heapInUse(), more, took.Round(time.Millisecond))
		if !crowded {
			t.Errorf("%s: not said that something was left out", flood.what)
		}
		if grown := heapInUse() - heap; grown > 8 {
			t.Errorf("%s: %.1f MB more", flood.what, grown)
		}
		if most := float64(maxDialsSecond + 50); more > most { // the real rooms are dialled too
			t.Errorf("%s: %.0f connections a second", flood.what, more)
		}
	}
}

func countReal(b *Browser) (n int) {
	for _, name := range roomNames(b.Rooms()) {
		if strings.HasPrefix(name, "real") {
			n++
		}
	}
	return n
}

func heapInUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// syns returns how many connections this computer has begun on eth0.
func syns(t testing.TB) (n int) {
	t.Helper()
	out, err := exec.Command("nft", "-j", "list", "chain", "inet", "f", "out").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Nftables []struct {
			Rule struct {
				Expr []struct{ Counter *struct{ Packets int } }
			}
		}
	}
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Nftables {
		for _, e := range o.Rule.Expr {
			if e.Counter != nil {
				n += e.Counter.Packets
			}
		}
	}
	return n
}
