package discovery

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// TTLs of our own records in seconds. Listeners of ours do not use them; others drop what is gone after these.
const (
	ttlService = 3200 // as the library's
	ttlHost    = 120  // RFC 6762 §10, for records that hold an address
)

// Announcements, RFC 6762 §8.3: the second after one second, each later one after twice that time or more, here at 0, 1, 3, 7 and
// 15 s; beside the library, which sends the first two, at 4, 12 and 28 s. Two are not enough: an IPv6 address cannot be used for the
// first second or two (RFC 4862, duplicate address detection), and a Wi-Fi loses multicast in bursts.
const (
	announceEvery = time.Second
	announcements = 5
	byLibrary     = 2
)

// Answers, RFC 6762 §6: after a random delay, so that those of many hosts do not collide, and no more than one a second.
const (
	answerAfter    = 20 * time.Millisecond
	answerJitter   = 100 * time.Millisecond
	answersAtLeast = time.Second
)

// responder advertises a room through our own links, on each interface with that interface's addresses. It stands
// beside the library's server where that cannot choose the interface. It answers the queries for the service, announces
// and says goodbye.
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
			if known, ok := readQuery(p.data); ok && !r.isKnown(known) {
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

// isKnown reports whether the asker knows the room already and for long enough (RFC 6762 §7.1).
func (r *responder) isKnown(known []pointer) bool {
	instance := r.ad.label() + "." + serviceName
	return slices.ContainsFunc(known, func(p pointer) bool {
		return p.instance == instance && p.ttl >= ttlService*time.Second/2
	})
}

// serve is the goroutine of one link.
func (r *responder) serve(l *link, asked <-chan struct{}) {
	announce := time.NewTimer(0)
	defer announce.Stop()
	var sent time.Time
	for announced := 0; ; {
		var wait time.Duration
		select {
		case <-r.stop:
			r.send(l, true)
			return
		case <-announce.C:
			if announced++; announced < announcements {
				announce.Reset(announceEvery << (announced - 1))
			}
		case <-asked:
			wait = max(answerAfter+rand.N(answerJitter), time.Until(sent.Add(answersAtLeast))) //nolint:gosec // spreads, keeps no secret
		}
		select {
		case <-r.stop:
			continue
		case <-time.After(wait):
		}
		r.send(l, false)
		sent = time.Now()
	}
}

func (r *responder) send(l *link, goodbye bool) {
	if err := l.announce(r.ad, goodbye); err != nil {
		r.log.Debug("announcement not sent", "room", r.ad.ID, "interface", l.iface.Name, "error", err)
	}
}

// announce sends a room's records on this interface.
func (l *link) announce(ad Ad, goodbye bool) error {
	b, err := ad.message(l.iface, goodbye)
	if err != nil {
		return fmt.Errorf("pack announcement: %w", err)
	}
	return l.send(b)
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
