package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// The groups of mDNS, RFC 6762 §3.
var (
	group4 = netip.MustParseAddrPort("224.0.0.251:5353") //nolint:gochecknoglobals // a constant in all but type
	group6 = netip.MustParseAddrPort("[ff02::fb]:5353")  //nolint:gochecknoglobals // as above
)

const mdnsPort = 5353

// readBuffer is how many bytes may wait in a socket: a query in an office of 200 rooms is answered by all of them at once.
const readBuffer = 1 << 20

// link is the passive listener of one interface: one socket for each IP family on port 5353, beside whatever else
// listens there (package net sets SO_REUSEADDR, and SO_REUSEPORT on the BSDs, for a multicast address; avahi-daemon, mDNSResponder and
// Windows' own resolver do too). The library's own subscription hears neither goodbyes nor changes nor anything
// between two rounds; this does. Close ends it and waits.
type link struct {
	iface   iface
	conns   []groupConn
	readers sync.WaitGroup
	closed  atomic.Bool
	broken  atomic.Bool // a reader gave up: open the link anew
}

// groupConn is an ipv4.PacketConn or ipv6.PacketConn in the mDNS group of one interface.
type groupConn interface {
	read(b []byte) (n int, from netip.AddrPort, ifIndex int, to netip.Addr, err error)
	send(b []byte) error
	Close() error
}

// openLink joins the groups of one interface and calls heard for each datagram, from its readers' goroutines, until
// Close. One family is enough; an error says that neither could be joined.
func openLink(i iface, heard func(packet)) (*link, error) {
	l := &link{iface: i}
	var errs []error
	v4, v6 := i.families()
	if v4 {
		c, err := join4(i)
		if err == nil {
			l.conns = append(l.conns, c)
		}
		errs = append(errs, err)
	}
	if v6 {
		c, err := join6(i)
		if err == nil {
			l.conns = append(l.conns, c)
		}
		errs = append(errs, err)
	}
	if len(l.conns) == 0 {
		return nil, fmt.Errorf("listen for mDNS: %w", errors.Join(errs...))
	}
	for _, c := range l.conns {
		l.readers.Go(func() { l.read(c, heard) })
	}
	return l, nil
}

// Close ends the readers and waits for them.
func (l *link) Close() {
	l.closed.Store(true)
	for _, c := range l.conns {
		_ = c.Close() // the socket is gone either way
	}
	l.readers.Wait()
}

// send sends one message to the groups of this interface; it is an error when no family could.
func (l *link) send(b []byte) error {
	var err error
	sent := false
	for n := range l.conns {
		if e := l.sendInTurn(b, n); e != nil {
			err = e
		} else {
			sent = true
		}
	}
	if sent {
		return nil
	}
	return err
}

// sendInTurn sends one message over one IP family, another each turn if there are two.
func (l *link) sendInTurn(b []byte, turn int) error {
	if len(l.conns) == 0 {
		return net.ErrClosed
	}
	return l.conns[turn%len(l.conns)].send(b)
}

func (l *link) read(c groupConn, heard func(packet)) {
	const patience = 10 // failed reads in a row, 100 ms apart: Windows reports the errors of earlier sends on read
	buf := make([]byte, maxPacket+1)
	for failures := 0; ; {
		n, from, ifIndex, to, err := c.read(buf)
		if l.closed.Load() {
			return
		}
		if err != nil {
			if failures++; failures == patience {
				l.broken.Store(true)
				return
			}
			<-time.After(100 * time.Millisecond)
			continue
		}
		failures = 0
		if !l.accepts(from, ifIndex, to) {
			continue
		}
		source := from.Addr().Unmap()
		if source.Is6() && source.IsLinkLocalUnicast() {
			source = source.WithZone(l.iface.zone())
		}
		heard(packet{iface: l.iface, source: source, data: append([]byte(nil), buf[:n]...)})
	}
}

// accepts reports whether a datagram may speak for this link (RFC 6762 §11): it came in by this interface, from the mDNS
// port, and to the group, which routers do not forward. Where the system does not tell the destination (Windows) the
// sender has to be of a directly connected network.
func (l *link) accepts(from netip.AddrPort, ifIndex int, to netip.Addr) bool {
	zone := from.Addr().Zone()
	switch {
	case from.Port() != mdnsPort, ifIndex != 0 && ifIndex != l.iface.Index:
		return false
	case zone != "" && zone != l.iface.Name && zone != strconv.Itoa(l.iface.Index):
		return false
	case to.IsValid():
		return to.IsMulticast()
	}
	return l.iface.onLink(from.Addr().Unmap())
}

type conn4 struct{ *ipv4.PacketConn }

func join4(i iface) (groupConn, error) {
	pc, err := listen("udp4", group4)
	if err != nil {
		return nil, err
	}
	c := ipv4.NewPacketConn(pc)
	_ = c.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true) // not on Windows; accepts copes
	_ = c.SetMulticastTTL(255)                                     // RFC 6762 §11; only our own sends
	_ = c.SetMulticastLoopback(true)                               // other apps on this machine
	err = errors.Join(
		c.JoinGroup(&i.Interface, net.UDPAddrFromAddrPort(group4)),
		c.SetMulticastInterface(&i.Interface),
	)
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("join IPv4 group: %w", err)
	}
	return conn4{c}, nil
}

func (c conn4) read(b []byte) (n int, from netip.AddrPort, ifIndex int, to netip.Addr, err error) {
	n, cm, src, err := c.ReadFrom(b)
	if cm != nil {
		ifIndex = cm.IfIndex
		to, _ = netip.AddrFromSlice(cm.Dst)
	}
	return n, addrPort(src), ifIndex, to.Unmap(), err
}

func (c conn4) send(b []byte) error {
	_, err := c.WriteTo(b, nil, net.UDPAddrFromAddrPort(group4))
	return err
}

type conn6 struct{ *ipv6.PacketConn }

func join6(i iface) (groupConn, error) {
	pc, err := listen("udp6", group6)
	if err != nil {
		return nil, err
	}
	c := ipv6.NewPacketConn(pc)
	_ = c.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true)
	_ = c.SetMulticastHopLimit(255)
	_ = c.SetMulticastLoopback(true)
	err = errors.Join(
		c.JoinGroup(&i.Interface, net.UDPAddrFromAddrPort(group6)),
		c.SetMulticastInterface(&i.Interface),
	)
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("join IPv6 group: %w", err)
	}
	return conn6{c}, nil
}

func (c conn6) read(b []byte) (n int, from netip.AddrPort, ifIndex int, to netip.Addr, err error) {
	n, cm, src, err := c.ReadFrom(b)
	if cm != nil {
		ifIndex = cm.IfIndex
		to, _ = netip.AddrFromSlice(cm.Dst)
	}
	return n, addrPort(src), ifIndex, to, err
}

func (c conn6) send(b []byte) error {
	_, err := c.WriteTo(b, nil, net.UDPAddrFromAddrPort(group6))
	return err
}

// listen binds port 5353 of all addresses (package net binds the wildcard when given a group), shared with others.
func listen(network string, group netip.AddrPort) (net.PacketConn, error) {
	lc := net.ListenConfig{Control: onlyJoined}
	pc, err := lc.ListenPacket(context.Background(), network, group.String())
	if err != nil {
		return nil, fmt.Errorf("bind mDNS port: %w", err)
	}
	if u, ok := pc.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(readBuffer) // as much of it as the system permits
	}
	return pc, nil
}

func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort()
	}
	return netip.AddrPort{}
}
