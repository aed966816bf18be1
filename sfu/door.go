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
	// iceTCPQueue is how many bytes wait for a participant whose TCP connection does not keep up: 64 KiB are 0.4 s of
	// ten voices. Later than that they are better lost.
	iceTCPQueue = 64 << 10
	// tlsHandshake is the first byte of TLS (RFC 8446 §5.1).
	tlsHandshake = 22
	// httpGET is the first byte of a browser's request without TLS, and none of ICE's: it would be a frame of 18 kB.
	httpGET = 'G'
	// maxFrame is the longest first frame of ICE over TCP, which is a STUN message behind two bytes of length
	// (RFC 4571 §2); pion reads no more than 512 bytes.
	maxFrame = 512
)

// door lets TLS and ICE share one TCP port: it looks at the first byte of each connection and hands it on. It closes at once
// what an address may not have.
type door struct {
	listener net.Listener
	tls, ice *corridor
	plain    *corridor // of browsers that were given the address without https
	browsers bool      // may come
	work     sync.WaitGroup
	closed   chan struct{}

	arrivals *rates
	inside   pending // connections of any kind
	entering pending // those whose first byte or first request is awaited
	inICE    pending

	mu      sync.Mutex
	waiting map[net.Conn]struct{} // nil once closed
}

func openDoor(l net.Listener, limits Limits, browsers bool) *door {
	d := &door{
		listener: l, browsers: browsers, closed: make(chan struct{}), waiting: make(map[net.Conn]struct{}),
		arrivals: newRates(limits.ConnectionsPerSecond),
		inside:   pending{limit: limits.MaxConnections}, entering: pending{limit: limits.MaxHandshakes}, inICE: pending{limit: limits.MaxICEConnections},
	}
	d.tls, d.ice, d.plain = d.corridor(), d.corridor(), d.corridor()
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
			d.receive(c)
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

// receive takes a connection in, if its address may have one more, or drops it: for a flood that costs 10 µs each.
func (d *door) receive(c net.Conn) {
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		_ = c.Close()
		return
	}
	from := computer(tcp.AddrPort().Addr())
	seen := &seenConn{Conn: c}
	if !d.arrivals.allow(from, time.Now()) || !seen.enter(&d.inside, from) || !seen.enter(&d.entering, from) {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // no state is kept for it
		}
		_ = seen.Close()
		return
	}
	d.work.Go(func() { d.admit(seen, from) })
}

// admit reads the first byte and hands the connection on.
func (d *door) admit(seen *seenConn, from netip.Addr) {
	switch {
	case !d.look(seen):
		_ = seen.Close()
	case seen.first[0] == tlsHandshake:
		d.tls.offer(seen)
	case seen.first[0] == httpGET && d.browsers:
		d.plain.offer(seen)
	case int(seen.first[0])<<8 <= maxFrame && seen.enter(&d.inICE, from):
		seen.entered()
		d.ice.offer(seen)
	default:
		_ = seen.Close()
	}
}

// look waits for the first byte.
func (d *door) look(c *seenConn) bool {
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

	mu    sync.Mutex
	leave []func() // gives back its places: at last, and before that, the one among those entering
}

// enter takes a place, until the connection is closed.
func (c *seenConn) enter(p *pending, from netip.Addr) bool {
	leave, ok := p.enter(from)
	if ok {
		c.mu.Lock()
		c.leave = append(c.leave, leave)
		c.mu.Unlock()
	}
	return ok
}

// entered gives back the place among those entering, which is the second one taken: a first request has come.
func (c *seenConn) entered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.leave) > 1 {
		c.leave[1]()
	}
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
	c.mu.Lock()
	for _, leave := range c.leave {
		leave()
	}
	c.leave = nil
	c.mu.Unlock()
	return c.Conn.Close()
}
