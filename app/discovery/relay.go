package discovery

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/earshot/earshot/internal/lan"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

// Bounds of passing on rooms from one network to another.
const (
	// relayRate is what it may cost an interface in the long run, in bits a second of UDP payload, IP and Ethernet, and relayBurst at
	// once: ten lobbies that open one after the other and are told of ten rooms. A room costs relayCost at most each time, and nothing
	// while the lobbies there know it.
	relayRate, relayBurst, relayCost = 300, 350_000, 4_000
	// relayAgain is the least time between two times that a room is passed on to a network, by whomever; after that a
	// lobby that asks and does not know it is told.
	relayAgain = 2 * time.Second
	// relayWait is how long a room waits when the allowance is spent: it then has relayCost again, for one of them.
	relayWait = relayCost / relayRate * time.Second
	// relayRetry is how long a room is left alone at an address that gives no record: its host has an older version. relayMissed is the
	// same where nothing was answered at all: a host that is just moving, or busy.
	relayRetry, relayMissed = time.Minute, 5 * time.Second
	// relayDelay spreads those who could pass the same room on (RFC 6762 §6), so that all but the first hear that it was done.
	relayDelayMin, relayDelayMax = 20 * time.Millisecond, 120 * time.Millisecond
	// relayFetches is how many records are asked for at the same time.
	relayFetches = 8
	// relayOverhead is what a datagram costs beside its content, in bytes: Ethernet, IPv6, UDP.
	relayOverhead = 14 + 40 + 8
)

// relay passes on the rooms that this computer hears in one of its networks, and that answer it, to its other networks: as
// records that their hosts have signed, so that it can neither invent nor change one. One hop: what came as a record is
// not passed on. It belongs to the search's goroutine.
type relay struct {
	cfg      Config
	ifaces   []iface                      // that lead out; fewer than two: nothing to do
	direct   map[roomKey]map[int]bool     // by interface index: heard there from the host itself
	passed   map[roomKey]map[int]*passing // by interface index: what became of passing it on to there
	budget   map[int]*allowance           // by interface index
	fetching int
}

// passing is where passing one room on to one network stands.
type passing struct {
	due  time.Time      // to be done then; zero: nothing to do
	six  bool           // over IPv6, because it was asked for over nothing else
	last time.Time      // it was passed on then, by us or by others
	from netip.AddrPort // where the room answered then; zero: not by us yet
	// failed is where the last try got nothing to pass on, which is not tried again before retry. Zero: it did get it.
	failed netip.AddrPort
	retry  time.Time
}

// job is one room to be passed on to one interface.
type job struct {
	on  int
	six bool
}

// allowance is a bucket of bits.
type allowance struct {
	bits float64
	at   time.Time
}

// left returns how many bits may be sent now.
func (a *allowance) left(now time.Time) float64 {
	a.bits = min(a.bits+now.Sub(a.at).Seconds()*relayRate, relayBurst)
	a.at = now
	return a.bits
}

// network forgets what was heard where, because the networks are others now. Nobody's allowance grows by it.
func (r *relay) network(ifaces []iface, now time.Time) {
	r.ifaces = nil
	budget := make(map[int]*allowance)
	for _, i := range ifaces {
		if !lan.KindOf(i.Interface).LeadsOut() {
			continue
		}
		r.ifaces = append(r.ifaces, i)
		if budget[i.Index] = r.budget[i.Index]; budget[i.Index] == nil {
			budget[i.Index] = &allowance{relayBurst, now}
		}
	}
	r.budget = budget
	r.direct, r.passed = make(map[roomKey]map[int]bool), make(map[roomKey]map[int]*passing)
}

func (r *relay) active() bool { return len(r.ifaces) > 1 && r.cfg.PassOn != nil && r.cfg.PassOn() }

// hear takes in what was said of a room on an interface: by its host, or by somebody who passed it on. It keeps no more rooms than
// the tracker does.
func (r *relay) hear(a announcement, rooms map[roomKey]*candidate, now time.Time) {
	if len(r.direct) > maxCandidates || len(r.passed) > maxCandidates {
		r.forget(rooms)
	}
	switch {
	case len(r.ifaces) < 2 || !a.known || a.goodbye || a.on == 0 || rooms[a.key] == nil:
	case a.passedOn:
		p := r.to(a.key, a.on)
		p.last, p.due = now, time.Time{}
	default:
		if r.direct[a.key] == nil {
			r.direct[a.key] = make(map[int]bool)
		}
		r.direct[a.key][a.on] = true
	}
}

// to returns the passing of a room to an interface.
func (r *relay) to(key roomKey, on int) *passing {
	if r.passed[key] == nil {
		r.passed[key] = make(map[int]*passing)
	}
	p := r.passed[key][on]
	if p == nil {
		p = new(passing)
		r.passed[key][on] = p
	}
	return p
}

// targets returns the interfaces that a room may be passed on to: into networks other than those where its host was heard.
func (r *relay) targets(key roomKey) []iface {
	heard := r.direct[key]
	if len(heard) == 0 {
		return nil
	}
	var out []iface
	for _, i := range r.ifaces {
		same := func(o iface) bool { return heard[o.Index] && (o.Index == i.Index || sameNetwork(o, i)) }
		if !slices.ContainsFunc(r.ifaces, same) && slices.ContainsFunc(r.ifaces, func(o iface) bool { return heard[o.Index] }) {
			out = append(out, i)
		}
	}
	return out
}

// plan makes it due, over IPv6 only if nobody wants it over IPv4, unless it was done a moment ago or the room, which answers at an
// address, has had nothing to pass on there.
func (p *passing) plan(six bool, at netip.AddrPort, now time.Time) {
	switch {
	case !p.due.IsZero():
		p.six = p.six && six
	case at == p.failed && now.Before(p.retry):
	case now.Sub(p.last) >= relayAgain:
		p.due = now.Add(relayDelayMin + rand.N(relayDelayMax-relayDelayMin)) //nolint:gosec // spreads the relays, keeps no secret
		p.six = six
	}
}

// asked takes in that somebody on an interface asks for rooms and knows these.
func (r *relay) asked(q inquiry, rooms map[roomKey]*candidate, now time.Time) {
	if !r.active() {
		return
	}
	for key, c := range rooms {
		if !c.listed || slices.ContainsFunc(q.known, func(p pointer) bool { return p.instance == c.instance }) {
			continue
		}
		for _, i := range r.targets(key) {
			if p := r.to(key, q.on); i.Index == q.on {
				p.plan(q.six, c.answer.from, now)
			}
		}
	}
}

// step plans what is new and returns what is to be fetched now, to be passed on to those interfaces.
func (r *relay) step(rooms map[roomKey]*candidate, now time.Time) map[*candidate][]job {
	if !r.active() {
		return nil
	}
	r.forget(rooms)
	out := make(map[*candidate][]job)
	for key := range r.direct {
		c := rooms[key]
		if !c.listed {
			continue
		}
		for _, i := range r.targets(key) {
			p := r.to(key, i.Index)
			if p.from != c.answer.from { // it is new, or its host has another address
				v4, _ := i.families()
				p.plan(!v4, c.answer.from, now)
			}
			switch {
			case p.due.IsZero() || now.Before(p.due) || r.fetching+len(out) >= relayFetches:
			case r.budget[i.Index].left(now) < relayCost:
				p.due = now.Add(relayWait)
			default:
				r.budget[i.Index].bits -= relayCost // what it costs less is given back
				p.due, p.last = time.Time{}, now
				out[c] = append(out[c], job{i.Index, p.six})
			}
		}
	}
	return out
}

// forget drops what the tracker has dropped.
func (r *relay) forget(rooms map[roomKey]*candidate) {
	gone := func(key roomKey) bool { return rooms[key] == nil }
	maps.DeleteFunc(r.direct, func(key roomKey, _ map[int]bool) bool { return gone(key) })
	maps.DeleteFunc(r.passed, func(key roomKey, _ map[int]*passing) bool { return gone(key) })
}

// wake returns when step will next have something to do.
func (r *relay) wake(at time.Time) time.Time {
	for _, to := range r.passed {
		for _, p := range to {
			if !p.due.IsZero() {
				at = earlier(at, p.due)
			}
		}
	}
	return at
}

// inquiry is somebody's question for rooms.
type inquiry struct {
	on    int  // interface index
	six   bool // over IPv6
	known []pointer
}

// maxInquiries is how many questions wait: those of a floor of lobbies that open within a moment.
const maxInquiries = 64

// inquire hands a question on to the relay, unless it is this computer's own.
func (s *search) inquire(p packet, known []pointer) {
	if p.iface.has(p.source) {
		return
	}
	select {
	case s.passing <- inquiry{p.iface.Index, p.source.Is6(), known}:
	default:
	}
}

// passOn does what is due.
func (s *search) passOn(ctx context.Context, now time.Time) {
	for c, to := range s.relay.step(s.tracker.rooms, now) {
		s.relay.fetching++
		key, from := c.key, c.answer.from
		s.all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, s.cfg.DialTimeout)
			text, err := client.FetchRecord(ctx, from.String(), key.fingerprint, key.id)
			cancel()
			select {
			case s.calls <- func(s *search) { s.fetched(key, from, to, text, err, time.Now()) }:
			case <-s.ctx.Done():
			}
		})
	}
}

// fetched sends a room's record to those interfaces.
func (s *search) fetched(key roomKey, from netip.AddrPort, to []job, text string, err error, now time.Time) {
	s.relay.fetching--
	var message []byte
	if err == nil {
		message, err = farMessage(key, text)
	}
	for _, j := range to {
		l, budget := s.links[j.on], s.relay.budget[j.on]
		if l == nil || budget == nil {
			continue // the network has changed
		}
		p, cost := s.relay.to(key, j.on), 0
		if err == nil {
			cost = 8 * (len(message) + relayOverhead)
			err = l.sendBy(j.six, message)
		}
		budget.bits += relayCost - float64(cost)
		p.last, p.from, p.failed = now, from, netip.AddrPort{}
		if err != nil {
			s.cfg.Logger.Debug("room not passed on", "room", key.id, "interface", l.iface.Name, "error", err)
			p.from, p.failed, p.retry = netip.AddrPort{}, from, now.Add(relayMissed)
			if signal.AsProblem(err).Code == signal.CodeNotFound {
				p.retry = now.Add(relayRetry)
			}
		}
	}
}

// sendBy sends one message by one IP family, or by the only one that there is.
func (l *link) sendBy(six bool, b []byte) error {
	for _, c := range l.conns {
		if _, is := c.(conn6); is == six || len(l.conns) == 1 {
			return c.send(b)
		}
	}
	return nil
}
