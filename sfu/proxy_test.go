package sfu_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy is a wire between a client and a host's TCP port that can be cut and mended.
type proxy struct {
	address  string
	listener net.Listener
	work     sync.WaitGroup

	gate sync.RWMutex // held while stalled

	mu     sync.Mutex
	target string
	down   bool
	conns  []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := newProxyFor(target)
	t.Cleanup(p.close)
	return p
}

func newProxyFor(target string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err) // no loopback: no test
	}
	p := &proxy{address: l.Addr().String(), target: target, listener: l}
	p.work.Go(p.accept)
	return p
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.cut()
	p.work.Wait()
}

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		out, err := net.Dial("tcp", target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in, out)
		if p.down {
			_, _ = in.Close(), out.Close()
		}
		p.mu.Unlock()
		p.work.Go(func() { _, _ = io.Copy(gated{p, in}, out); _ = in.Close() })
		p.work.Go(func() { _, _ = io.Copy(gated{p, out}, in); _ = out.Close() })
	}
}

// stall keeps all bytes back until the returned function is called: a network that has gone without a word.
func (p *proxy) stall() (release func()) {
	p.gate.Lock()
	return p.gate.Unlock
}

// gated writes when its proxy is not stalled.
type gated struct {
	*proxy
	to io.Writer
}

func (g gated) Write(b []byte) (int, error) {
	g.gate.RLock()
	defer g.gate.RUnlock()
	return g.to.Write(b)
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// drop breaks what is connected and lets it connect again.
func (p *proxy) drop() {
	p.cut()
	p.mend()
}

// lead makes new connections end elsewhere.
func (p *proxy) lead(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}
