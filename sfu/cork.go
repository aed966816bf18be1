package sfu

import (
	"bufio"
	"net"
	"net/http"
	"sync"
)

// cork is the network end of a Signal connection. What is written while it is in leaves in one piece when it is pulled: one
// TLS record and one system call for all the frames that wait for a participant. It is safe for concurrent use; what
// another goroutine writes meanwhile (a pong) goes along.
type cork struct {
	net.Conn

	mu   sync.Mutex
	held *[]byte // nil: out
}

// corkBuffers lends the buffers: a participant who is written to twice a second does not need one of its own.
var corkBuffers = sync.Pool{New: func() any { return new([]byte) }} //nolint:gochecknoglobals // lent, holds no state

// keepBuffer is the most that a lent buffer may have grown to: a welcome in a large room has 40 kB, and is rare.
const keepBuffer = 16 << 10

// Write implements net.Conn.
func (c *cork) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.held != nil {
		*c.held = append(*c.held, b...)
		c.mu.Unlock()
		return len(b), nil
	}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// in holds back what is written from now on.
func (c *cork) in() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held, _ = corkBuffers.Get().(*[]byte)
}

// out sends what was held back.
func (c *cork) out() error {
	c.mu.Lock()
	held := c.held
	c.held = nil
	c.mu.Unlock()
	if held == nil || len(*held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(*held)
	if *held = (*held)[:0]; cap(*held) <= keepBuffer {
		corkBuffers.Put(held)
	}
	return err
}

// corked is a response whose connection, once hijacked, has a cork.
type corked struct {
	http.ResponseWriter
	cork *cork
}

// Hijack implements http.Hijacker.
func (w *corked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.cork = &cork{Conn: c}
	buffered.Writer.Reset(w.cork)
	return w.cork, buffered, nil
}
