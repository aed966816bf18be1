package sfu

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/earshot/earshot/sfu/identity"
)

// ReachPrefix begins the UDP datagrams of somebody who checks whether a room's port is reached. Its first byte is none of
// those that STUN, ZRTP, DTLS, TURN channels, RTP and RTCP begin with (RFC 7983 §7).
const ReachPrefix = "\xe5earshot"

func isReach(b []byte) bool { return bytes.HasPrefix(b, []byte(ReachPrefix)) }

// Reach is what whoever checks a room's port from outside talks to, on the port of the room; package app/reach is the one
// there is. The zero value answers nobody.
type Reach struct {
	// Requests serves POST /v1/reach and POST /v1/reached.
	Requests http.Handler
	// Datagram is told each UDP datagram that begins with ReachPrefix. It must not block and not keep b.
	Datagram func(b []byte, from netip.AddrPort)
}

// routes adds the requests to those of a room's port.
func (r Reach) routes(mux *http.ServeMux) {
	if r.Requests != nil {
		mux.Handle("POST /v1/reach", r.Requests)
		mux.Handle("POST /v1/reached", r.Requests)
	}
}

// receive hands on what is a check, and reports false for everything else.
func (r Reach) receive(b []byte, from netip.AddrPort) bool {
	if r.Datagram == nil || !isReach(b) {
		return false
	}
	r.Datagram(b, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	return true
}

// ReachPort is the port of a room without a room, open for as long as somebody checks whether others get through to it.
type ReachPort struct {
	port  int
	close func() error
}

// ListenReach opens the port that a room would open, in the same way, for nothing but r. Errors: CodePortsTaken, or what the
// system says of the address.
func ListenReach(listen string, r Reach, log *slog.Logger) (*ReachPort, error) {
	def(&listen, ":"+DefaultPort)
	def(&log, slog.New(slog.DiscardHandler))
	id, err := identity.New() // nobody pins it
	if err != nil {
		return nil, fmt.Errorf("open port: %w", err)
	}
	tcp, udp, err := listenBoth(listen)
	if err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	r.routes(routes)
	var limits Limits
	limits.setDefaults(0)
	d := openDoor(tcp, limits, false)
	server := newHTTP(polite(routes, newRates(limits.RequestsPerSecond), func(*http.Request) bool { return false }), log)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{id}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	udp.reach, udp.probes, udp.invited = r, newRates(limits.ProbesPerSecond), newInvited(limits.ChecksPerSecond)
	var work sync.WaitGroup
	for _, s := range []*socket{udp.v4, udp.v6} {
		if s != nil {
			work.Go(s.drain)
		}
	}
	work.Go(func() { _ = server.ServeTLS(d.tls, "", "") }) // returns when Close closes it
	bound, _ := tcp.Addr().(*net.TCPAddr)
	return &ReachPort{port: bound.Port, close: sync.OnceValue(func() error {
		err := errors.Join(server.Close(), d.close(), udp.close())
		work.Wait()
		return err
	})}, nil
}

// Port is the TCP and UDP port number.
func (p *ReachPort) Port() int { return p.port }

// Close closes the port and waits for all that was started. It is idempotent.
func (p *ReachPort) Close() error { return p.close() }

// drain reads until the socket is closed. All that matters is taken on the way.
func (s *socket) drain() {
	b := make([]byte, 1500)
	for {
		if _, _, err := s.ReadFromAddrPort(b); err != nil {
			return
		}
	}
}
