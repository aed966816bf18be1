package discovery

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// onlyJoined makes a socket hear only the groups that it joined itself. Linux otherwise delivers every group that any socket
// of the machine has joined on any interface (ip(7), IP_MULTICAST_ALL): each link would be woken for all others.
// An old kernel without the option is no error, link.accepts sorts the rest out.
func onlyJoined(network, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		if network == "udp4" {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
		} else {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0)
		}
	})
}
