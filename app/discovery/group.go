package discovery

import (
	"context"
	"net/netip"
	"slices"
	"sync"
)

// Datagram is one message that came by multicast. Nothing in it is believed.
type Datagram struct {
	Interface string
	Source    netip.Addr // with its zone if link-local
	OnLink    bool       // Source is in a network that the interface is directly connected to
	Data      []byte
}

// A Group is a member of the mDNS groups of all usable networks, those that come later included: it hears whatever
// is said there, and says what it is given. It is safe for concurrent use.
type Group struct {
	cfg    Config
	heard  func(Datagram)
	ctx    context.Context //nolint:containedctx // ends with Close
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu     sync.Mutex
	ifaces []iface
	links  map[int]*link // by interface index
}

// OpenGroup joins. heard is called for what others on other computers say, from several goroutines; it must not block. No network is
// no error. The caller must Close.
func OpenGroup(cfg Config, heard func(Datagram)) *Group {
	ctx, cancel := context.WithCancel(context.Background())
	g := &Group{cfg: cfg.withDefaults(), heard: heard, ctx: ctx, cancel: cancel, links: make(map[int]*link)}
	ready := make(chan struct{})
	var once sync.Once
	g.all.Go(func() {
		watch(ctx, g.cfg.PollEvery, g.cfg.interfaces, g.cfg.Logger, func(now network) {
			g.follow(now.ifaces)
			once.Do(func() { close(ready) })
		})
	})
	<-ready
	return g
}

// Close leaves the groups and waits. It is idempotent.
func (g *Group) Close() {
	g.cancel()
	g.all.Wait()
	g.follow(nil)
}

// follow takes in the interfaces that are usable now.
func (g *Group) follow(now []iface) {
	g.mu.Lock()
	var old []*link
	for index, l := range g.links {
		if !slices.ContainsFunc(now, func(i iface) bool { return sameInterfaces([]iface{i}, []iface{l.iface}) }) {
			old = append(old, l)
			delete(g.links, index)
		}
	}
	g.ifaces = now
	g.mu.Unlock()
	for _, l := range old { // not under the lock: its readers may be waiting for it
		l.Close()
	}
	g.open()
}

// open opens the links that are missing.
func (g *Group) open() {
	g.mu.Lock()
	var broken []*link
	for _, i := range g.ifaces {
		if l := g.links[i.Index]; l != nil {
			if !l.broken.Load() {
				continue
			}
			broken = append(broken, l)
			delete(g.links, i.Index)
		}
		l, err := g.cfg.open(i, g.hear)
		if err != nil {
			g.cfg.Logger.DebugContext(g.ctx, "group not joined", "interface", i.Name, "error", err)
			continue
		}
		g.links[i.Index] = l
	}
	g.mu.Unlock()
	for _, l := range broken {
		l.Close()
	}
}

func (g *Group) hear(p packet) {
	if !g.Own(p.source) {
		g.heard(Datagram{Interface: p.iface.Name, Source: p.source, OnLink: p.iface.onLink(p.source), Data: p.data})
	}
}

// Own reports whether an address is this computer's.
func (g *Group) Own(a netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.ifaces, func(i iface) bool { return i.has(a) })
}

// OnLink returns the name of the interface in whose groups we are and whose network an address is in, "" for none.
func (g *Group) OnLink(a netip.Addr) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.links {
		if l.iface.onLink(a) && (a.Zone() == "" || a.Zone() == l.iface.zone()) {
			return l.iface.Name
		}
	}
	return ""
}

// Send says something on an interface, or on all with "". It returns, by their names, the interfaces on which the system
// refused.
func (g *Group) Send(on string, b []byte) (unsent map[string]error) {
	g.open()
	g.mu.Lock()
	defer g.mu.Unlock()
	unsent = make(map[string]error)
	for _, l := range g.links {
		if on != "" && l.iface.Name != on {
			continue
		}
		if err := l.send(b); err != nil {
			unsent[l.iface.Name] = err
		}
	}
	return unsent
}
