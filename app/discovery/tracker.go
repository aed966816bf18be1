package discovery

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// tracker decides what is listed and what is asked when. It is a plain state machine: no goroutine, no clock, no lock.
// Its owner tells it what was heard and what a probe found, and runs the probes it hands out.
type tracker struct {
	cfg     Config
	rooms   map[roomKey]*candidate
	spent   budget // for rooms that are not listed
	changed bool   // the list differs from what its owner last took by more than a round trip
	stale   bool   // the list differs at all
	wanted  bool   // an instance was named without saying what it is: a query is due

	crowdedUntil time.Time // something was left out less than crowdedFor ago
}

// candidate is one room that was advertised.
type candidate struct {
	key       roomKey
	instance  string
	source    netip.Addr // who advertised it first
	endpoints []endpoint // at most maxAddresses
	heard     time.Time  // last advertisement
	pointed   time.Time  // last pointer to it, valid for ttl
	ttl       time.Duration

	listed  bool // it answers: the fields down to kept are of its last answer
	answer  answer
	lastOK  time.Time
	leaving time.Time     // it is doubted until then
	bye     time.Time     // the goodbye itself
	doubt   time.Duration // the time to the next question while it is

	kept     prober    // the connection of the last answer; the tracker never uses it, it travels with the probes
	next     time.Time // of the next probe
	asked    time.Time // when the last one began
	probing  bool
	cost     int       // the connections dialled for the contact under way
	improve  bool      // an address better than a link-local one was heard of since the last probe began
	improved time.Time // when better addresses than the link-local one that answers were last tried
	again    bool      // something was heard during the probe: ask once more right after it
	failures int       // probes without an answer, in a row
}

// endpoint is one address of a candidate.
type endpoint struct {
	addr  netip.AddrPort
	heard time.Time
}

// answer is what a room said.
type answer struct {
	facts signal.RoomFacts
	from  netip.AddrPort
	rtt   time.Duration
}

// probe is one question to one room, for its owner to run.
type probe struct {
	key         roomKey
	kept        prober           // try this connection first, for keepTimeout; may be nil
	keptAddr    netip.AddrPort   // where it leads
	better      []netip.AddrPort // but these before it, once; only with kept
	endpoints   []netip.AddrPort // then all of these at once, for dialTimeout
	keepTimeout time.Duration
	dialTimeout time.Duration
}

// result is what became of a probe.
type result struct {
	key    roomKey
	ok     bool
	answer answer
	kept   prober // nil unless ok
}

func newTracker(cfg Config) *tracker {
	return &tracker{cfg: cfg, rooms: make(map[roomKey]*candidate), spent: newBudget()}
}

// hear takes one announcement in. Connections to close are returned.
func (t *tracker) hear(a announcement, now time.Time) (closing []prober) {
	if a.goodbye {
		for _, c := range t.rooms {
			if c.listed && (a.known && c.key == a.key || !a.known && c.instance == a.instance) {
				if !now.Before(c.leaving) {
					c.doubt = leavingMin
					t.soon(c, now)
				}
				c.bye, c.leaving = now, now.Add(leavingFor)
			}
		}
		return nil
	}
	if !a.known {
		t.wanted = t.wanted || !t.hasInstance(a.instance)
		return nil
	}
	c := t.rooms[a.key]
	if c == nil {
		if len(a.endpoints) == 0 {
			t.wanted = true
			return nil
		}
		source := a.source
		if !source.IsValid() {
			source = a.endpoints[0].Addr()
		}
		var room bool
		if closing, room = t.makeRoom(source, now); !room {
			return closing
		}
		c = &candidate{key: a.key, source: source, next: now}
		t.rooms[c.key] = c
	}
	c.instance, c.heard = a.instance, now
	if a.ttl > 0 {
		c.pointed, c.ttl = now, a.ttl
	}
	grew := false
	for _, e := range a.endpoints {
		if t.addEndpoint(c, e, now) {
			grew = true
			c.improve = c.improve || !lesser(e)
		}
	}
	t.reconsider(c, grew, now)
	return closing
}

// reconsider moves a candidate's next question forward, now that it was heard of. grew says that it has a new address.
func (t *tracker) reconsider(c *candidate, grew bool, now time.Time) {
	switch {
	case c.listed && c.improve && lesser(c.answer.from), grew && now.Before(c.leaving):
		t.soon(c, now)
	case c.listed:
		// Something about it may have changed (a TXT record), but rounds of everybody's queries repeat what is known.
		if now.Sub(c.lastOK) > t.cfg.ProbeEvery/4 {
			t.soon(c, now)
		}
	case grew && c.probing:
		c.again = true
	case grew:
		c.next = earlier(c.next, later(now, c.asked.Add(againAfter)))
	case c.failures > 0:
		c.next = earlier(c.next, now.Add(t.cfg.ProbeEvery))
	}
}

// soon asks a room now, or right after the question under way.
func (t *tracker) soon(c *candidate, now time.Time) {
	if c.probing {
		c.again = true
		return
	}
	c.next = earlier(c.next, now)
}

func (t *tracker) hasInstance(name string) bool {
	for _, c := range t.rooms {
		if c.instance == name {
			return true
		}
	}
	return false
}

// addEndpoint remembers an address and reports whether it is new. The one that answers is never pushed out.
func (t *tracker) addEndpoint(c *candidate, addr netip.AddrPort, now time.Time) bool {
	for i := range c.endpoints {
		if c.endpoints[i].addr == addr {
			c.endpoints[i].heard = now
			return false
		}
	}
	if len(c.endpoints) == maxAddresses {
		oldest := -1
		for i, e := range c.endpoints {
			if c.listed && e.addr == c.answer.from {
				continue
			}
			if oldest < 0 || e.heard.Before(c.endpoints[oldest].heard) {
				oldest = i
			}
		}
		c.endpoints = slices.Delete(c.endpoints, oldest, oldest+1)
	}
	c.endpoints = append(c.endpoints, endpoint{addr: addr, heard: now})
	if c.listed {
		t.changed = true
	}
	return true
}

func (t *tracker) drop(c *candidate) []prober {
	delete(t.rooms, c.key)
	if c.kept != nil {
		return []prober{c.kept}
	}
	return nil
}

func (t *tracker) start(c *candidate, now time.Time) probe {
	c.probing, c.asked = true, now
	p := probe{key: c.key, kept: c.kept, keptAddr: c.answer.from, keepTimeout: t.cfg.ProbeTimeout, dialTimeout: t.cfg.DialTimeout}
	c.kept = nil
	if now.Before(c.leaving) {
		// Only the address that answered until now, as one that leads nowhere would hold up the verdict, and those heard of
		// since: a host that was given another address says goodbye under the old one.
		p.keepTimeout, p.dialTimeout = leavingKeep, leavingDial
		p.endpoints = []netip.AddrPort{c.answer.from}
		for _, e := range c.endpoints {
			if e.addr != c.answer.from && !e.heard.Before(c.bye) {
				p.endpoints = append(p.endpoints, e.addr)
			}
		}
		return p
	}
	improve := p.kept != nil && lesser(p.keptAddr) && (c.improve || now.Sub(c.improved) >= improveEvery)
	for _, e := range c.endpoints {
		p.endpoints = append(p.endpoints, e.addr)
		if improve && !lesser(e.addr) {
			p.better = append(p.better, e.addr)
		}
	}
	if c.improve = false; improve {
		c.improved = now
	}
	return p
}

// done takes in what became of a probe. Connections to close are returned.
func (t *tracker) done(r result, now time.Time) []prober {
	c := t.rooms[r.key]
	if c == nil { // dropped meanwhile
		if r.kept != nil {
			return []prober{r.kept}
		}
		return nil
	}
	again := c.again
	c.probing, c.again = false, false
	if !r.ok {
		c.failures++
		backoff := min(500*time.Millisecond<<min(c.failures-1, 10), contactBackoffMax)
		if !c.lastOK.IsZero() && now.Sub(c.lastOK) < lostFor {
			backoff = lostBackoff
		}
		if c.listed {
			backoff = leavingMax
			if now.Before(c.leaving) && !c.heard.After(c.bye) { // else it is back, perhaps elsewhere
				t.unlist(c)
			}
		}
		c.next = now.Add(backoff)
		if again {
			c.next = later(now, c.asked.Add(againAfter))
		}
		return nil
	}
	if !c.listed {
		if t.listed() >= maxListed {
			t.crowd(now)
			return append(t.drop(c), r.kept)
		}
		t.spent.refund(c.source, c.cost)
		c.cost = 0
	}
	if !c.listed || !reflect.DeepEqual(c.answer.facts, r.answer.facts) || c.answer.from != r.answer.from {
		t.changed = true
	}
	t.stale = true
	c.listed, c.answer, c.kept, c.lastOK, c.failures = true, r.answer, r.kept, now, 0
	switch {
	case again:
		c.next = now
	case now.Before(c.leaving):
		c.next = now.Add(c.doubt)
		c.doubt = min(2*c.doubt, leavingMax)
	default:
		c.next = now.Add(t.cfg.ProbeEvery)
	}
	return nil
}

func (t *tracker) unlist(c *candidate) {
	c.listed, c.leaving, t.changed = false, time.Time{}, true
}

func (t *tracker) listed() (n int) {
	for _, c := range t.rooms {
		if c.listed {
			n++
		}
	}
	return n
}

// expire unlists the rooms that have been silent for too long and forgets those not heard of since. Connections to close
// are returned.
func (t *tracker) expire(now time.Time) (closing []prober) {
	for _, c := range t.rooms {
		if c.listed && !now.Before(c.lastOK.Add(t.cfg.Expire)) {
			t.unlist(c)
			t.wanted = true // it may be somewhere else
		}
		if !c.listed && !c.probing && !now.Before(c.gone()) {
			closing = append(closing, t.drop(c)...)
		}
	}
	return closing
}

// gone returns when an unlisted candidate is forgotten.
func (c *candidate) gone() time.Time { return later(c.heard, c.lastOK).Add(forgetAfter) }

// wake returns when expire or due will next have something to do.
func (t *tracker) wake(now time.Time) time.Time {
	at := now.Add(time.Minute)
	if t.crowdedUntil.After(now) {
		at = earlier(at, t.crowdedUntil)
	}
	for _, c := range t.rooms {
		if c.listed {
			at = earlier(at, c.lastOK.Add(t.cfg.Expire))
		} else if !c.probing {
			at = earlier(at, c.gone())
		}
		switch {
		case c.probing:
		case c.next.After(now):
			at = earlier(at, c.next)
		default: // held back by a bound: a result or the next second frees it
			at = earlier(at, t.spent.began.Add(time.Second))
		}
	}
	return at
}

// askAll makes every room due now: the network has changed.
func (t *tracker) askAll(now time.Time) {
	for _, c := range t.rooms {
		c.failures = 0
		t.soon(c, now)
	}
}

// known returns the rooms that need not answer a query now: those listed whose pointers are younger than half of their
// lives (RFC 6762 §7.1), in no order.
func (t *tracker) known(now time.Time) (known []pointer) {
	for _, c := range t.rooms {
		if left := c.pointed.Add(c.ttl).Sub(now); c.listed && left > c.ttl/2 {
			known = append(known, pointer{c.instance, left})
		}
	}
	return known
}

// letGo returns all kept connections, to be closed: whoever is listed is asked over new ones.
func (t *tracker) letGo() (closing []prober) {
	for _, c := range t.rooms {
		if c.kept != nil {
			closing = append(closing, c.kept)
			c.kept = nil
		}
	}
	return closing
}

// stoodStill does not hold time in which nobody was asked, and no answer read, against anybody. Everybody is asked now, and has
// at most Expire to answer.
func (t *tracker) stoodStill(late time.Duration, now time.Time) {
	for _, c := range t.rooms {
		if c.listed {
			c.lastOK = earlier(now, c.lastOK.Add(late))
			t.soon(c, now)
		}
	}
}

// list returns copies of the listed rooms, sorted by name, then id, then key.
func (t *tracker) list() []Room {
	rooms := make([]Room, 0, len(t.rooms))
	for _, c := range t.rooms {
		if !c.listed {
			continue
		}
		r := Room{
			Facts: c.answer.facts, Fingerprint: c.key.fingerprint, RTT: c.answer.rtt,
			Address: c.answer.from.String(), Addresses: []string{c.answer.from.String()},
		}
		for _, e := range c.endpoints {
			if e.addr != c.answer.from {
				r.Addresses = append(r.Addresses, e.addr.String())
			}
		}
		rooms = append(rooms, r.clone())
	}
	slices.SortFunc(rooms, func(a, b Room) int {
		if n := strings.Compare(a.Facts.Name, b.Facts.Name); n != 0 {
			return n
		}
		if n := strings.Compare(a.Facts.ID, b.Facts.ID); n != 0 {
			return n
		}
		return strings.Compare(a.Fingerprint, b.Fingerprint)
	})
	return rooms
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
