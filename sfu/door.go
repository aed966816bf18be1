package sfu

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// doorWithin is how long a TCP connection may take to show what it wants.
	doorWithin = 5 * time.Second
	// maxAtDoor is how many connections of one address may be at that at once: a second of a whole office that comes
	// through one NAT.
	maxAtDoor = 32
	// maxICETCP is how many ICE connections one address may hold: a colleague's app needs one, or two while it moves,
	// and again an office may come through one NAT.
	maxICETCP = 128
	// iceTCPQueue is how many bytes wait for a participant whose TCP connection does not keep up: 64 KiB are 0.4 s of
	// ten voices. Later than that they are better lost.
	iceTCPQueue = 64 << 10
	// tlsHandshake is the first byte of TLS (RFC 8446 §5.1).
	tlsHandshake = 22
	// maxFrame is the longest first frame of ICE over TCP, which is a STUN message behind two bytes of length
	// (RFC 4571 §2); pion reads no more than 512 bytes.
	maxFrame = 512
)

// door lets TLS and ICE share one TCP port: it looks at the first byte of each connection and hands it on.
type door struct {
	listener net.Listener
	tls, ice *corridor
	work     sync.WaitGroup
	closed   chan struct{}

	atDoor, inICE pending

	mu      sync.Mutex
	waiting map[net.Conn]struct{} // nil once closed
}

func openDoor(l net.Listener) *door {
	d := &door{
		listener: l, closed: make(chan struct{}), waiting: make(map[net.Conn]struct{}),
		atDoor: pending{limit: maxAtDoor}, inICE: pending{limit: maxICETCP},
	}
	d.tls, d.ice = d.corridor(), d.corridor()
	d.work.Go(d.accept)
	return d
}

func (d *door) corridor() *corridor {
	return &corridor{door: d, conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (d *door) accept() {
	for {
		c, err := d.listener.Accept()
		switch {
		case err == nil:
			d.work.Go(func() { d.admit(c) })
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of file descriptors: some will be closed
			select {
			case <-d.closed:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}

// admit reads the first byte and hands the connection on.
func (d *door) admit(c net.Conn) {
	seen := &seenConn{Conn: c}
	from, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil || !d.look(seen, from.Addr().Unmap().WithZone("")) {
		_ = c.Close()
		return
	}
	switch {
	case seen.first[0] == tlsHandshake:
		d.tls.offer(seen)
	case int(seen.first[0])<<8 <= maxFrame:
		leave, ok := d.inICE.enter(from.Addr().Unmap().WithZone(""))
		if !ok {
			_ = c.Close()
			return
		}
		seen.leave = leave
		d.ice.offer(seen)
	default:
		_ = c.Close()
	}
}

// look waits for the first byte, if the address may have one more connection waiting.
func (d *door) look(c *seenConn, from netip.Addr) bool {
	leave, ok := d.atDoor.enter(from)
	if !ok {
		return false
	}
	defer leave()
	d.mu.Lock()
	open := d.waiting != nil
	if open {
		d.waiting[c.Conn] = struct{}{}
	}
	d.mu.Unlock()
	if !open {
		return false
	}
	_ = c.SetReadDeadline(time.Now().Add(doorWithin))
	_, err := io.ReadFull(c.Conn, c.first[:])
	_ = c.SetReadDeadline(time.Time{})
	d.mu.Lock()
	delete(d.waiting, c.Conn)
	d.mu.Unlock()
	return err == nil
}

// close closes the port and waits for those at the door. Call it once.
func (d *door) close() error {
	close(d.closed)
	err := d.listener.Close()
	d.mu.Lock()
	for c := range d.waiting {
		_ = c.Close()
	}
	d.waiting = nil
	d.mu.Unlock()
	d.work.Wait()
	return err
}

// corridor is the listener of one of the two that share the port.
type corridor struct {
	door   *door
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (c *corridor) offer(conn net.Conn) {
	select {
	case c.conns <- conn:
	case <-c.closed:
		_ = conn.Close()
	case <-c.door.closed:
		_ = conn.Close()
	}
}

// Accept implements net.Listener.
func (c *corridor) Accept() (net.Conn, error) {
	select {
	case conn := <-c.conns:
		return conn, nil
	case <-c.closed:
	case <-c.door.closed:
	}
	return nil, net.ErrClosed
}

// Close implements net.Listener. The port stays open for the other.
func (c *corridor) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// Addr implements net.Listener.
func (c *corridor) Addr() net.Addr { return c.door.listener.Addr() }

// seenConn is a connection whose first byte was looked at.
type seenConn struct {
	net.Conn
	first [1]byte
	given bool // the first byte was read again; belongs to the reader
	leave func()
}

// Read implements net.Conn.
func (c *seenConn) Read(b []byte) (int, error) {
	if !c.given && len(b) > 0 {
		c.given = true
		b[0] = c.first[0]
		return 1, nil
	}
	return c.Conn.Read(b)
}

// Close implements net.Conn.
func (c *seenConn) Close() error {
	if c.leave != nil {
		c.leave()
	}
	return c.Conn.Close()
}
