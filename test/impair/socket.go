//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// vnetHeader is the size of struct virtio_net_hdr, which comes before each frame with PACKET_VNET_HDR.
	vnetHeader = 10
	// maxFrame is the longest that is read: an unsegmented TCP superframe of 64 KiB with its headers.
	maxFrame = vnetHeader + 14 + 65536 + 512
	// socketBuffer is what each socket may hold, in bytes: the readers may be kept from a processor for a while.
	socketBuffer = 16 << 20
	// patience is how long a read waits before it looks whether the program ends.
	patience = 200 * time.Millisecond
)

// openEnd opens a packet socket on the network interface, for all frames that come in by it.
//
// Between two ends of a veth pair packets carry no finished checksums and may be longer than the MTU, because nobody
// needed either yet. The virtio header says so of each frame, and is handed on with it.
func openEnd(name string) (fd int, err error) {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return 0, fmt.Errorf("find interface %q: %w", name, err)
	}
	// Protocol 0: nothing is received before bind.
	fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open a packet socket (needs root): %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open interface %q: %w", name, err), unix.Close(fd))
		}
	}()
	for _, option := range []struct{ level, name, value int }{
		{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
		{unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1}, // what we send ourselves would go round and round
	} {
		if err := unix.SetsockoptInt(fd, option.level, option.name, option.value); err != nil {
			return fd, err
		}
	}
	for _, names := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, names[0], socketBuffer) == nil {
			continue
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, names[1], socketBuffer); err != nil {
			return fd, err
		}
	}
	wait := unix.NsecToTimeval(int64(patience))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		return fd, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: link.Index})
}

func networkOrder(n uint16) uint16 { return n<<8 | n>>8 } // every processor that the tests run on is little-endian
