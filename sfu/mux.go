package sfu

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
)

// udpMux shares the room's UDP sockets between all participants' connections.
type udpMux struct{ v4, v6 *ice.UDPMuxDefault }

func newUDPMux(s *sockets, log logging.LeveledLogger) udpMux {
	var m udpMux
	if s.v4 != nil {
		m.v4 = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s.v4, Logger: log})
	}
	if s.v6 != nil {
		m.v6 = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s.v6, Logger: log})
	}
	return m
}

// of returns the mux of an address' family, or nil.
func (m udpMux) of(a netip.Addr) *ice.UDPMuxDefault {
	if a.Is4() {
		return m.v4
	}
	return m.v6
}

// Close implements ice.UDPMux.
func (m udpMux) Close() error {
	var err error
	for _, one := range []*ice.UDPMuxDefault{m.v4, m.v6} {
		if one != nil {
			err = errors.Join(err, one.Close())
		}
	}
	return err
}

// RemoveConnByUfrag implements ice.UDPMux.
func (m udpMux) RemoveConnByUfrag(ufrag string) {
	for _, one := range []*ice.UDPMuxDefault{m.v4, m.v6} {
		if one != nil {
			one.RemoveConnByUfrag(ufrag)
		}
	}
}

// GetConn implements ice.UDPMux.
func (m udpMux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return nil, fmt.Errorf("%v is no UDP address", addr)
	}
	one := m.of(udp.AddrPort().Addr().Unmap())
	if one == nil {
		return nil, fmt.Errorf("no socket for %v", addr)
	}
	return one.GetConn(ufrag, addr)
}

// portMux shows pion, for one participant, the addresses that this participant may reach us on at that moment: pion asks
// at each offer. pion's own would list what the machine had when it was opened, for ever; the room outlives that.
type portMux struct {
	udpMux
	reached *reached
	port    int
}

// GetListenAddresses implements ice.UDPMux.
func (m portMux) GetListenAddresses() []net.Addr {
	var out []net.Addr
	for _, a := range m.reached.addresses() {
		if m.of(a) != nil {
			out = append(out, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(m.port)))) //nolint:gosec // a port
		}
	}
	return out
}

// tcpMux offers one participant ICE over TCP (RFC 6544) on the room's port, for networks that block UDP, and only at the
// address that its Signal connection has proven: a browser opens a connection to each address that it is offered.
type tcpMux struct {
	*ice.TCPMuxDefault
	reached *reached
	port    int
}

// LocalAddr is what pion compares the machine's addresses with.
func (m tcpMux) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(m.reached.first(), uint16(m.port))) //nolint:gosec // a port
}
