package discovery

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/earshot/earshot/sfu/signal"
)

// Rooms of other networks come as signed records (docs/PROTOCOL.md, "Between networks"): one TXT record each, under a
// service of their own, so that whoever does not know them sees no room twice.
const (
	farName = "_earshot-far._tcp." + domain + "."
	// farTTL is how long others may take a passed on room for known (RFC 6762 §10); ours look for themselves whether it answers.
	farTTL = 75 * time.Minute
	// maxRecordsPacket is how many records are read from one packet.
	maxRecordsPacket = 8
	// maxRecords is how many rooms' last records are remembered.
	maxRecords = maxCandidates
	// maxChecks is how many signatures are checked a second, whoever sends how many records: under 1 % of a core.
	maxChecks = 64
)

// farMark is that service's label as it stands in a packet.
var farMark = []byte("\x0c_earshot-far") //nolint:gochecknoglobals // a constant in all but type

// farMessage returns a record as it is passed on.
func farMessage(key roomKey, text string) ([]byte, error) {
	txt := &dns.TXT{Hdr: dns.RR_Header{
		Name: key.label() + "." + farName, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: uint32(farTTL / time.Second),
	}}
	for len(text) > maxTXTString {
		txt.Txt, text = append(txt.Txt, text[:maxTXTString]), text[maxTXTString:]
	}
	txt.Txt = append(txt.Txt, text)
	msg := dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Answer: []dns.RR{txt}}
	return msg.Pack()
}

func (k roomKey) label() string { return Ad{ID: k.id, Fingerprint: k.fingerprint}.label() }

func (k roomKey) instance() string { return k.label() + "." + serviceName }

// records reads what others pass on. It is safe for concurrent use.
type records struct {
	mu     sync.Mutex
	last   map[roomKey]kept
	second time.Time
	checks int // since second
}

// kept is the record that holds for a room.
type kept struct {
	record signal.Record
	text   string
	heard  time.Time
}

// parse returns the rooms that a packet passes on, whose records are signed by the key that they name and are not older than others
// of the same room. The addresses are the record's; the sender's own count for nothing. Like those of an
// announcement they are only candidates.
func (r *records) parse(p packet, now time.Time) []announcement {
	if len(p.data) > maxPacket || !bytes.Contains(p.data, farMark) {
		return nil
	}
	var msg dns.Msg
	if msg.Unpack(p.data) != nil || !msg.Response {
		return nil
	}
	var out []announcement
	for _, rr := range msg.Answer[:min(len(msg.Answer), maxRecordsPacket)] {
		txt, ok := rr.(*dns.TXT)
		if !ok || !strings.HasSuffix(strings.ToLower(txt.Hdr.Name), "."+farName) || len(txt.Txt) > 4 {
			continue
		}
		text := strings.Join(txt.Txt, "")
		record, ok := r.read(text, now)
		if !ok {
			continue
		}
		key := roomKey{record.RoomID, record.Fingerprint}
		a := announcement{
			instance: key.instance(), known: true, key: key, source: p.source, ttl: farTTL, passedOn: true, on: p.iface.Index,
		}
		for _, e := range record.Addresses {
			if e.Addr().IsLinkLocalUnicast() || e.Addr().IsLoopback() {
				continue
			}
			if e, ok := p.iface.endpoint(e.Addr(), e.Port()); ok && !slices.Contains(a.endpoints, e) {
				a.endpoints = append(a.endpoints, e)
			}
		}
		if len(a.endpoints) > 0 {
			out = append(out, a)
		}
	}
	return out
}

// read checks a record, unless it is the one that holds already.
func (r *records) read(text string, now time.Time) (signal.Record, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, k := range r.last {
		if k.text == text {
			k.heard = now
			r.last[key] = k
			return k.record, true
		}
	}
	if now.Sub(r.second) >= time.Second {
		r.second, r.checks = now, 0
	}
	if r.checks >= maxChecks {
		return signal.Record{}, false
	}
	r.checks++
	record, err := signal.ReadRecord(text)
	if err != nil {
		return signal.Record{}, false
	}
	key := roomKey{record.RoomID, record.Fingerprint}
	if k, known := r.last[key]; known && record.Older(k.record) {
		return signal.Record{}, false
	}
	if r.last == nil {
		r.last = make(map[roomKey]kept)
	}
	if _, known := r.last[key]; !known && len(r.last) == maxRecords {
		var oldest roomKey
		for key, k := range r.last {
			if oldest.id == "" || k.heard.Before(r.last[oldest].heard) {
				oldest = key
			}
		}
		delete(r.last, oldest)
	}
	r.last[key] = kept{record, text, now}
	return record, true
}

// sameNetwork reports whether two interfaces are in one network, as far as their addresses tell.
func sameNetwork(a, b iface) bool {
	return slices.ContainsFunc(a.prefixes, func(p netip.Prefix) bool {
		return !p.Addr().IsLinkLocalUnicast() && slices.ContainsFunc(b.prefixes, p.Overlaps)
	})
}
