package discovery

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// The other tests of bad input stand where what they test does; their names say BadInput too.

func TestBadInput_25_ASpoofedRoomIsAnotherRoom(t *testing.T) {
	c := newClocked(t)
	real := claim(1, "10.1.0.2", "10.1.0.2:7788")
	c.say(real)
	c.run(5*time.Second, yes)
	spoofed := real
	spoofed.key.fingerprint, spoofed.source = fp('b'), netip.MustParseAddr("10.1.0.66")
	spoofed.endpoints = []netip.AddrPort{netip.MustParseAddrPort("10.1.0.66:7788")}
	c.say(spoofed)
	c.run(5*time.Second, yes) // it answers, even
	rooms := c.list()
	if len(rooms) != 2 || rooms[0].Fingerprint != fp('a') || rooms[0].Address != "10.1.0.2:7788" || len(rooms[0].Addresses) != 1 {
		t.Errorf("got %+v", rooms)
	}
}

// cacheFlush is the top bit of a record's class: "forget all others of this name" (RFC 6762 §10.2).
const cacheFlush = 1 << 15

func TestBadInput_30_ACacheFlushFlushesNothing(t *testing.T) {
	ad := Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}
	var msg dns.Msg
	if err := msg.Unpack(adMessage(t, ad, false, "10.1.0.66/16")); err != nil {
		t.Fatal(err)
	}
	for _, rr := range msg.Answer {
		rr.Header().Class |= cacheFlush
	}
	flush := parsePacket(packet{iface: office, source: netip.MustParseAddr("10.1.0.66"), data: pack(t, &msg)})
	if len(flush) != 1 || !flush[0].known || flush[0].goodbye {
		t.Fatalf("records with the bit are not read as others: %+v", flush)
	}
	c := newClocked(t)
	c.say(hearOn(office, adMessage(t, ad, false, "10.1.0.2/16"))[0])
	c.run(5*time.Second, yes)
	c.say(flush[0])
	c.run(5*time.Second, yes)
	if rooms := c.list(); len(rooms) != 1 || rooms[0].Address != "10.1.0.2:7788" {
		t.Errorf("got %+v", rooms)
	}
}

// loops are packets whose compressed names never end, or end outside.
func loops() map[string][]byte {
	query := []byte{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	answer := []byte{0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0}
	with := func(head []byte, rest string) []byte { return append(append([]byte(nil), head...), rest...) }
	return map[string][]byte{
		"a name that points at itself":          with(query, "\x08_earshot\xc0\x0c\x00\x0c\x00\x01"),
		"a record whose name is itself":         with(answer, "\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x01\x00\x09\x08_earshot"),
		"two names that point at each other":    with(answer, "\x08_earshot\xc0\x17\x08_earshot\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x01\x00\x00"),
		"a pointer behind the end":              with(answer, "\x08_earshot\xcf\xff\x00\x0c\x00\x01\x00\x00\x00\x01\x00\x00"),
		"a pointer of which half is missing":    with(answer, "\x08_earshot\xc0"),
		"a chain of pointers through the whole": with(answer, "\x08_earshot"+strings.Repeat("\xc0\x0c", 1000)+"\x00\x0c\x00\x01"),
		"a name longer than names can be":       with(answer, strings.Repeat("\x3f"+strings.Repeat("a", 63), 20)+"\x08_earshot\x00\x00\x0c\x00\x01"),
		"data that points at itself":            with(answer, "\x08_earshot\x04_tcp\x05local\x00\x00\x0c\x00\x01\x00\x00\x00\x01\x00\x02\xc0\x2b"),
	}
}

func TestBadInput_31_CompressionLoopsEnd(t *testing.T) {
	for what, data := range loops() {
		start := time.Now()
		for range 100 {
			if got := hearOn(office, data); len(got) != 0 && got[0].known {
				t.Errorf("%s: %+v", what, got)
			}
			readQuery(data)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: %v for 100", what, took)
		}
	}
}

func TestBadInput_32_TimesToLiveAreBounded(t *testing.T) {
	ad := Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}
	with := func(ttl uint32) announcement {
		var msg dns.Msg
		if err := msg.Unpack(adMessage(t, ad, false, "10.1.0.2/16")); err != nil {
			t.Fatal(err)
		}
		for _, rr := range msg.Answer {
			rr.Header().Ttl = ttl
		}
		return hearOn(office, pack(t, &msg))[0]
	}
	if a := with(0); !a.goodbye || a.ttl != 0 {
		t.Errorf("TTL 0: %+v", a)
	}
	for _, ttl := range []uint32{1 << 31, 1<<32 - 1} {
		a := with(ttl)
		if a.goodbye || a.ttl != maxTTL {
			t.Errorf("TTL %d: %+v", ttl, a)
		}
		c := newClocked(t)
		c.say(a)
		c.run(maxTTL/2+time.Second, yes)
		if known := c.known(c.now); len(known) != 0 {
			t.Errorf("TTL %d: known for ever: %v", ttl, known)
		}
		c.run(forgetAfter+10*time.Second, no) // however long it says it lives
		if len(c.rooms) != 0 {
			t.Errorf("TTL %d: remembered for ever", ttl)
		}
	}
}

func TestBadInput_34_NamesUpToTheLimits(t *testing.T) {
	label := strings.Repeat("한", 21) // 63 bytes
	escaped := func(s string) (out string) {
		for _, b := range []byte(s) {
			out += fmt.Sprintf("\\%03d", b)
		}
		return out
	}
	instance, host := escaped(label)+"."+serviceName, escaped(label)+".local."
	txt := &dns.TXT{
		Hdr: dns.RR_Header{Name: instance, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 120},
		Txt: []string{"v=1", "id=" + strings.Repeat("i", maxID), "fp=" + fp('a'), "name=" + escape(strings.Repeat("한", 83)), strings.Repeat("x", 255)},
	}
	msg := &dns.Msg{Answer: []dns.RR{rr(t, serviceName+" 120 IN PTR "+instance), rr(t, instance+" 120 IN SRV 0 0 65535 "+host), txt, rr(t, host+" 120 IN A 10.1.0.2")}}
	msg.Response = true
	got := hearOn(office, pack(t, msg))
	if len(got) != 1 || !got[0].known || got[0].key.id != strings.Repeat("i", maxID) || fmt.Sprint(got[0].endpoints) != "[10.1.0.2:65535]" {
		t.Fatalf("got %+v", got)
	}
	// It is named as known in a query as it named itself.
	known, ok := readQuery(packQuery([]pointer{{got[0].instance, time.Hour}}))
	if !ok || len(known) != 1 || known[0].instance != got[0].instance {
		t.Errorf("known as %v", known)
	}

	ad := Ad{ID: strings.Repeat("i", maxID), Name: strings.Repeat("한", 4000), Fingerprint: fp('a'), Port: 65535}
	if err := ad.validate(); err != nil {
		t.Fatal(err)
	}
	ours := hearOn(office, adMessage(t, ad, false, "10.1.0.2/16"))
	if len(ours) != 1 || ours[0].key != (roomKey{ad.ID, ad.Fingerprint}) || len(ad.label()) > 63 {
		t.Errorf("a long name of ours: %+v", ours)
	}
}
