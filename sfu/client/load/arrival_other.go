//go:build !linux

package load

import (
	"net"
	"net/netip"
)

// arrivalClock reads a socket with the time at which the program gets each packet.
type arrivalClock struct{}

func newArrivalClock(*net.UDPConn) *arrivalClock { return new(arrivalClock) }

func (*arrivalClock) read(conn *net.UDPConn, b []byte) (int, netip.AddrPort, int64, error) {
	n, from, err := conn.ReadFromUDPAddrPort(b)
	return n, from, wallClock(), err
}

// growBuffer gives a socket room for socketBuffer, or as much as the system allows.
func growBuffer(conn *net.UDPConn) { _ = conn.SetReadBuffer(socketBuffer) }
