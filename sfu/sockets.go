package sfu

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Socket buffers, in bytes; the system may grant less. What waits to be read must outlast a moment in which the host's
// processor is busy elsewhere: 4 MiB are 5 s of 100 talkers, as the kernel counts. What waits to be sent is one fan-out.
const (
	readBuffer  = 4 << 20
	writeBuffer = 1 << 20
)

// sockets are the UDP sockets of a room's port, one for each family: sending an IPv4 packet through an IPv6 socket takes
// a quarter longer (measured on Linux 6.18). One of them is nil where TCP listens in one family only.
type sockets struct {
	v4, v6   *socket
	reach    Reach  // set before anything is read
	probes   *rates // of addresses where ICE has found nobody; set before anything is read
	*invited        // those who may send all the same; set before anything is read

	mu       sync.Mutex
	expected atomic.Pointer[map[netip.AddrPort]*transport] // replaced as a whole; where ICE has found participants
}

// expect lets media from an address go straight to its transport.
func (s *sockets) expect(from netip.AddrPort, t *transport) {
	s.change(func(m map[netip.AddrPort]*transport) { m[from] = t })
}

// forget takes that back, unless the address has become another's.
func (s *sockets) forget(from netip.AddrPort, t *transport) {
	s.change(func(m map[netip.AddrPort]*transport) {
		if m[from] == t {
			delete(m, from)
		}
	})
}

func (s *sockets) change(edit func(map[netip.AddrPort]*transport)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := maps.Clone(*s.expected.Load())
	edit(next)
	s.expected.Store(&next)
}

// receive hands media from a known address to its transport, and checks of the port to who answers them, and drops what
// strangers send too much of. It reports false for everything else, which is ICE's.
func (s *sockets) receive(b []byte, from netip.AddrPort) bool {
	if t := (*s.expected.Load())[netip.AddrPortFrom(from.Addr().Unmap(), from.Port())]; t != nil {
		return isMedia(b) && t.receive(b)
	}
	if !s.let(b, from, s.probes, time.Now()) {
		return true
	}
	return !isMedia(b) && s.reach.receive(b, from)
}

func (s *sockets) write(b []byte, to netip.AddrPort) (int, error) {
	one := s.v6
	if to.Addr().Is4() {
		one = s.v4
	}
	if one == nil {
		return 0, net.ErrClosed
	}
	return one.WriteToUDPAddrPort(b, to)
}

// openSockets opens UDP on the address and port that TCP was bound to.
func openSockets(at *net.TCPAddr) (*sockets, error) {
	s := new(sockets)
	s.expected.Store(&map[netip.AddrPort]*transport{})
	var err4, err6 error
	ip := at.AddrPort().Addr().Unmap()
	if ip.Is4() || ip.IsUnspecified() {
		s.v4, err4 = s.open("udp4", at)
	}
	if ip.Is6() {
		s.v6, err6 = s.open("udp6", at)
	}
	if err := errors.Join(err4, err6); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *sockets) open(network string, at *net.TCPAddr) (*socket, error) {
	address := &net.UDPAddr{Port: at.Port}
	if !at.IP.IsUnspecified() {
		address.IP, address.Zone = at.IP, at.Zone
	}
	conn, err := net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	// A system that grants less has said so in its own way; there is nothing to do about it.
	_, _ = conn.SetReadBuffer(readBuffer), conn.SetWriteBuffer(writeBuffer)
	return &socket{conn, s}, nil
}

func (s *sockets) close() error {
	var err error
	for _, one := range []*socket{s.v4, s.v6} {
		if one != nil {
			err = errors.Join(err, one.Close())
		}
	}
	return err
}

// socket is a UDP socket that goes on reading after an error: what one participant's machine answers (an ICMP message,
// which Windows reports as a reset of the connection) must not end the room for all.
type socket struct {
	*net.UDPConn
	all *sockets
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter, which lets pion read and write without allocating. What it returns
// is for ICE; media is taken on the way.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := s.ReadFromUDPAddrPort(b)
		if err == nil && s.all.receive(b[:n], from) {
			continue
		}
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, from, err
		}
		<-time.After(time.Millisecond) // in case it goes on
	}
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (s *socket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return s.WriteToUDPAddrPort(b, to)
}
