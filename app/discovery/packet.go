package discovery

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Limits of one packet. 9000 bytes is the largest that RFC 6762 §17 allows.
const (
	maxTTL       = 75 * time.Minute // that of RFC 6762 §10 for records without an address
	maxPacket    = 9000
	maxInstances = 16 // rooms read from one packet
	maxAddresses = 12 // addresses of one room: a laptop with IPv4, two IPv6 prefixes and their temporary addresses has 6
)

// mark is our service's label as it stands in a packet. Looking for it first keeps the rest of an office's mDNS
// traffic from being decoded at all.
var mark = []byte("\x08_earshot") //nolint:gochecknoglobals // a constant in all but type

// packet is one datagram that the passive listener of one interface took.
type packet struct {
	iface  iface
	source netip.Addr
	data   []byte
}

// announcement is what one packet says of one instance of our service. It claims; nothing in it is believed.
type announcement struct {
	instance  string           // lower case
	known     bool             // a valid TXT record was there: key is set
	key       roomKey          //
	endpoints []netip.AddrPort // from SRV with A, AAAA and the sender's own address; at most maxAddresses
	source    netip.Addr       // who sent it; the first endpoint's address where the library does not say
	ttl       time.Duration    // how long its pointer is valid; 0 where there was none
	goodbye   bool             // a record of it had TTL 0 (RFC 6762 §10.1)
	on        int              // index of the interface it came in by; 0 where that is not known
	passedOn  bool             // it is a signed record that somebody else than the host sent
}

// parsePacket returns what a packet says of rooms. Answers, and the questions with which a room that is about to appear
// probes for its name (RFC 6762 §8.1: its records stand in the authority section): those come up to 0.5 s
// before its first announcement. The packet is self-contained: records of one host name in different packets are never
// mixed, so two hosts of one name do not get each other's addresses.
func parsePacket(p packet) []announcement {
	if len(p.data) > maxPacket || !bytes.Contains(p.data, mark) {
		return nil
	}
	var msg dns.Msg
	if msg.Unpack(p.data) != nil {
		return nil
	}
	records := msg.Ns
	if msg.Response {
		records = append(append(msg.Answer, msg.Ns...), msg.Extra...)
	}
	if len(records) == 0 {
		return nil
	}

	type room struct {
		announcement
		port   uint16
		target string
	}
	var order []string
	rooms := make(map[string]*room)
	get := func(name string) *room {
		name = strings.ToLower(name)
		if r := rooms[name]; r != nil {
			return r
		}
		if len(rooms) == maxInstances || !strings.HasSuffix(name, "."+serviceName) {
			return nil
		}
		r := &room{announcement: announcement{instance: name, source: p.source, on: p.iface.Index}}
		rooms[name] = r
		order = append(order, name)
		return r
	}
	hosts := make(map[string][]netip.Addr)
	for _, rr := range records {
		switch rr := rr.(type) {
		case *dns.PTR:
			if strings.EqualFold(rr.Hdr.Name, serviceName) {
				if r := get(rr.Ptr); r != nil {
					r.ttl = min(time.Duration(rr.Hdr.Ttl)*time.Second, maxTTL)
					r.goodbye = r.goodbye || rr.Hdr.Ttl == 0
				}
			}
		case *dns.SRV:
			if r := get(rr.Hdr.Name); r != nil {
				r.port, r.target = rr.Port, strings.ToLower(rr.Target)
				r.goodbye = r.goodbye || rr.Hdr.Ttl == 0
			}
		case *dns.TXT:
			if r := get(rr.Hdr.Name); r != nil && !r.known {
				r.key, r.known = parseTXT(rr.Txt)
			}
		case *dns.A:
			addHost(hosts, rr.Hdr.Name, rr.A)
		case *dns.AAAA:
			addHost(hosts, rr.Hdr.Name, rr.AAAA)
		}
	}

	out := make([]announcement, 0, len(order))
	for _, name := range order {
		r := rooms[name]
		// The sender's own address comes first: it is proven to be on this link, and some responders leave addresses
		// to a second packet.
		r.endpoints = endpoints(p.iface, append([]netip.Addr{p.source}, hosts[r.target]...), r.port)
		out = append(out, r.announcement)
	}
	return out
}

func addHost(hosts map[string][]netip.Addr, name string, ip []byte) {
	name = strings.ToLower(name)
	if a, ok := netip.AddrFromSlice(ip); ok && len(hosts[name]) < maxAddresses {
		hosts[name] = append(hosts[name], a)
	}
}

// endpoints returns where of these addresses a room may be dialled, without repetition.
func endpoints(i iface, addrs []netip.Addr, port uint16) []netip.AddrPort {
	var list []netip.AddrPort
	for _, a := range addrs {
		if e, ok := i.endpoint(a, port); ok && len(list) < maxAddresses && !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}
