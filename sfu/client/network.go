package client

import (
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// lookEvery is how often the machine's addresses are looked at while all is well. One look costs 70 us (one machine,
	// four interfaces), 0.07 % of a core.
	lookEvery = 100 * time.Millisecond
	// hurriedEvery is the same while a session is looking for its way back.
	hurriedEvery = 50 * time.Millisecond
)

// Network tells sessions when this machine's addresses change: a cable, another Wi-Fi, a VPN. One is meant to be shared
// by all sessions of a process; it looks only while there is one. The zero value is ready to use, and safe for
// concurrent use.
type Network struct {
	// List returns the addresses that packets can leave from: those of interfaces that are up and have a carrier, IPv4
	// unmapped, link-local IPv6 with its zone. nil asks the system; tests replace it.
	List func() (map[netip.Addr]bool, error)

	mu       sync.Mutex
	watchers map[*watcher]bool // the value: in a hurry
	now      map[netip.Addr]bool
	seen     outline
	looking  *looking // nil while nobody watches
}

// looking is the goroutine that looks.
type looking struct {
	wake       chan struct{} // capacity 1
	stop, done chan struct{}
}

// watcher is one session's ear.
type watcher struct {
	network *Network
	news    chan<- struct{}
}

// watch makes news receive after each change until close. Changes that nobody has taken yet are one.
func (n *Network) watch(news chan<- struct{}) *watcher {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := &watcher{n, news}
	if n.watchers == nil {
		n.watchers = make(map[*watcher]bool)
	}
	if len(n.watchers) == 0 {
		n.seen, n.now = outline{}, nil
		n.lookLocked()
		n.looking = &looking{make(chan struct{}, 1), make(chan struct{}), make(chan struct{})}
		go n.run(n.looking)
	}
	n.watchers[w] = false
	return w
}

// hurry says whether the session is looking for its way back.
func (w *watcher) hurry(hurried bool) {
	if w == nil {
		return
	}
	n := w.network
	n.mu.Lock()
	defer n.mu.Unlock()
	n.watchers[w] = hurried
	if hurried {
		select {
		case n.looking.wake <- struct{}{}:
		default:
		}
	}
}

// addresses returns what the machine has now; it is not to be changed. nil: unknown.
func (w *watcher) addresses() map[netip.Addr]bool {
	if w == nil {
		return nil
	}
	w.network.mu.Lock()
	defer w.network.mu.Unlock()
	return w.network.now
}

func (w *watcher) close() {
	if w == nil {
		return
	}
	n := w.network
	n.mu.Lock()
	delete(n.watchers, w)
	last := n.looking
	if len(n.watchers) > 0 {
		last = nil
	} else {
		n.looking = nil
	}
	n.mu.Unlock()
	if last != nil {
		close(last.stop)
		<-last.done
	}
}

func (n *Network) run(l *looking) {
	defer close(l.done)
	for {
		select {
		case <-l.stop:
			return
		case <-l.wake:
		case <-time.After(n.interval()):
		}
		n.mu.Lock()
		if n.lookLocked() {
			for w := range n.watchers {
				select {
				case w.news <- struct{}{}:
				default: // has news to look at already
				}
			}
		}
		n.mu.Unlock()
	}
}

func (n *Network) interval() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, hurried := range n.watchers {
		if hurried {
			return hurriedEvery
		}
	}
	return lookEvery
}

// lookLocked reports whether the addresses are others than at the last look.
func (n *Network) lookLocked() bool {
	list := n.List
	if list == nil {
		seen, err := systemOutline()
		if err != nil || seen == n.seen {
			return false
		}
		list = func() (map[netip.Addr]bool, error) {
			now, err := systemAddresses()
			if err == nil {
				n.seen = seen
			}
			return now, err
		}
	}
	now, err := list()
	if err != nil || maps.Equal(now, n.now) {
		return false
	}
	n.now = now
	return true
}

// outline is what two calls to the system say of all interfaces and all addresses. Asking each interface for its own
// costs a call each, which machines full of containers would feel five times a second.
type outline struct{ interfaces, addresses string }

func systemOutline() (outline, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return outline{}, err
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return outline{}, err
	}
	var b []byte
	for _, i := range interfaces {
		b = append(append(b, i.Name...), byte(i.Flags), byte(i.Index), byte(i.Index>>8))
	}
	o := outline{interfaces: string(b)}
	b = b[:0]
	for _, a := range addresses {
		b = append(append(b, a.String()...), ' ')
	}
	o.addresses = string(b)
	return o, nil
}

// systemAddresses is Network.List of the machine.
func systemAddresses() (map[netip.Addr]bool, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	out := make(map[netip.Addr]bool)
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			return nil, err // it went away meanwhile: there will be another look
		}
		for _, a := range addresses {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			addr := prefix.Addr().Unmap()
			if addr.Is6() && addr.IsLinkLocalUnicast() {
				addr = addr.WithZone(i.Name)
			}
			out[addr] = true
		}
	}
	return out, nil
}
