package load

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// arrivalClock reads a socket with the time at which the kernel took each packet in (SO_TIMESTAMPNS, socket(7)). By the
// program's own clock a packet would also wait for the program to run.
type arrivalClock struct {
	oob [64]byte // one goroutine reads a socket
}

// newArrivalClock returns a clock for conn.
func newArrivalClock(conn *net.UDPConn) *arrivalClock {
	raw, err := conn.SyscallConn()
	if err != nil {
		return new(arrivalClock)
	}
	_ = raw.Control(func(fd uintptr) { // without it, the program's own clock is read
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
	return new(arrivalClock)
}

func (c *arrivalClock) read(conn *net.UDPConn, b []byte) (int, netip.AddrPort, int64, error) {
	n, oobn, _, from, err := conn.ReadMsgUDPAddrPort(b, c.oob[:])
	at := stampOf(c.oob[:oobn])
	if at == 0 {
		at = wallClock()
	}
	return n, from, at, err
}

// stampOf finds the kernel's time, in ns since 1970, among control messages: 0 when there is none.
func stampOf(oob []byte) int64 {
	if len(oob) < unix.SizeofCmsghdr {
		return 0
	}
	header, data, _, err := unix.ParseOneSocketControlMessage(oob)
	if err != nil || header.Level != syscall.SOL_SOCKET || header.Type != syscall.SO_TIMESTAMPNS || len(data) < 16 {
		return 0
	}
	seconds := int64(binary.NativeEndian.Uint64(data))               //nolint:gosec // a time_t
	return seconds*1e9 + int64(binary.NativeEndian.Uint64(data[8:])) //nolint:gosec // under 1e9
}

// growBuffer gives a socket room for socketBuffer, or as much as the system allows this user.
func growBuffer(conn *net.UDPConn) {
	_ = conn.SetReadBuffer(socketBuffer) // up to net.core.rmem_max
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { // root may have more
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketBuffer)
		})
	}
}
