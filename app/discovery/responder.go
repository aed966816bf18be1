package discovery

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// TTLs of our own records in seconds. Listeners of ours do not use them; others drop what is gone after these.
const (
	ttlService = 3200 // as the library's
	ttlHost    = 120  // RFC 6762 §10, for records that hold an address
)

// announceEvery is the time between the two announcements of RFC 6762 §8.3.
const announceEvery = time.Second

// responder advertises a room through our own links, on each interface with that interface's addresses. It stands
// beside the library's server where that cannot choose the interface. It answers the queries for the service, announces
// twice and says goodbye.
type responder struct {
	ad    Ad
	log   *slog.Logger
	links []*link
	stop  chan struct{}
	all   sync.WaitGroup
}

// newResponder opens a link on each interface; it is an error when none could be opened.
func newResponder(ad Ad, ifaces []iface, cfg Config) (*responder, error) {
	r := &responder{ad: ad, log: cfg.Logger, stop: make(chan struct{})}
	var errs []error
	for _, i := range ifaces {
		asked := make(chan struct{}, 1)
		l, err := cfg.open(i, func(p packet) {
			if asksForService(p.data) {
				select {
				case asked <- struct{}{}:
				default: // an answer is about to be sent already
				}
			}
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.links = append(r.links, l)
		r.all.Go(func() { r.serve(l, asked) })
	}
	if len(r.links) == 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

// close says goodbye on every interface and waits.
func (r *responder) close() {
	close(r.stop)
	r.all.Wait()
	for _, l := range r.links {
		l.Close()
	}
}

// serve is the goroutine of one link. It answers at most ten times a second, whoever asks how often.
func (r *responder) serve(l *link, asked <-chan struct{}) {
	const pause = 100 * time.Millisecond
	announce := time.NewTimer(0)
	defer announce.Stop()
	for announced := 0; ; {
		select {
		case <-r.stop:
			r.send(l, true)
			return
		case <-announce.C:
			r.send(l, false)
			if announced++; announced < 2 {
				announce.Reset(announceEvery)
			}
			continue
		case <-asked:
			r.send(l, false)
		}
		select {
		case <-r.stop:
		case <-time.After(pause):
		}
	}
}

func (r *responder) send(l *link, goodbye bool) {
	b, err := r.ad.message(l.iface, goodbye)
	if err == nil {
		err = l.send(b)
	}
	if err != nil {
		r.log.Debug("announcement not sent", "room", r.ad.ID, "interface", l.iface.Name, "error", err)
	}
}

// message returns the room's records with one interface's addresses, as one response.
func (a Ad) message(i iface, goodbye bool) ([]byte, error) {
	header := func(name string, rrtype uint16, ttl uint32) dns.RR_Header {
		if goodbye {
			ttl = 0
		}
		return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
	}
	instance, host := a.label()+"."+serviceName, a.label()+"."+domain+"."
	msg := dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Compress: true}
	msg.Answer = append(msg.Answer,
		&dns.PTR{Hdr: header(serviceName, dns.TypePTR, ttlService), Ptr: instance},
		&dns.SRV{Hdr: header(instance, dns.TypeSRV, ttlService), Port: uint16(a.Port), Target: host},
		&dns.TXT{Hdr: header(instance, dns.TypeTXT, ttlService), Txt: a.txt()},
	)
	for _, p := range i.prefixes {
		if ip := p.Addr(); ip.Is4() {
			msg.Answer = append(msg.Answer, &dns.A{Hdr: header(host, dns.TypeA, ttlHost), A: ip.AsSlice()})
		} else {
			msg.Answer = append(msg.Answer, &dns.AAAA{Hdr: header(host, dns.TypeAAAA, ttlHost), AAAA: ip.AsSlice()})
		}
	}
	return msg.Pack()
}

// queryMessage asks for all rooms.
func queryMessage() []byte {
	msg := dns.Msg{Question: []dns.Question{{Name: serviceName, Qtype: dns.TypePTR, Qclass: dns.ClassINET}}}
	b, err := msg.Pack()
	if err != nil {
		panic(err) // a constant message
	}
	return b
}

// asksForService reports whether a packet is a query for our service.
func asksForService(data []byte) bool {
	if !bytes.Contains(data, mark) {
		return false
	}
	var msg dns.Msg
	if msg.Unpack(data) != nil || msg.Response || len(msg.Ns) > 0 {
		return false
	}
	for _, q := range msg.Question {
		if strings.EqualFold(q.Name, serviceName) && (q.Qtype == dns.TypePTR || q.Qtype == dns.TypeANY) {
			return true
		}
	}
	return false
}
