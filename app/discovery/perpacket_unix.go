//go:build !windows

package discovery

// perPacketInterface says that the library can choose the interface of each datagram that it sends, and learns the
// interface of each that it receives (IP_PKTINFO, IPV6_PKTINFO).
const perPacketInterface = true
