package sfu

import (
	"errors"
	"net"
	"net/netip"
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
type sockets struct{ v4, v6 *socket }

// openSockets opens UDP on the address and port that TCP was bound to.
func openSockets(at *net.TCPAddr) (*sockets, error) {
	var s sockets
	var err4, err6 error
	ip := at.AddrPort().Addr().Unmap()
	if ip.Is4() || ip.IsUnspecified() {
		s.v4, err4 = openSocket("udp4", at)
	}
	if ip.Is6() {
		s.v6, err6 = openSocket("udp6", at)
	}
	if err := errors.Join(err4, err6); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return &s, nil
}

func openSocket(network string, at *net.TCPAddr) (*socket, error) {
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
	return &socket{conn}, nil
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
type socket struct{ *net.UDPConn }

// ReadFromAddrPort implements ice.AddrPortReaderWriter, which lets pion read and write without allocating.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := s.ReadFromUDPAddrPort(b)
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
