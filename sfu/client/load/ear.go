package load

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// socketBuffer is what the kernel may keep for one participant, in bytes: seconds of a full room, so that a moment in
// which this program does not run is not counted as loss on the way.
const socketBuffer = 4 << 20

// network gives a participant's peer connection sockets with an ear.
type network struct {
	*stdnet.Net
	peer *Peer
}

// ListenUDP implements transport.Net.
func (n network) ListenUDP(kind string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := net.ListenUDP(kind, address)
	if err != nil {
		return nil, err
	}
	growBuffer(conn)
	e := &ear{UDPConn: conn, peer: n.peer}
	if n.peer.decrypt {
		e.clock = newArrivalClock(conn)
	}
	return e, nil
}

// ear is a socket that counts RTP before pion reads it. It is pion's ice.AddrPortReaderWriter.
type ear struct {
	*net.UDPConn
	peer  *Peer
	clock *arrivalClock // nil: nobody wants to know when a packet came
}

// ReadFromAddrPort returns what is for pion: everything but media, and media only where it is decrypted.
func (e *ear) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, at, err := e.read(b)
		if err != nil || !isMedia(b[:n]) {
			return n, from, err
		}
		if e.peer.drops != nil && e.peer.drops(e.peer.number, in, b[:n]) {
			continue
		}
		if !isRTCP(b) {
			e.peer.arrived(binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint16(b[2:]), at)
		}
		if e.peer.decrypt {
			return n, from, nil
		}
	}
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (e *ear) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if e.peer.dead.Load() || e.peer.drops != nil && isMedia(b) && e.peer.drops(e.peer.number, out, b) {
		return len(b), nil
	}
	return e.WriteToUDPAddrPort(b, to)
}

func (e *ear) read(b []byte) (int, netip.AddrPort, int64, error) {
	if e.clock != nil {
		return e.clock.read(e.UDPConn, b)
	}
	n, from, err := e.ReadFromUDPAddrPort(b)
	return n, from, 0, err
}

// direction is that of a packet as seen from a participant.
type direction bool

const (
	in  direction = false
	out direction = true
)

// isMedia reports RTP and RTCP, which share a port with STUN and DTLS (RFC 7983 §7).
func isMedia(b []byte) bool { return len(b) >= 12 && b[0] >= 128 && b[0] <= 191 }

// isRTCP tells RTCP from RTP (RFC 5761 §4).
func isRTCP(b []byte) bool { return b[1] >= 192 && b[1] <= 223 }

func wallClock() int64 { return time.Now().UnixNano() }
