package discovery

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

var sender = netip.MustParseAddr("10.1.0.2")

func hearOn(i iface, data []byte) []announcement {
	return parsePacket(packet{iface: i, source: sender, data: data})
}

func TestPacket_Announcement(t *testing.T) {
	ad := Ad{ID: "r1", Name: "방", Fingerprint: fp('a'), Port: 7788}
	got := hearOn(office, adMessage(t, ad, false, "10.1.0.2/16", "10.1.0.3/16", "fe80::2/64", "8.8.8.8/32"))
	if len(got) != 1 {
		t.Fatalf("%d announcements", len(got))
	}
	a := got[0]
	want := "[10.1.0.2:7788 10.1.0.3:7788 [fe80::2%eth0]:7788]"
	if !a.known || a.key != (roomKey{"r1", fp('a')}) || a.goodbye || a.source != sender || fmt.Sprint(a.endpoints) != want {
		t.Errorf("got %+v", a)
	}
}

func TestPacket_Goodbye(t *testing.T) {
	ad := Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}
	if got := hearOn(office, adMessage(t, ad, true)); len(got) != 1 || !got[0].goodbye || !got[0].known {
		t.Errorf("the whole goodbye: %+v", got)
	}
	msg := &dns.Msg{Answer: []dns.RR{rr(t, serviceName+" 0 IN PTR "+ad.label()+"."+serviceName)}}
	msg.Response = true
	if got := hearOn(office, pack(t, msg)); len(got) != 1 || !got[0].goodbye || got[0].known {
		t.Errorf("a goodbye of the pointer alone: %+v", got)
	}
}

func TestPacket_ProbeForTheNameIsHeardBeforeTheAnnouncement(t *testing.T) {
	ad := Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}
	instance := ad.label() + "." + serviceName
	msg := new(dns.Msg)
	msg.SetQuestion(instance, dns.TypeANY)
	msg.Ns = []dns.RR{
		rr(t, instance+" 120 IN SRV 0 0 7788 "+ad.label()+".local."),
		&dns.TXT{Hdr: dns.RR_Header{Name: instance, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: ad.txt()},
	}
	got := hearOn(office, pack(t, msg))
	if len(got) != 1 || !got[0].known || fmt.Sprint(got[0].endpoints) != "[10.1.0.2:7788]" {
		t.Errorf("got %+v", got)
	}
}

func TestPacket_NothingOfOurs(t *testing.T) {
	query := &dns.Msg{Question: []dns.Question{{Name: serviceName, Qtype: dns.TypePTR, Qclass: dns.ClassINET}}}
	known := &dns.Msg{Question: query.Question, Answer: []dns.RR{rr(t, serviceName+" 120 IN PTR x."+serviceName)}}
	other := &dns.Msg{Answer: []dns.RR{rr(t, "_ipp._tcp.local. 120 IN PTR printer._ipp._tcp.local.")}}
	other.Response = true
	// Our label, but another domain, and the service itself where an instance should be.
	elsewhere := &dns.Msg{Answer: []dns.RR{
		rr(t, "_earshot._tcp.example. 120 IN PTR x._earshot._tcp.example."), rr(t, serviceName+" 120 IN SRV 0 0 1 h.local."),
	}}
	elsewhere.Response = true
	for what, data := range map[string][]byte{
		"empty": nil, "a query": pack(t, query), "a query with known answers": pack(t, known), "another service": pack(t, other),
		"another domain": pack(t, elsewhere), "noise": []byte("\x08_earshot"),
		"oversized": append(make([]byte, maxPacket), mark...),
	} {
		if got := hearOn(office, data); len(got) != 0 {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestPacket_HostsOfOneNameAreNotMixed(t *testing.T) {
	record := func(id, addr string) []byte {
		instance := id + "." + serviceName
		msg := &dns.Msg{Answer: []dns.RR{
			rr(t, instance+" 120 IN SRV 0 0 7788 laptop.local."), rr(t, instance+` 120 IN TXT "v=1" "id=`+id+`" "fp=`+fp('a')+`"`),
			rr(t, "laptop.local. 120 IN A "+addr),
		}}
		msg.Response = true
		return pack(t, msg)
	}
	one := parsePacket(packet{iface: office, source: netip.MustParseAddr("10.1.0.2"), data: record("r1", "10.1.0.2")})
	two := parsePacket(packet{iface: office, source: netip.MustParseAddr("10.1.0.3"), data: record("r2", "10.1.0.3")})
	if fmt.Sprint(one[0].endpoints, two[0].endpoints) != "[10.1.0.2:7788] [10.1.0.3:7788]" {
		t.Errorf("got %v and %v", one, two)
	}
}

func TestPacket_IsBounded(t *testing.T) {
	msg := &dns.Msg{Compress: true}
	msg.Response = true
	for i := range 60 {
		msg.Answer = append(msg.Answer, rr(t, fmt.Sprintf("i%d.%s 2147483648 IN SRV 0 0 1 h.local.", i, serviceName)),
			rr(t, fmt.Sprintf("h.local. 4294967295 IN A 10.1.1.%d", i)))
	}
	got := hearOn(office, pack(t, msg))
	if len(got) != maxInstances || len(got[0].endpoints) != maxAddresses {
		t.Errorf("%d instances with %d addresses", len(got), len(got[0].endpoints))
	}
}

func FuzzPacket(f *testing.F) {
	ad := Ad{ID: "r1", Name: "방", Fingerprint: fp('a'), Port: 7788}
	f.Add(adMessage(f, ad, false, "10.1.0.2/16", "fe80::2/64"))
	f.Add(adMessage(f, ad, true))
	f.Add(packQuery(nil))
	f.Add([]byte("\x08_earshot"))
	f.Add(packQuery([]pointer{{ad.label() + "." + serviceName, time.Hour}, {"other." + serviceName, time.Minute}}))
	for _, b := range loops() {
		f.Add(b)
	}
	for _, spoil := range []func(*dns.Msg){
		func(m *dns.Msg) { m.Truncated = true },
		func(m *dns.Msg) { m.Ns, m.Answer, m.Response = m.Answer, nil, false },
		func(m *dns.Msg) { m.Extra, m.Answer = m.Answer, nil },
		func(m *dns.Msg) { m.Answer[0].Header().Ttl = 1 << 31 },
		func(m *dns.Msg) { m.Answer[1].Header().Class |= cacheFlush },
		func(m *dns.Msg) { m.Answer[1].(*dns.SRV).Port = 0 },
		func(m *dns.Msg) { m.Answer[2].(*dns.TXT).Txt = []string{""} },
	} {
		var msg dns.Msg
		if err := msg.Unpack(adMessage(f, ad, false, "10.1.0.2/16", "fe80::2/64")); err != nil {
			f.Fatal(err)
		}
		spoil(&msg)
		f.Add(pack(f, &msg))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := hearOn(office, data)
		if len(got) > maxInstances {
			t.Fatalf("%d instances", len(got))
		}
		for _, a := range got {
			if len(a.endpoints) > maxAddresses {
				t.Fatalf("%d endpoints", len(a.endpoints))
			}
			for _, e := range a.endpoints {
				if again, ok := office.endpoint(e.Addr(), e.Port()); !ok || again != e {
					t.Fatalf("endpoint %v", e)
				}
			}
		}
		if known, _ := readQuery(data); len(known) > 0 {
			if again, ok := readQuery(packQuery(known)); !ok || len(again) > len(known) {
				t.Fatalf("%v names itself %v", known, again)
			}
		}
	})
}

func BenchmarkPacket(b *testing.B) {
	data := adMessage(b, Ad{ID: "r1", Name: "Standup", Fingerprint: fp('a'), Port: 7788}, false, "10.1.0.2/16", "fe80::2/64")
	for b.Loop() {
		if _, ok := readQuery(data); !ok && len(hearOn(office, data)) != 1 {
			b.Fatal("not read")
		}
	}
}
