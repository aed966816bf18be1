package siege

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/test/siege/talking"
)

const (
	service  = "_earshot._tcp.local."
	flush    = 1 << 15 // forget all others of this name (RFC 6762 §10.2)
	fakeHost = "mallory.local."
)

// lan is the far end of the only cable of this computer: any computer there may say anything.
type lan struct {
	socket, index int
}

// openLAN plugs the other end of eth0 in.
func openLAN(t *testing.T, name string) *lan {
	t.Helper()
	device, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	const ip = 0x0008 // ETH_P_IP in network order
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, ip)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: ip, Ifindex: device.Index}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 100_000}); err != nil {
		t.Fatal(err)
	}
	return &lan{fd, device.Index}
}

// say sends a multicast of mDNS from an address.
func (l *lan) say(t *testing.T, from netip.Addr, message []byte) {
	t.Helper()
	b := []byte{1, 0, 0x5e, 0, 0, 0xfb, 2, 0, 0, 0, 0, 0x66, 8, 0} // Ethernet: the group, somebody, IPv4
	source := from.As4()
	ip := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 255, syscall.IPPROTO_UDP, 0, 0, source[0], source[1], source[2], source[3], 224, 0, 0, 251}
	binary.BigEndian.PutUint16(ip[2:], uint16(28+len(message))) //nolint:gosec // under 1,500
	sum := uint32(0)
	for i := 0; i < len(ip); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum+sum>>16))   //nolint:gosec // RFC 1071
	udp := []byte{0x14, 0xe9, 0x14, 0xe9, 0, 0, 0, 0}           // 5353 to 5353, no checksum
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(message))) //nolint:gosec // as above
	b = append(append(append(b, ip...), udp...), message...)
	if err := syscall.Sendto(l.socket, b, 0, &syscall.SockaddrLinklayer{Ifindex: l.index}); err != nil && err != syscall.ENOBUFS {
		t.Fatal(err)
	}
}

// instance listens until the room has said its name.
func (l *lan) instance(t *testing.T, id string) (name string) {
	t.Helper()
	b := make([]byte, 2000)
	eventually(t, "the room is advertised", func() bool {
		n, _, err := syscall.Recvfrom(l.socket, b, 0)
		var m dns.Msg
		if err != nil || n < 42 || m.Unpack(b[42:n]) != nil {
			return false
		}
		for _, rr := range append(m.Answer, m.Extra...) {
			if txt, ok := rr.(*dns.TXT); ok && slices.Contains(txt.Txt, "id="+id) {
				name = txt.Hdr.Name
			}
		}
		return name != ""
	})
	return name
}

// advertised are the records of a room.
type advertised struct {
	instance, host string
	port           uint16
	address        string
	txt            []string
	ttl            uint32
	class          uint16 // more bits of it
}

func (a advertised) pack(t *testing.T) []byte {
	t.Helper()
	header := func(name string, kind, class uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET | class, Ttl: a.ttl}
	}
	m := new(dns.Msg)
	m.Response, m.Authoritative = true, true
	m.Answer = []dns.RR{
		&dns.PTR{Hdr: header(service, dns.TypePTR, 0), Ptr: a.instance},
		&dns.SRV{Hdr: header(a.instance, dns.TypeSRV, a.class), Port: a.port, Target: a.host},
		&dns.TXT{Hdr: header(a.instance, dns.TypeTXT, a.class), Txt: a.txt},
		&dns.A{Hdr: header(a.host, dns.TypeA, a.class), A: net.ParseIP(a.address)},
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A computer that hosts and browses, and two people who talk in its room and look for it where it is advertised, as apps do. The
// LAN says what it likes: the room stays listed under its key and its address, nothing else is listed, and nobody hears of it.
func TestBadInput_25_26_27_28_29_30_31_32_33_34_WhatALANMaySay(t *testing.T) {
	if !inOwnNetwork(t, `
		ip link add eth0 type veth peer name far0
		ip addr add 10.66.0.1/16 dev eth0; ip link set eth0 up; ip link set far0 up; ip route add default via 10.66.0.254`) {
		return
	}
	far := openLAN(t, "far0")
	room := talking.Room(t, func(c *sfu.Config) { c.Listen = ":0" })
	facts := room.Facts()
	ad, err := discovery.Advertise(discovery.Ad{ID: facts.ID, Name: facts.Name, Fingerprint: room.Fingerprint(), Port: room.Port()}, discovery.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ad.Close() }()
	name := far.instance(t, facts.ID)
	browser := discovery.Browse(discovery.Config{})
	defer browser.Close()
	listed := func() error {
		rooms := browser.Rooms()
		if len(rooms) != 1 || rooms[0].Fingerprint != room.Fingerprint() || rooms[0].Address != fmt.Sprintf("10.66.0.1:%d", room.Port()) {
			return fmt.Errorf("listed: %+v", rooms)
		}
		return nil
	}
	eventually(t, "the room is listed", func() bool { return listed() == nil })
	talk := &talk{talking.In(t, room, func(c *client.Config) {
		c.Addresses = func() (all []string) {
			for _, r := range browser.Rooms() {
				all = append(all, r.Addresses...)
			}
			return all
		}
	})}

	mallory := netip.MustParseAddr("10.66.0.66")
	text := []string{"v=1", "id=" + facts.ID, "name=" + facts.Name, "fp=" + room.Fingerprint(), "ep=9", "pin=0"}
	ours := advertised{name, fakeHost, 7788, mallory.String(), text, 120, flush}
	nth := func(n int) advertised { // a room that there is not
		print := fmt.Sprintf("%043d", n)
		host := fmt.Sprintf("fake%d", n)
		return advertised{host + "." + service, host + ".local.", 9, mallory.String(), []string{"v=1", "id=fake" + print[:20], "fp=" + print}, 120, 0}
	}
	raw := func(message string) func(int) (netip.Addr, []byte) {
		return func(int) (netip.Addr, []byte) { return mallory, []byte(message) }
	}
	with := func(from netip.Addr, of func(n int) advertised) func(int) (netip.Addr, []byte) {
		return func(n int) (netip.Addr, []byte) { return from, of(n).pack(t) }
	}
	changed := func(change func(a *advertised)) func(int) advertised {
		return func(int) advertised { a := ours; change(&a); return a }
	}
	const answer = "\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00"
	label := strings.Repeat("한", 21)
	for _, attack := range []struct {
		name string
		say  []func(n int) (netip.Addr, []byte)
	}{
		{"25 our room is somewhere else", []func(int) (netip.Addr, []byte){with(mallory, func(int) advertised { return ours })}},
		{"26 malformed TXT", []func(int) (netip.Addr, []byte){
			with(mallory, changed(func(a *advertised) { a.txt = []string{""} })),
			with(mallory, changed(func(a *advertised) {
				a.txt = []string{"v=1", "v=1", "id=\x00\xff\xfe", "fp=" + strings.Repeat("\xff", 43)}
			})),
			with(mallory, changed(func(a *advertised) { a.txt = slices.Repeat([]string{strings.Repeat("x", 255)}, 4) })),
		}},
		{"27 SRV to another host's port", []func(int) (netip.Addr, []byte){
			with(mallory, changed(func(a *advertised) { a.port, a.address = 22, "10.66.0.1" })),
			with(mallory, changed(func(a *advertised) { a.port, a.address = 80, "93.184.216.34" })),
			with(mallory, changed(func(a *advertised) { a.port, a.address = 22, "127.0.0.1" })),
		}},
		{"28 ten thousand rooms", []func(int) (netip.Addr, []byte){
			with(mallory, nth), func(n int) (netip.Addr, []byte) {
				from := netip.AddrFrom4([4]byte{10, 66, byte(1 + n>>8), byte(n)}) //nolint:gosec // the bytes of a number
				a := nth(100_000 + n)
				a.address = from.String()
				return from, a.pack(t)
			},
		}},
		{"29 our room says goodbye", []func(int) (netip.Addr, []byte){with(mallory, changed(func(a *advertised) { a.ttl = 0 })), with(netip.MustParseAddr("10.66.0.1"), changed(func(a *advertised) { a.ttl = 0 }))}},
		{"30 a cache flush", []func(int) (netip.Addr, []byte){with(mallory, changed(func(a *advertised) { a.address = "10.66.0.67" }))}},
		{"31 names that never end", []func(int) (netip.Addr, []byte){
			raw(answer + "\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x01\x00\x09\x08_earshot"), raw(answer + "\x08_earshot\xc0\x17\x08_earshot\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x01\x00\x00"),
			raw(answer + "\x08_earshot" + strings.Repeat("\xc0\x0c", 600)), raw("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x08_earshot\xc0\x0c\x00\x0c\x00\x01"), raw("\x00"), raw(""),
		}},
		{"32 times to live", []func(int) (netip.Addr, []byte){
			with(mallory, changed(func(a *advertised) { a.ttl = 1 << 31 })), with(mallory, changed(func(a *advertised) { a.ttl = 1<<32 - 1 })), with(mallory, changed(func(a *advertised) { a.ttl, a.class = 0, 0 })),
		}},
		{"33 from somewhere else", []func(int) (netip.Addr, []byte){
			with(netip.MustParseAddr("8.8.8.8"), changed(func(a *advertised) { a.ttl = 0 })), with(netip.MustParseAddr("192.168.77.1"), func(int) advertised { return ours }),
		}},
		{"34 names at their limits", []func(int) (netip.Addr, []byte){
			with(mallory, func(n int) advertised {
				a := nth(n)
				a.instance, a.host = escaped(label)+"."+service, escaped(label)+".local."
				a.txt = []string{"v=1", "id=" + strings.Repeat("i", 64), "fp=" + strings.Repeat("a", 43), "name=" + strings.Repeat("한", 83), strings.Repeat("x", 255)}
				return a
			}),
		}},
	} {
		t.Run(attack.name, func(t *testing.T) {
			until := time.Now().Add(1500 * time.Millisecond)
			n := 0
			for ; time.Now().Before(until) || strings.HasPrefix(attack.name, "28") && n < 10_000; n++ {
				for _, say := range attack.say {
					from, message := say(n)
					far.say(t, from, message)
				}
				if n%5 == 0 {
					time.Sleep(time.Millisecond)
				}
				if n%200 == 0 {
					if err := listed(); err != nil {
						t.Fatal(err)
					}
				}
			}
			t.Logf("said %d times", n*len(attack.say))
			if strings.HasPrefix(attack.name, "28") {
				eventually(t, "it is heard, and said", func() bool { return browser.Status().Crowded })
			}
			talk.GoOn(t, 5)
			if err := listed(); err != nil {
				t.Error(err)
			}
		})
	}
	talk.Undisturbed(t)
	if at := netip.MustParseAddrPort(talk.A.Address()); int(at.Port()) != room.Port() || at.Addr() == mallory {
		t.Errorf("A is connected to %s now", at)
	}
}

// escaped is a label in the form in which package dns takes any bytes.
func escaped(s string) (out string) {
	for _, b := range []byte(s) {
		out += fmt.Sprintf("\\%03d", b)
	}
	return out
}
