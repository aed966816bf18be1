//go:build linux

package main

import "encoding/binary"

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	protoUDP  = 17
	protoFrag = 44 // IPv6 fragment header: no voice packet has one, and the ports are not in all of them
	portMDNS  = 5353
)

// isUDP reports whether the Ethernet frame is UDP over IPv4 or IPv6 and not mDNS. What it cannot read it is not.
func isUDP(frame []byte) bool {
	if len(frame) < 14 {
		return false
	}
	packet := frame[14:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case etherIPv4:
		if len(packet) < 20 || packet[9] != protoUDP {
			return false
		}
		if binary.BigEndian.Uint16(packet[6:])&0x1fff != 0 {
			return true // a later fragment
		}
		return notMDNS(packet, int(packet[0]&0x0f)*4)
	case etherIPv6:
		if len(packet) < 40 {
			return false
		}
		if packet[6] == protoFrag {
			return len(packet) > 40 && packet[40] == protoUDP
		}
		return packet[6] == protoUDP && notMDNS(packet, 40)
	}
	return false
}

// notMDNS looks at the ports of the UDP header at the offset.
func notMDNS(packet []byte, header int) bool {
	if len(packet) < header+8 {
		return false
	}
	from, to := binary.BigEndian.Uint16(packet[header:]), binary.BigEndian.Uint16(packet[header+2:])
	return from != portMDNS && to != portMDNS
}
