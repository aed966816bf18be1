package sfu

import (
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
)

// portMux shows pion, for one participant, the addresses that this participant may reach us on at that moment: pion asks
// at each offer. The shared mux would list what the machine had when it was opened, for ever; the room outlives that.
type portMux struct {
	*ice.UDPMuxDefault
	reached *reached
	port    int
}

// GetListenAddresses implements ice.UDPMux.
func (m portMux) GetListenAddresses() []net.Addr {
	addresses := m.reached.addresses()
	out := make([]net.Addr, len(addresses))
	for i, a := range addresses {
		out[i] = net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(m.port))) //nolint:gosec // a port
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
