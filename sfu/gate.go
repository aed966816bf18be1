package sfu

import (
	"crypto/subtle"
	"net/netip"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/internal/cpace"
	"github.com/earshot/earshot/sfu/signal"
)

// Limits of trying PINs. A run of CPace tells whoever begins it whether one PIN is the room's, so runs are counted when
// they begin; one that ends in a join is forgiven. Four digits at the pace of a room under attack take five hours on
// average to guess, all of which the host is told of; for more there are passphrases.
const (
	// gateFree is how many tries an address has at once, and gateRefill how long it waits for each further one: people mistype.
	gateFree   = 5
	gateRefill = 30 * time.Second
	// gateRoomFree and gateRoomRefill are the same for all addresses together that have failed before. One that has not has its
	// first try whatever others do, so nobody is kept out by somebody else's guessing.
	gateRoomFree   = 30
	gateRoomRefill = 4 * time.Second
	// gateRemembers bounds the addresses that are remembered (64 kB); the longest unseen is forgotten. A LAN has fewer.
	gateRemembers = 1024
)

// gate keeps those out who do not know the room's PIN. The zero value is open. It is safe for concurrent use.
type gate struct {
	pin   string
	wrong func(from netip.Addr, tries int) // is told of each failed try, with how many there were from that address

	mu   sync.Mutex
	room bucket
	from map[netip.Addr]*visitor
}

// visitor is one address that has tried.
type visitor struct {
	bucket
	failed int
	seen   time.Time
}

// bucket counts tries that come back by and by.
type bucket struct {
	used  int
	since time.Time // when the next one comes back counts from here
}

// take uses one try up. Without one it returns how long to wait.
func (b *bucket) take(now time.Time, free int, refill time.Duration) (wait time.Duration) {
	if wait = b.wait(now, free, refill); wait > 0 {
		return wait
	}
	if b.used == 0 {
		b.since = now
	}
	b.used++
	return 0
}

func (b *bucket) wait(now time.Time, free int, refill time.Duration) time.Duration {
	if back := int(now.Sub(b.since) / refill); back > 0 {
		b.used = max(0, b.used-back)
		b.since = b.since.Add(time.Duration(back) * refill)
	}
	if b.used < free {
		return 0
	}
	return b.since.Add(refill).Sub(now)
}

// source is what counts as one address: an IPv6 network of 64 bits may be one computer's.
func source(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// enter counts a try that begins. Errors: CodePINLater.
func (g *gate) enter(addr netip.Addr, now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.visitor(source(addr), now)
	wait := v.take(now, gateFree, gateRefill)
	if wait == 0 && v.failed > 0 {
		wait = g.room.take(now, gateRoomFree, gateRoomRefill)
	}
	if wait > 0 {
		return signal.Problemf(signal.CodePINLater, "%d s", int((wait+time.Second-1)/time.Second))
	}
	return nil
}

// done forgives the tries of an address that has proved the PIN, or tells of one that has not.
func (g *gate) done(addr netip.Addr, proved bool, now time.Time) {
	g.mu.Lock()
	v := g.visitor(source(addr), now)
	if proved {
		*v = visitor{seen: now}
	} else {
		v.failed++
	}
	tries := v.failed
	g.mu.Unlock()
	if !proved && g.wrong != nil {
		g.wrong(addr, tries)
	}
}

func (g *gate) visitor(a netip.Addr, now time.Time) *visitor {
	v := g.from[a]
	if v == nil {
		if g.from == nil {
			g.from = make(map[netip.Addr]*visitor)
		}
		if len(g.from) == gateRemembers {
			var oldest netip.Addr
			for other, w := range g.from {
				if !oldest.IsValid() || w.seen.Before(g.from[oldest].seen) {
					oldest = other
				}
			}
			delete(g.from, oldest)
		}
		v = &visitor{}
		g.from[a] = v
	}
	v.seen = now
	return v
}

// admission is one connection's way through the gate.
type admission struct {
	gate    *gate
	from    netip.Addr
	binding cpace.Binding
	want    []byte // the proof that the join must carry; nil before prove
}

// prove answers the participant's share, once for each connection. Errors: CodeNoPIN, CodePINLater, CodeBadMessage.
func (a *admission) prove(m *signal.Prove) (*signal.Proof, error) {
	if a.gate.pin == "" {
		return nil, signal.Problemf(signal.CodeNoPIN, "")
	}
	if err := a.gate.enter(a.from, time.Now()); err != nil {
		return nil, err
	}
	run := cpace.Start([]byte(a.gate.pin), a.binding, true)
	mine, theirs, err := run.Finish(m.Share)
	if err != nil {
		a.gate.done(a.from, false, time.Now())
		return nil, signal.Problemf(signal.CodeBadMessage, "%v", err)
	}
	a.want = theirs
	return &signal.Proof{Share: run.Share(), Proof: mine}, nil
}

// admit says whether a join may enter: CodePINNeeded or CodeWrongPIN if not.
func (a *admission) admit(j *signal.Join, isHost bool) error {
	switch {
	case a.gate.pin == "", isHost:
		return nil
	case a.want == nil:
		return signal.Problemf(signal.CodePINNeeded, "")
	case !cpace.Equal(j.Proof, a.want):
		return signal.Problemf(signal.CodeWrongPIN, "")
	}
	a.gate.done(a.from, true, time.Now())
	a.want = nil
	return nil
}

// admitGuest says whether a guest may enter who typed this PIN: like a prove and a join in one.
func (a *admission) admitGuest(pin string) error {
	if a.gate.pin == "" {
		return nil
	}
	if pin == "" {
		return signal.Problemf(signal.CodePINNeeded, "")
	}
	pin, err := signal.CleanPIN(pin)
	if err != nil {
		return err
	}
	if err := a.gate.enter(a.from, time.Now()); err != nil {
		return err
	}
	proved := subtle.ConstantTimeCompare([]byte(pin), []byte(a.gate.pin)) == 1
	a.gate.done(a.from, proved, time.Now())
	if !proved {
		return signal.Problemf(signal.CodeWrongPIN, "")
	}
	return nil
}

// end tells of a try that came to nothing: a wrong proof, or none at all after ours was sent.
func (a *admission) end() {
	if a.want != nil {
		a.gate.done(a.from, false, time.Now())
		a.want = nil
	}
}
