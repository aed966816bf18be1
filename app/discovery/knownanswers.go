package discovery

import (
	"bytes"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// A query for rooms carries those that the asker knows, so that they need not answer (RFC 6762 §7.1).
const (
	// maxQuery is the size of our queries: no fragments on any link of IPv6, whose smallest MTU is 1280. Some 29 rooms fit
	// in; others of a larger office answer.
	maxQuery = 1200
	// maxKnown is how many known rooms are read from a query.
	maxKnown = 64
)

// pointer is a room as a query names it.
type pointer struct {
	instance string // lower case
	ttl      time.Duration
}

// packQuery packs a query for rooms. Of the known ones it takes as many as fit; the others will answer.
func packQuery(known []pointer) []byte {
	msg := dns.Msg{Question: []dns.Question{{Name: serviceName, Qtype: dns.TypePTR, Qclass: dns.ClassINET}}, Compress: true}
	size := len("earshot") + 64
	for _, p := range known {
		// A pointer takes the instance's own label and what compression leaves of the rest: 2 names, type, class, TTL, length.
		if size += len(p.instance) - len(serviceName) + 16; size > maxQuery {
			break
		}
		msg.Answer = append(msg.Answer, &dns.PTR{
			Hdr: dns.RR_Header{Name: serviceName, Rrtype: dns.TypePTR, Class: dns.ClassINET, Ttl: uint32(p.ttl / time.Second)}, //nolint:gosec // at most maxTTL
			Ptr: p.instance,
		})
	}
	b, err := msg.Pack()
	switch {
	case err == nil:
		return b
	case len(known) > 0: // somebody's name that can be read and not written
		return packQuery(nil)
	}
	panic(err) // a constant message
}

// readQuery reports whether a packet is a query for our service, and which rooms it names as known.
func readQuery(data []byte) (known []pointer, ok bool) {
	const response = 0x80 // in the third byte of every message, RFC 1035 §4.1.1; not decoded to be told apart
	if len(data) < 12 || data[2]&response != 0 || !bytes.Contains(data, mark) {
		return nil, false
	}
	var msg dns.Msg
	if msg.Unpack(data) != nil || len(msg.Ns) > 0 {
		return nil, false
	}
	for _, q := range msg.Question {
		if strings.EqualFold(q.Name, serviceName) && (q.Qtype == dns.TypePTR || q.Qtype == dns.TypeANY) {
			ok = true
		}
	}
	if !ok {
		return nil, false
	}
	for _, rr := range msg.Answer {
		if p, is := rr.(*dns.PTR); is && strings.EqualFold(p.Hdr.Name, serviceName) && len(known) < maxKnown {
			known = append(known, pointer{strings.ToLower(p.Ptr), min(time.Duration(p.Hdr.Ttl)*time.Second, maxTTL)})
		}
	}
	return known, true
}
