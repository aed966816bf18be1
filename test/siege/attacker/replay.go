//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// reusePort lets a socket be beside others on its port.
func reusePort(_, _ string, c syscall.RawConn) error {
	const soReusePort = 15
	var failed error
	err := c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1)
	})
	if err != nil {
		return err
	}
	return failed
}

// datagram is one that somebody sent to the room.
type datagram struct {
	from    netip.AddrPort
	payload []byte
}

// replay listens to all that the others' cables carry, as who mirrors a switch's port can, and sends it to the room once more:
// from its own address, and under the addresses of those who sent it first. It wins when the room sends it media.
func replay(ctx context.Context, t target) (result, error) {
	recorded, err := record(ctx, t, 2*time.Second)
	if err != nil {
		return result{}, err
	}
	own, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(t.room))
	if err != nil {
		return result{}, err
	}
	defer func() { _ = own.Close() }()
	forge, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_RAW)
	if err != nil {
		return result{}, fmt.Errorf("forge: %w", err)
	}
	defer func() { _ = syscall.Close(forge) }()
	to := &syscall.SockaddrInet4{Addr: t.room.Addr().As4()}
	var r result
	kinds := make(map[string]int)
	for ctx.Err() == nil {
		for _, d := range recorded {
			kinds[kindOf(d.payload)]++
			_, _ = own.Write(d.payload)
			_ = syscall.Sendto(forge, ipv4(d.from, t.room, d.payload), 0, to)
			flipped := append([]byte(nil), d.payload...) // and changed a little
			flipped[len(flipped)/2] ^= 1
			_ = syscall.Sendto(forge, ipv4(d.from, t.room, flipped), 0, to)
			r.Tried += 3
			if ctx.Err() != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	answers := make(map[string]int)
	b := make([]byte, 2000)
	_ = own.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	for {
		n, err := own.Read(b)
		if err != nil {
			break
		}
		answers[kindOf(b[:n])]++
	}
	r.Won = answers["media"] > 0 || answers["dtls"] > 0
	r.Detail = fmt.Sprintf("recorded %d datagrams, sent %v, was answered %v", len(recorded), kinds, answers)
	if len(recorded) == 0 || kinds["media"] == 0 {
		return r, fmt.Errorf("nothing to replay was heard: %s", r.Detail)
	}
	return r, nil
}

// kindOf tells what a datagram is by its first byte (RFC 7983 §7).
func kindOf(b []byte) string {
	switch {
	case len(b) == 0:
		return "nothing"
	case b[0] < 4:
		return "stun"
	case b[0] >= 20 && b[0] < 64:
		return "dtls"
	case b[0] >= 128 && b[0] < 192:
		return "media"
	}
	return "other"
}

// ipv4 is a packet with any sender (RFC 791, RFC 768 without a checksum).
func ipv4(from, to netip.AddrPort, payload []byte) []byte {
	b := make([]byte, 28, 28+len(payload))
	b[0], b[8], b[9] = 0x45, 64, syscall.IPPROTO_UDP
	binary.BigEndian.PutUint16(b[2:], uint16(28+len(payload))) //nolint:gosec // under 1,500
	source, target := from.Addr().As4(), to.Addr().As4()
	copy(b[12:], source[:])
	copy(b[16:], target[:])
	binary.BigEndian.PutUint16(b[20:], from.Port())
	binary.BigEndian.PutUint16(b[22:], to.Port())
	binary.BigEndian.PutUint16(b[24:], uint16(8+len(payload))) //nolint:gosec // as above
	return append(b, payload...)
}

// record returns the datagrams to the room that the device sees.
func record(ctx context.Context, t target, d time.Duration) ([]datagram, error) {
	device, err := net.InterfaceByName(t.device)
	if err != nil {
		return nil, err
	}
	const all = 0x0300 // ETH_P_ALL in network order
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, all)
	if err != nil {
		return nil, fmt.Errorf("listen to the wire: %w", err)
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: all, Ifindex: device.Index}); err != nil {
		return nil, err
	}
	// struct packet_mreq: index, PACKET_MR_PROMISC; option PACKET_ADD_MEMBERSHIP.
	membership := make([]byte, 16)
	binary.NativeEndian.PutUint32(membership, uint32(device.Index)) //nolint:gosec // small
	binary.NativeEndian.PutUint16(membership[4:], 1)
	if err := syscall.SetsockoptString(fd, syscall.SOL_PACKET, 1, string(membership)); err != nil {
		return nil, err
	}
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 100_000}); err != nil {
		return nil, err
	}
	var out []datagram
	b := make([]byte, 2000)
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil && len(out) < 1000; {
		n, _, err := syscall.Recvfrom(fd, b, 0)
		if err != nil || n < 28 || b[0]>>4 != 4 || b[9] != syscall.IPPROTO_UDP {
			continue
		}
		header := int(b[0]&15) * 4
		if n < header+8 || netip.AddrFrom4([4]byte(b[16:20])) != t.room.Addr() || binary.BigEndian.Uint16(b[header+2:]) != t.room.Port() {
			continue
		}
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:16])), binary.BigEndian.Uint16(b[header:]))
		if payload := b[header+8 : n]; len(payload) > 0 {
			out = append(out, datagram{from, append([]byte(nil), payload...)})
		}
	}
	return out, nil
}
