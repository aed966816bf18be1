package discovery

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

func TestQuery_NamesWhatIsKnown(t *testing.T) {
	want := []pointer{{"a." + serviceName, 50 * time.Minute}, {"b." + serviceName, 30 * time.Minute}}
	if got, ok := readQuery(packQuery(want)); !ok || !slices.Equal(got, want) {
		t.Errorf("reads %v, %v", got, ok)
	}
	if got, ok := readQuery(packQuery(nil)); !ok || len(got) != 0 {
		t.Errorf("a plain query reads %v, %v", got, ok)
	}
}

func TestQuery_FitsIntoOnePacket(t *testing.T) {
	var known []pointer
	for i := range 300 {
		known = append(known, pointer{Ad{ID: fmt.Sprint(i), Fingerprint: fp('a')}.label() + "." + serviceName, time.Hour})
	}
	b := packQuery(known)
	got, ok := readQuery(b)
	if !ok || len(b) > maxQuery || len(got) < 25 {
		t.Errorf("%d rooms in %d bytes", len(got), len(b))
	}
	huge := []pointer{{strings.Repeat(strings.Repeat("x", 63)+".", 3) + serviceName, time.Hour}}
	if b := packQuery(slices.Repeat(huge, 100)); len(b) > maxQuery {
		t.Errorf("%d bytes", len(b))
	}
}

func TestQuery_OfStrangersIsBounded(t *testing.T) {
	msg := dns.Msg{Question: []dns.Question{{Name: serviceName, Qtype: dns.TypePTR, Qclass: dns.ClassINET}}, Compress: true}
	for i := range 200 {
		msg.Answer = append(msg.Answer, rr(t, fmt.Sprintf("%s 4294967295 IN PTR i%d.%s", serviceName, i, serviceName)))
	}
	got, ok := readQuery(pack(t, &msg))
	if !ok || len(got) != maxKnown || got[0].ttl != maxTTL {
		t.Errorf("%d known, TTL %v", len(got), got[0].ttl)
	}
}

func TestTracker_NamesAsKnownWhatIsListedAndYoung(t *testing.T) {
	c := newClocked(t)
	for i, ttl := range []time.Duration{time.Hour, time.Minute, 0} {
		a := claim(i, "10.1.0.2", "10.1.0.2:7788")
		a.ttl = ttl
		c.say(a)
	}
	dead := claim(9, "10.1.0.3", "10.1.0.3:7788")
	dead.ttl = time.Hour
	c.say(dead)
	up := func(id string) bool { return id != "r9" }
	c.run(10*time.Second, up)
	names := func() (out []string) {
		for _, p := range c.known(c.now) {
			out = append(out, p.instance)
		}
		slices.Sort(out)
		return out
	}
	if got := names(); fmt.Sprint(got) != "[i0 i1]" {
		t.Errorf("known after 10 s: %v", got)
	}
	c.run(25*time.Second, up)
	if got := names(); fmt.Sprint(got) != "[i0]" {
		t.Errorf("known after 35 s: %v", got)
	}
}

func TestBrowser_AsksForRoomsThatAnotherLobbyKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n fakeNet
		n.set(office)
		b := Browse(n.config())
		defer b.Close()
		count := func() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.rounds) }
		time.Sleep(65 * time.Second)
		ad := Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}
		query := packQuery([]pointer{{ad.label() + "." + serviceName, time.Hour}})
		before := count()
		n.packet(office, query)
		time.Sleep(b.cfg.BrowseMin + 100*time.Millisecond)
		if c := count() - before; c != 1 {
			t.Errorf("%d rounds after a query that names an unknown room", c)
		}
		n.turn("10.1.0.2:7788", true)
		n.packet(office, adMessage(t, ad, false, "10.1.0.2/16"))
		time.Sleep(65 * time.Second)
		n.mu.Lock()
		last := n.rounds[len(n.rounds)-1]
		n.mu.Unlock()
		if len(last.known) != 1 || last.known[0].instance != ad.label()+"."+serviceName {
			t.Errorf("the listed room is not named as known: %+v", last.known)
		}
		before = count()
		for range 3 { // from now on it is known
			n.packet(office, query)
			time.Sleep(b.cfg.BrowseMin + 100*time.Millisecond)
		}
		if c := count() - before; c > 1 {
			t.Errorf("%d rounds after queries that name nothing new", c)
		}
	})
}

func TestQuery_SurvivesANameThatCannotBeWritten(t *testing.T) {
	if _, ok := readQuery(packQuery([]pointer{{strings.Repeat("x", 64) + "." + serviceName, time.Hour}})); !ok {
		t.Error("no query")
	}
}
