package discovery

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// Room is one room that answers now.
type Room struct {
	Facts       signal.RoomFacts // the room's own answer, validated
	Address     string           // IP:PORT that answered first, IPv6 in brackets, with its zone if link-local
	Addresses   []string         // Address, then the other advertised ones, which were not verified
	Fingerprint string           // of the key that answered and was advertised
	RTT         time.Duration    // one HTTP round trip to it over a standing connection, at the last probe
}

func (r Room) clone() Room {
	r.Facts.People = slices.Clone(r.Facts.People)
	r.Addresses = slices.Clone(r.Addresses)
	return r
}

// What can keep a Browser from finding anything.
const (
	ProblemNone        = ""
	ProblemNoNetwork   = "no_network"   // no interface is up that can multicast
	ProblemNoMulticast = "no_multicast" // not even this app's own queries are heard: a firewall, or a missing permission
)

// Status says what a Browser is looking at.
type Status struct {
	Interfaces []string // names of the interfaces browsed now, in the system's order
	Problem    string   // one of the Problem constants
	// Crowded: within the last minute more rooms were advertised than are looked at, so that some are left out. Those
	// listed stay.
	Crowded bool
}

// A Browser keeps the list of the rooms on the LAN. It is safe for concurrent use.
type Browser struct {
	cfg     Config
	ctx     context.Context //nolint:containedctx // ends with Close
	cancel  context.CancelFunc
	all     sync.WaitGroup // every goroutine, all ended by Close
	changed chan struct{}
	calls   chan func(*search) // run by the search's goroutine

	mu     sync.Mutex
	rooms  []Room
	status Status
}

// Browse starts looking for rooms. No network is a state (Status), not an error. The caller must Close.
func Browse(cfg Config) *Browser {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Browser{
		cfg: cfg.withDefaults(), ctx: ctx, cancel: cancel,
		changed: make(chan struct{}, 1), calls: make(chan func(*search)), status: Status{Interfaces: []string{}},
	}
	s := &search{
		Browser: b, tracker: newTracker(b.cfg), links: make(map[int]*link),
		networks: make(chan network), heard: make(chan announcement, maxHeard), results: make(chan result),
		rounds: make(chan struct{}), queried: make(chan []pointer, 1), sights: new(sights), interval: b.cfg.BrowseMin,
		passing: make(chan inquiry, maxInquiries), relay: &relay{cfg: b.cfg},
	}
	b.all.Go(func() {
		watch(ctx, b.cfg.PollEvery, b.cfg.interfaces, b.cfg.Logger, func(now network) {
			select {
			case s.networks <- now:
			case <-ctx.Done():
			}
		})
	})
	if b.cfg.Remembered != nil {
		s.moved = make(chan struct{}, 1)
		seeker := &seeker{cfg: b.cfg, listed: b.Rooms, found: s.offer, network: s.moved}
		b.all.Go(func() { seeker.run(ctx) })
	}
	b.all.Go(func() { s.run(ctx) })
	return b
}

// Rooms returns the rooms that answer, sorted by name, then id. The caller owns the result.
func (b *Browser) Rooms() []Room {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Room, 0, len(b.rooms))
	for _, r := range b.rooms {
		out = append(out, r.clone())
	}
	return out
}

// Status returns what is being looked at. The caller owns the result.
func (b *Browser) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	status := b.status
	status.Interfaces = slices.Clone(status.Interfaces)
	return status
}

// Changed gets a value after Rooms or Status changed; several changes may come as one. A change of nothing but the
// round trip is none.
func (b *Browser) Changed() <-chan struct{} { return b.changed }

// Close ends the search and waits for it. It is idempotent.
func (b *Browser) Close() {
	b.cancel()
	b.all.Wait()
}

// maxHeard is how many announcements may wait: all of an office of 200 rooms come within a few milliseconds after a query, and over
// both IP families.
const maxHeard = 512

// search is the goroutine behind a Browser. It owns everything below; listeners, queries and probes send to it.
type search struct {
	*Browser
	tracker  *tracker
	links    map[int]*link // by interface index
	ifaces   []iface
	networks chan network
	heard    chan announcement // full: the announcement is dropped, and the list is crowded
	overflow atomic.Bool       // heard was full
	results  chan result
	rounds   chan struct{}  // a round of queries has ended
	queried  chan []pointer // somebody else asked for rooms and knows these; capacity 1
	passing  chan inquiry   // the same, for the relay; full: the asker will ask again
	relay    *relay
	records  records
	moved    chan struct{} // tells the seeker that the network has changed; nil without one
	sights   *sights

	asking    bool          // a round is under way
	nextRound time.Time     //
	lastRound time.Time     // when it began
	interval  time.Duration // until the next one
	count     int           // rounds since the network changed
	opened    time.Time     // when listeners that could not be opened were last tried

	multicast atomic.Bool // any mDNS datagram was heard since the network changed
	published time.Time   // when the list was last made
}

// refreshEvery is how old the round trips of a list may be that has not changed else: 200 rooms answer 200 times a second.
const refreshEvery = time.Second

func (s *search) run(ctx context.Context) {
	defer s.end()
	timer := time.NewTimer(0)
	defer timer.Stop()
	first, wake := true, time.Now()
	for {
		now := time.Now()
		if late := now.Sub(wake); late > standstill {
			s.tracker.stoodStill(late, now)
		}
		if !first { // nothing is known of the network before that
			s.step(ctx, now)
			s.publish()
		}
		wake = later(s.wake(now), now)
		timer.Reset(time.Until(wake))
		select {
		case <-ctx.Done():
			return
		case now := <-s.networks:
			s.network(ctx, now)
			first = false
		case a := <-s.heard:
			s.hear(a)
			s.drain()
		case r := <-s.results:
			closeAll(s.tracker.done(r, time.Now()))
			s.drain()
		case <-s.rounds:
			s.asking = false
		case known := <-s.queried:
			s.postpone(known, time.Now())
		case q := <-s.passing:
			s.relay.asked(q, s.tracker.rooms, time.Now())
		case call := <-s.calls:
			call(s)
		case <-timer.C:
		}
	}
}

// drain takes in what else has come, so that a burst is one change of the list and not hundreds.
func (s *search) drain() {
	for range maxHeard {
		select {
		case a := <-s.heard:
			s.hear(a)
		case r := <-s.results:
			closeAll(s.tracker.done(r, time.Now()))
		default:
			return
		}
	}
}

// end closes the listeners and the kept connections. Probes and rounds end by the context.
func (s *search) end() {
	for _, l := range s.links {
		l.Close()
	}
	for _, c := range s.tracker.rooms {
		if c.kept != nil {
			c.kept.Close()
		}
	}
}

// step does all that is due.
func (s *search) step(ctx context.Context, now time.Time) {
	if s.overflow.Swap(false) {
		s.tracker.crowd(now)
		s.tracker.wanted = true // whoever was not heard will answer
	}
	closeAll(s.tracker.expire(now))
	for _, p := range s.tracker.due(now) {
		s.all.Go(func() {
			r := ask(ctx, p, s.cfg.dial)
			select {
			case s.results <- r:
			case <-ctx.Done():
				if r.kept != nil {
					r.kept.Close()
				}
			}
		})
	}
	if s.tracker.wanted {
		// Somebody we know too little of: ask now, but not more than once a BrowseMin.
		s.tracker.wanted = false
		s.nextRound = earlier(s.nextRound, later(now, s.lastRound.Add(s.cfg.BrowseMin)))
	}
	if !s.asking && !now.Before(s.nextRound) && len(s.ifaces) > 0 {
		s.ask(ctx, now)
	}
	if now.Sub(s.opened) >= s.cfg.PollEvery {
		s.listen(ctx, now)
	}
	s.passOn(ctx, now)
}

func (s *search) wake(now time.Time) time.Time {
	at := s.relay.wake(s.tracker.wake(now))
	if len(s.ifaces) == 0 {
		return at
	}
	if !s.asking {
		at = earlier(at, s.nextRound)
	}
	if s.deaf() {
		at = earlier(at, s.opened.Add(s.cfg.PollEvery))
	}
	return at
}

// network takes in the interfaces that are usable now. After a sleep their listeners may have lost their groups, and the kept
// connections their other ends: all is begun anew then.
func (s *search) network(ctx context.Context, n network) {
	now, ifaces := time.Now(), n.ifaces
	s.cfg.Logger.InfoContext(ctx, "browsing", "interfaces", names(ifaces), "woke", n.woke)
	if n.woke {
		closeAll(s.tracker.letGo())
	}
	for index, l := range s.links {
		if n.woke || !slices.ContainsFunc(ifaces, func(i iface) bool { return sameInterfaces([]iface{i}, []iface{l.iface}) }) {
			l.Close()
			delete(s.links, index)
		}
	}
	s.ifaces = ifaces
	s.sights.reset(ifaces)
	s.relay.network(ifaces, now)
	s.multicast.Store(false)
	s.listen(ctx, now)
	s.count, s.interval, s.nextRound = 0, s.cfg.BrowseMin, now
	select {
	case s.moved <- struct{}{}:
	default: // nobody seeks, or will anyway
	}
	s.tracker.askAll(now) // old ways may be gone, and rooms that were out of reach may be back
}

// problem says what stands in the way. Our own queries come back to our own listener, so silence after two whole rounds
// means that multicast does not work here at all.
func (s *search) problem() string {
	switch {
	case len(s.ifaces) == 0:
		return ProblemNoNetwork
	case s.multicast.Load():
		return ProblemNone
	case s.count > 2, s.count == 2 && !s.asking:
		return ProblemNoMulticast
	}
	return ProblemNone
}

// publish makes what is known now visible, and says so if it differs.
func (s *search) publish() {
	status := Status{Interfaces: names(s.ifaces), Problem: s.problem(), Crowded: time.Now().Before(s.tracker.crowdedUntil)}
	s.mu.Lock()
	tell := s.tracker.changed || status.Problem != s.status.Problem || status.Crowded != s.status.Crowded ||
		!slices.Equal(status.Interfaces, s.status.Interfaces)
	if now := time.Now(); s.tracker.changed || s.tracker.stale && now.Sub(s.published) >= refreshEvery {
		s.rooms, s.published = s.tracker.list(), now
		s.tracker.stale, s.tracker.changed = false, false
	}
	s.status = status
	s.mu.Unlock()
	if !tell {
		return
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func closeAll(list []prober) {
	for _, p := range list {
		p.Close()
	}
}
