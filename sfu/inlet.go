package sfu

import (
	"io"
	"sync"
)

// inlet stands where pion would queue the decrypted packets of one SSRC for a reader: it hands each on at once, on the
// goroutine that decrypted it. That saves a copy, a wakeup and a parked goroutine for every stream of every participant.
type inlet struct {
	take   func(packet []byte) // must not keep the packet
	closed chan struct{}
	once   sync.Once
}

func newInlet(take func([]byte)) *inlet { return &inlet{take: take, closed: make(chan struct{})} }

// Write implements io.Writer for pion.
func (i *inlet) Write(b []byte) (int, error) {
	i.take(b)
	return len(b), nil
}

// Read waits for Close: whoever in pion looks for a packet to learn a payload type from finds none.
func (i *inlet) Read([]byte) (int, error) {
	<-i.closed
	return 0, io.EOF
}

// Close implements io.Closer.
func (i *inlet) Close() error {
	i.once.Do(func() { close(i.closed) })
	return nil
}
