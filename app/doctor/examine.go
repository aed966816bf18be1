package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/reach"
)

// lookFor is how long an examination listens: a query of its own comes back within milliseconds and answers to it within
// 0.5 s (RFC 6762 §6); the dial-back has its own time inside this.
const lookFor = 2500 * time.Millisecond

// silentAgain is how long a second attempt at a room takes after the first: 0.5 s later it is dialled again, for 0.8 s.
const silentAgain = 1500 * time.Millisecond

// Config is what a Doctor examines with.
type Config struct {
	// Browser looks for rooms on the networks to be examined. Required.
	Browser *discovery.Browser
	// Reach asks others to dial the port of a room here. nil: that is not checked.
	Reach *reach.Service
	// Hosted returns the port of the room that this app hosts, 0 for none. nil: it hosts none.
	Hosted func() int
	// LookFor is how long to listen: 2.5 s by default.
	LookFor time.Duration
}

// A Doctor examines one computer. It is safe for concurrent use.
type Doctor struct {
	cfg    Config
	ctx    context.Context //nolint:containedctx // the doctor's own life, ended by Close
	cancel context.CancelFunc

	mu      sync.Mutex
	running *examination // nil when none is under way
}

// examination is one that is under way. What comes of it is there once done is closed.
type examination struct {
	done   chan struct{}
	report Report
	err    error
}

// New returns a Doctor. The caller must Close.
func New(cfg Config) *Doctor {
	if cfg.LookFor == 0 {
		cfg.LookFor = lookFor
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Doctor{cfg: cfg, ctx: ctx, cancel: cancel}
}

// Close ends an examination that is under way, which is then an error to whoever waits for it. It is idempotent.
func (d *Doctor) Close() { d.cancel() }

// Examine examines this computer, which takes 2 to 4 s. Whoever calls it meanwhile gets the same report. It is an error only
// after Close.
func (d *Doctor) Examine() (Report, error) {
	d.mu.Lock()
	if e := d.running; e != nil {
		d.mu.Unlock()
		<-e.done
		return e.report, e.err
	}
	e := &examination{done: make(chan struct{})}
	d.running = e
	d.mu.Unlock()

	e.report, e.err = d.examine(d.ctx)
	d.mu.Lock()
	d.running = nil
	d.mu.Unlock()
	close(e.done)
	return e.report, e.err
}

func (d *Doctor) examine(ctx context.Context) (Report, error) {
	over := time.NewTimer(d.cfg.LookFor)
	defer over.Stop()
	d.cfg.Browser.Ask()
	var seen Seen
	var parts sync.WaitGroup
	if d.cfg.Reach != nil {
		parts.Go(func() { seen.Reach = d.cfg.Reach.Ask(ctx, d.question()) })
	}
	parts.Go(func() {
		seen.System, seen.Sound = newMachine(d.cfg.Browser.Inspect(), d.port()).ask(ctx)
	})
	select {
	case <-over.C:
	case <-ctx.Done():
	}
	parts.Wait()
	if err := ctx.Err(); err != nil {
		return Report{}, fmt.Errorf("examine: %w", err)
	}
	inspect := func() { seen.Network, seen.Now = d.cfg.Browser.Inspect(), time.Now() }
	inspect()
	switch { // what is not certain yet
	case slices.ContainsFunc(seen.Network.Silent, func(r discovery.SilentRoom) bool { return r.Failures < silentAfter }):
		<-time.After(silentAgain)
		inspect()
	case slices.ContainsFunc(seen.Network.Interfaces, seen.early):
		<-time.After(echoWithin)
		inspect()
	}
	if denied(seen.Reach.Unsent) {
		seen.System.LocalNetwork = No
	}
	for _, r := range d.cfg.Browser.Rooms() {
		a, err := netip.ParseAddrPort(r.Address)
		switch {
		case err != nil:
		case own(seen.Network, a.Addr()):
			seen.Hosting = append(seen.Hosting, int(a.Port()))
		default:
			seen.Rooms = append(seen.Rooms, a.Addr())
		}
	}
	return seen.Report(), nil
}

// question says what is to be checked, and by whom.
func (d *Doctor) question() reach.Question {
	q := reach.Question{Hosts: func() []reach.Host {
		var hosts []reach.Host
		for _, r := range d.cfg.Browser.Rooms() {
			hosts = append(hosts, reach.Host{Address: r.Address, Fingerprint: r.Fingerprint})
		}
		return hosts
	}}
	if d.cfg.Hosted != nil {
		q.Hosted = d.cfg.Hosted()
	}
	return q
}

// port is where a room of this computer is, or would be.
func (d *Doctor) port() int {
	if d.cfg.Hosted != nil {
		if port := d.cfg.Hosted(); port != 0 {
			return port
		}
	}
	return roomPort
}

// roomPort is sfu.DefaultPort.
const roomPort = 7788

// denied reports whether macOS keeps Earshot from the local network: it has no way to ask, and answers what is sent there with "no
// route to host" (Apple, TN3179).
func denied(unsent map[string]error) bool {
	for _, err := range unsent {
		if runtime.GOOS == "darwin" && errors.Is(err, syscall.EHOSTUNREACH) {
			return true
		}
	}
	return false
}

// own reports whether an address is this computer's.
func own(network discovery.Inspection, a netip.Addr) bool {
	return slices.ContainsFunc(network.Interfaces, func(i discovery.InterfaceSeen) bool {
		return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Addr() == a.WithZone("") })
	})
}

// Report turns what was seen into what is told.
func (s Seen) Report() Report {
	s.Reach.TCP, s.Reach.UDP = known(s.Reach.TCP), known(s.Reach.UDP)
	return Report{
		Interfaces: s.interfaces(),
		Reach:      Reach{Port: s.Reach.Port, TCP: s.Reach.TCP, UDP: s.Reach.UDP, By: s.Reach.By},
		Sound:      Sound{Microphone: known(s.Sound.Microphone), Speaker: known(s.Sound.Speaker)},
		Findings:   s.judge(),
	}
}

func known(a Answer) Answer {
	if a == "" {
		return Unknown
	}
	return a
}
