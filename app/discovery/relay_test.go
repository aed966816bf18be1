package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/earshot/earshot/sfu/signal"
)

const plugged = net.FlagUp | net.FlagRunning | net.FlagMulticast | net.FlagBroadcast

// The two networks of a computer that stands in both, and what leads nowhere.
var (
	upstairs   = testIface(2, "eth0", plugged, "10.2.0.9/24", "fe80::9/64")
	downstairs = testIface(3, "eth1", plugged, "10.3.0.9/24", "fe80::a/64")
	containers = testIface(4, "docker0", plugged, "172.17.0.1/16")
)

// building is the computer that stands in several networks: what is said in them, and what it says.
type building struct {
	mu    sync.Mutex
	heard map[int]func(packet)
	sent  map[int][][]byte
}

type wire struct {
	in *building
	on int
}

var errClosedWire = errors.New("closed")

func (w wire) read([]byte) (int, netip.AddrPort, int, netip.Addr, error) {
	return 0, netip.AddrPort{}, 0, netip.Addr{}, errClosedWire
}

func (w wire) send(b []byte) error {
	w.in.mu.Lock()
	defer w.in.mu.Unlock()
	w.in.sent[w.on] = append(w.in.sent[w.on], b)
	return nil
}

func (w wire) Close() error { return nil }

// say brings a packet in by an interface.
func (b *building) say(i iface, source string, data []byte) {
	b.mu.Lock()
	heard := b.heard[i.Index]
	b.mu.Unlock()
	heard(packet{i, netip.MustParseAddr(source), data})
}

// passed returns the records that were passed on by an interface.
func (b *building) passed(on iface) (out []signal.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, data := range b.sent[on.Index] {
		var msg dns.Msg
		if msg.Unpack(data) != nil || !msg.Response {
			continue
		}
		for _, rr := range msg.Answer {
			if txt, ok := rr.(*dns.TXT); ok && strings.HasSuffix(txt.Hdr.Name, farName) {
				if r, err := signal.ReadRecord(strings.Join(txt.Txt, "")); err == nil {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// enter opens a lobby on a computer with these interfaces.
func enter(t *testing.T, passOn func() bool, ifaces ...iface) (*building, *Browser) {
	t.Helper()
	in := &building{heard: make(map[int]func(packet)), sent: make(map[int][][]byte)}
	b := Browse(Config{
		interfaces: func() ([]iface, error) { return ifaces, nil }, round: noRound, PassOn: passOn,
		open: func(i iface, heard func(packet)) (*link, error) {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.heard[i.Index] = heard
			return &link{iface: i, conns: []groupConn{wire{in, i.Index}}}, nil
		},
	})
	t.Cleanup(b.Close)
	eventually(t, 5*time.Second, "all links are open", func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return len(in.heard) == len(ifaces)
	})
	return in, b
}

// farRoom is a room whose host stands at 10.3.0.4 downstairs, and answers on loopback.
func farRoom(t *testing.T, in *building, b *Browser, on iface) *realRoom {
	t.Helper()
	room := newRoom(t, "127.0.0.1:0", "room1", "Kitchen")
	room.record.Store(sign2(t, room, 1, "10.3.0.4:7788"))
	in.announce(t, room, on)
	eventually(t, 10*time.Second, "the room is listed", func() bool { return hasRoom(b, "Kitchen") })
	return room
}

func sign2(t testing.TB, room *realRoom, serial uint64, address string) *string {
	t.Helper()
	text := sign(t, room.key, room.facts.Load().ID, 1, serial, address)
	return &text
}

// announce says that the room is at its loopback address, which counts as on-link here.
func (b *building) announce(t *testing.T, room *realRoom, on iface) {
	t.Helper()
	i := on
	i.Flags |= net.FlagLoopback // only there may an announcement name loopback
	b.mu.Lock()
	heard := b.heard[on.Index]
	b.mu.Unlock()
	heard(packet{i, netip.MustParseAddr("127.0.0.1"), adMessage(t, room.ad(), false, "127.0.0.1/8")})
}

func always() bool { return true }

func TestRelay_PassesOnWhatItHearsInOneNetworkToTheOther(t *testing.T) {
	noLeaks(t)
	in, b := enter(t, always, upstairs, downstairs, containers)
	room := farRoom(t, in, b, downstairs)
	eventually(t, 5*time.Second, "it is new upstairs", func() bool { return len(in.passed(upstairs)) == 1 })
	r := in.passed(upstairs)[0]
	if r.Fingerprint != room.fingerprint || r.RoomID != "room1" || r.Addresses[0].String() != "10.3.0.4:7788" {
		t.Errorf("%+v", r)
	}
	// Somebody asks who does not know it; then somebody who does.
	time.Sleep(relayAgain)
	in.say(upstairs, "10.2.0.5", packQuery(nil))
	eventually(t, 5*time.Second, "whoever asks upstairs is told", func() bool { return len(in.passed(upstairs)) == 2 })
	time.Sleep(relayAgain)
	in.say(upstairs, "10.2.0.6", packQuery([]pointer{{roomKey{"room1", room.fingerprint}.instance(), time.Hour}}))
	in.say(downstairs, "10.3.0.6", packQuery(nil))
	in.say(upstairs, "10.2.0.9", packQuery(nil)) // this computer itself
	time.Sleep(2 * relayDelayMax)
	if n := len(in.passed(upstairs)); n != 2 {
		t.Errorf("%d records upstairs", n)
	}
	if len(in.passed(downstairs)) != 0 || len(in.passed(containers)) != 0 {
		t.Errorf("%d downstairs, %d into containers", len(in.passed(downstairs)), len(in.passed(containers)))
	}
	// Once it has ended nobody is told of it.
	room.stop()
	eventually(t, 10*time.Second, "the room is gone", func() bool { return len(b.Rooms()) == 0 })
	in.say(upstairs, "10.2.0.5", packQuery(nil))
	time.Sleep(2 * relayDelayMax)
	if n := len(in.passed(upstairs)); n != 2 {
		t.Errorf("%d records upstairs after its end", n)
	}
}

func TestRelay_LeavesAloneWhatOthersSay(t *testing.T) {
	noLeaks(t)
	for name, before := range map[string]func(in *building, room *realRoom){
		"heard there from the host itself": func(in *building, room *realRoom) { in.announce(t, room, upstairs) },
		"just passed on by another one": func(in *building, room *realRoom) {
			in.say(upstairs, "10.2.0.77", far(t, *room.record.Load()).data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			in, b := enter(t, func() bool { return len(name) > 0 }, upstairs, downstairs)
			room := newRoom(t, "127.0.0.1:0", "room1", "Kitchen")
			room.record.Store(sign2(t, room, 1, "10.3.0.4:7788"))
			in.announce(t, room, downstairs)
			before(in, room)
			eventually(t, 10*time.Second, "the room is listed", func() bool { return hasRoom(b, "Kitchen") })
			in.say(upstairs, "10.2.0.5", packQuery(nil))
			time.Sleep(3 * relayDelayMax)
			if n := len(in.passed(upstairs)); n != 0 {
				t.Errorf("%d records", n)
			}
		})
	}
}

func TestRelay_DoesNothing(t *testing.T) {
	noLeaks(t)
	beside := testIface(5, "wlan0", plugged, "10.3.0.10/24")
	for name, c := range map[string]struct {
		passOn func() bool
		ifaces []iface
	}{
		"switched off":                {func() bool { return false }, []iface{upstairs, downstairs}},
		"not asked to":                {nil, []iface{upstairs, downstairs}},
		"with one network":            {always, []iface{downstairs}},
		"with one network and others": {always, []iface{containers, downstairs}},
		"twice in one network":        {always, []iface{beside, downstairs}},
	} {
		t.Run(name, func(t *testing.T) {
			in, b := enter(t, c.passOn, c.ifaces...)
			farRoom(t, in, b, downstairs)
			for _, i := range c.ifaces {
				in.say(i, "10.99.0.1", packQuery(nil))
			}
			time.Sleep(3 * relayDelayMax)
			for _, i := range c.ifaces {
				if n := len(in.passed(i)); n != 0 {
					t.Errorf("%d records on %s", n, i.Name)
				}
			}
		})
	}
}

func TestStandsBetween_NeedsTwoNetworksThatLeadOut(t *testing.T) {
	beside := testIface(5, "wlan0", plugged, "10.3.0.10/24")
	linkLocal := testIface(6, "eth2", plugged, "fe80::b/64")
	for _, c := range []struct {
		ifaces []iface
		want   bool
	}{
		{nil, false},
		{[]iface{downstairs}, false},
		{[]iface{downstairs, beside}, false},
		{[]iface{downstairs, containers}, false},
		{[]iface{beside, downstairs, upstairs}, true},
		{[]iface{upstairs, linkLocal}, true}, // a network of link-local addresses is one too
	} {
		if got := standsBetween(c.ifaces); got != c.want {
			t.Errorf("%v: %v", names(c.ifaces), got)
		}
	}
}

func TestRelay_OfAProgramWithoutALobbyWaitsForASecondNetwork(t *testing.T) {
	noLeaks(t)
	var mu sync.Mutex
	ifaces, opened := []iface{downstairs}, 0
	plug := func(list ...iface) {
		mu.Lock()
		defer mu.Unlock()
		ifaces = list
	}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return opened
	}
	r := StartRelay(Config{
		PollEvery: 5 * time.Millisecond, round: noRound,
		interfaces: func() ([]iface, error) {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(ifaces), nil
		},
		open: func(i iface, _ func(packet)) (*link, error) {
			mu.Lock()
			defer mu.Unlock()
			opened++
			return silentLink(i), nil
		},
	})
	defer r.Close()
	time.Sleep(100 * time.Millisecond)
	if n := count(); n != 0 {
		t.Errorf("%d links in one network", n)
	}
	plug(downstairs, upstairs)
	eventually(t, 10*time.Second, "it listens in both", func() bool { return count() >= 2 })
	plug(downstairs)
	before := count()
	time.Sleep(100 * time.Millisecond)
	if n := count(); n > before+1 { // the one that stays may have been opened anew before it was noticed
		t.Errorf("%d links were opened after", n-before)
	}
}

func TestRelay_PassesOnNothingThatWasPassedOn(t *testing.T) {
	r := &relay{cfg: Config{PassOn: always}}
	now := time.Now()
	r.network([]iface{upstairs, downstairs}, now)
	key := roomKey{"room1", fp('a')}
	rooms := map[roomKey]*candidate{key: {key: key, listed: true, answer: answer{from: netip.MustParseAddrPort("10.9.0.4:7788")}}}
	planned := func() (times int) {
		for range 100 {
			now = now.Add(50 * time.Millisecond)
			r.asked(inquiry{on: upstairs.Index}, rooms, now)
			times += len(r.step(rooms, now))
		}
		return times
	}
	r.hear(announcement{known: true, key: key, on: downstairs.Index, passedOn: true}, rooms, now)
	if n := planned(); n != 0 {
		t.Errorf("%d times", n)
	}
	r.hear(announcement{known: true, key: key, on: downstairs.Index}, rooms, now)
	if n := planned(); n == 0 {
		t.Error("nor is it passed on once its host was heard")
	}
}

func TestRelay_StaysWithinItsAllowance(t *testing.T) {
	r := &relay{cfg: Config{PassOn: always}}
	start := time.Now()
	now := start
	r.network([]iface{upstairs, downstairs}, now)
	rooms := make(map[roomKey]*candidate)
	for n := range 10 {
		key := roomKey{fmt.Sprintf("room%d", n), fp('a')}
		rooms[key] = &candidate{key: key, listed: true, instance: key.instance(), answer: answer{from: netip.MustParseAddrPort("10.3.0.4:7788")}}
		r.hear(announcement{known: true, key: key, on: downstairs.Index}, rooms, now)
	}
	passed := make(map[*candidate]int)
	total := 0
	for now.Sub(start) < time.Hour { // somebody asks every second who knows nothing
		now = now.Add(100 * time.Millisecond)
		if now.Sub(start)%time.Second == 0 {
			r.asked(inquiry{on: upstairs.Index}, rooms, now)
		}
		for c, jobs := range r.step(rooms, now) {
			r.to(c.key, upstairs.Index).from = c.answer.from
			passed[c] += len(jobs)
			total += len(jobs)
		}
	}
	if bits := total*relayCost - relayBurst; bits > 3600*relayRate {
		t.Errorf("%d bit/s in the long run", bits/3600)
	}
	for c, n := range passed {
		if n < 15 {
			t.Errorf("%s was passed on %d times of %d", c.key.id, n, total)
		}
	}
	// Those who know all of them cost nothing.
	var known []pointer
	for _, c := range rooms {
		known = append(known, pointer{c.instance, time.Hour})
	}
	now = now.Add(time.Hour)
	r.step(rooms, now)
	for range 600 {
		now = now.Add(100 * time.Millisecond)
		r.asked(inquiry{upstairs.Index, false, known}, rooms, now)
		if n := len(r.step(rooms, now)); n > 0 && now.Sub(start) > 2*time.Hour+10*time.Second {
			t.Fatalf("%d rooms that everybody knows were passed on", n)
		}
	}
}

func TestRelay_AnswersOverIPv6OnlyWhoAsksOverNothingElse(t *testing.T) {
	var p passing
	now := time.Now()
	p.plan(true, netip.AddrPort{}, now)
	if !p.six {
		t.Error("asked over IPv6")
	}
	p.plan(false, netip.AddrPort{}, now)
	p.plan(true, netip.AddrPort{}, now)
	if p.six {
		t.Error("asked over both")
	}
}

func TestRelay_SaysItAgainWhenTheHostHasAnotherAddress(t *testing.T) {
	r := &relay{cfg: Config{PassOn: always}}
	now := time.Now()
	r.network([]iface{upstairs, downstairs}, now)
	key := roomKey{"room1", fp('a')}
	c := &candidate{key: key, listed: true, answer: answer{from: netip.MustParseAddrPort("10.3.0.4:7788")}}
	rooms := map[roomKey]*candidate{key: c}
	r.hear(announcement{known: true, key: key, on: downstairs.Index}, rooms, now)
	run := func(d time.Duration) (times int) {
		for range d / (10 * time.Millisecond) {
			now = now.Add(10 * time.Millisecond)
			for c := range r.step(rooms, now) {
				times++
				r.to(key, upstairs.Index).from = c.answer.from // it was sent
			}
		}
		return times
	}
	if n := run(time.Minute); n != 1 {
		t.Errorf("%d times in a minute", n)
	}
	c.answer.from = netip.MustParseAddrPort("10.3.0.5:7788")
	if n := run(time.Second); n != 1 {
		t.Errorf("%d times after the move", n)
	}
	delete(rooms, key)
	run(time.Second)
	if len(r.direct)+len(r.passed) != 0 {
		t.Errorf("%v, %v are remembered", r.direct, r.passed)
	}
}

func TestRelay_TriesAgainWhereNothingCame(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		after time.Duration // it is tried again at the same address
	}{
		"no answer": {signal.Problemf(signal.CodeUnreachable, ""), relayMissed},
		"no record": {signal.Problemf(signal.CodeNotFound, ""), relayRetry},
	} {
		t.Run(name, func(t *testing.T) {
			r := &relay{cfg: Config{PassOn: always}}
			s := &search{Browser: &Browser{cfg: Config{}.withDefaults()}, relay: r, links: map[int]*link{upstairs.Index: {iface: upstairs}}}
			now := time.Now()
			r.network([]iface{upstairs, downstairs}, now)
			key := roomKey{"room1", fp('a')}
			room := &candidate{key: key, listed: true, answer: answer{from: netip.MustParseAddrPort("10.3.0.4:7788")}}
			rooms := map[roomKey]*candidate{key: room}
			r.hear(announcement{known: true, key: key, on: downstairs.Index}, rooms, now)
			// next returns how long it takes until the room is asked for its record, which comes to nothing.
			next := func() time.Duration {
				t.Helper()
				for began := now; now.Sub(began) < time.Hour; {
					now = now.Add(10 * time.Millisecond)
					r.asked(inquiry{on: upstairs.Index}, rooms, now)
					for _, jobs := range r.step(rooms, now) {
						r.fetching++
						s.fetched(key, room.answer.from, jobs, "", c.err, now)
						return now.Sub(began)
					}
				}
				t.Fatal("never again")
				return 0
			}
			const spread = relayDelayMax + 10*time.Millisecond
			if d := next(); d > spread {
				t.Errorf("at first after %v", d)
			}
			if d := next(); d < c.after || d > c.after+spread {
				t.Errorf("at the same address after %v, want %v", d, c.after)
			}
			room.answer.from = netip.MustParseAddrPort("10.3.0.5:7788")
			if d := next(); d > relayAgain+spread {
				t.Errorf("at its new address after %v", d)
			}
			if r.fetching != 0 {
				t.Errorf("%d are under way", r.fetching)
			}
		})
	}
}
