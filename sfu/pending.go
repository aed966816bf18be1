package sfu

import (
	"net/netip"
	"sync"
)

// pending counts connections by address, those that have not joined yet above all, so that nobody fills the host with
// half-open ones.
type pending struct {
	limit int // of one address; all together eight times as many

	mu    sync.Mutex
	total int
	from  map[netip.Addr]int
}

// enter takes a place for a connection from addr. release gives it back and may be called more than once.
func (p *pending) enter(addr netip.Addr) (release func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total >= 8*p.limit || p.from[addr] >= p.limit {
		return nil, false
	}
	if p.from == nil {
		p.from = make(map[netip.Addr]int)
	}
	p.total++
	p.from[addr]++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.total--
		if p.from[addr]--; p.from[addr] == 0 {
			delete(p.from, addr)
		}
	}), true
}
