package discovery

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Bounds of what strangers can make this app remember and do.
const (
	// maxCandidates is how many rooms are remembered, listed or not: twice maxListed. A candidate takes at most 2 kB.
	maxCandidates = 512
	// maxUnansweredFrom is how many of them may be rooms that do not answer and that one sender advertised. One computer
	// may host 200 rooms, and all of them are heard of before the first has answered.
	maxUnansweredFrom = 256
	// maxListed is how many of them may be listed: an office of 200 rooms and some more. It leaves as much space to find
	// others, whatever else answers, and bounds the connections that are kept (some 50 kB each).
	maxListed = 256
	// maxContacts is how many rooms are contacted for the first time at once: at 60 ms for one over a bad Wi-Fi, 500 a second.
	// A listed room has at most one question under way besides.
	maxContacts = 32
	// maxContactsFrom is how many of those may be rooms that one sender advertised.
	maxContactsFrom = 16
	// maxDialsSecond and maxDialsFromSecond are how many connections may be dialled in vain within a second, in all and to
	// rooms that one sender advertised: nobody can use the lobbies of an office to hammer a third machine. A room that
	// answers and is listed gives its dials back, so that honest rooms, however many, wait for nothing.
	maxDialsSecond     = 256
	maxDialsFromSecond = 64
	// maxPacketsSecond is how many packets about rooms are read within a second on one interface: all answers of an office of 200 to
	// two queries over both IP families, twice over. maxNewSecond and maxNewFromSecond are how many new rooms are looked at, in
	// all and of one sender. A flood of any size costs a tenth of a processor.
	maxPacketsSecond = 2000
	maxNewSecond     = 1000
	maxNewFromSecond = 500
	// crowdedFor is how long Status says that something was left out: longer than a sender of fakes needs to send them again.
	crowdedFor = time.Minute
	// againAfter is the least time between two attempts at a room that does not answer, whatever is heard of it.
	againAfter = 250 * time.Millisecond
	// contactBackoffMax is the longest time between two attempts at a room that does not answer; the first is 0.5 s.
	contactBackoffMax = 30 * time.Second
	// lostBackoff is the same for lostFor after a room has answered for the last time: a switch that was without power, or
	// a cable somebody pulled elsewhere, is back in moments, and nothing here tells when.
	lostBackoff = time.Second
	lostFor     = 30 * time.Second
	// forgetAfter is how long a room that does not answer is remembered after it was last heard of.
	forgetAfter = 2 * time.Minute
	// leavingFor is how long a room that said goodbye is doubted although it still answers: an app says goodbye before it
	// closes its port. It is asked again after leavingMin and then twice that each time up to leavingMax, which also
	// bounds what somebody who goes on forging goodbyes can make it answer.
	leavingFor = 2 * time.Second
	leavingMin = 25 * time.Millisecond
	leavingMax = 250 * time.Millisecond
	// leavingKeep and leavingDial are how long it may take then to answer over its kept connection, and over a new one:
	// a bad Wi-Fi round trip, and two. A host that has closed its port refuses within one.
	leavingKeep = 250 * time.Millisecond
	leavingDial = 500 * time.Millisecond
)

// makeRoom makes space for one more candidate of a sender, by dropping a candidate that is not listed: the longest unheard of
// that sender's if it has its share, else, when all is full, of the sender who has most. It reports whether there is
// space. The list is crowded then.
func (t *tracker) makeRoom(source netip.Addr, now time.Time) (closing []prober, ok bool) {
	t.spent.renew(now)
	if !t.spent.look(source) {
		t.crowd(now)
		return nil, false
	}
	own, oldest := 0, (*candidate)(nil)
	for _, c := range t.rooms {
		if !c.listed && c.source == source {
			own++
			if oldest == nil || c.heard.Before(oldest.heard) {
				oldest = c
			}
		}
	}
	if own >= maxUnansweredFrom {
		t.crowd(now)
		return t.drop(oldest), true
	}
	if len(t.rooms) < maxCandidates {
		return nil, true
	}
	t.crowd(now)
	count := make(map[netip.Addr]int)
	for _, c := range t.rooms {
		if !c.listed {
			count[c.source]++
		}
	}
	var victim *candidate
	for _, c := range t.rooms {
		if c.listed {
			continue
		}
		if victim == nil || count[c.source] > count[victim.source] ||
			count[c.source] == count[victim.source] && c.heard.Before(victim.heard) {
			victim = c
		}
	}
	if victim == nil {
		return nil, false
	}
	return t.drop(victim), true
}

// crowd notes that a room was left out because there are too many.
func (t *tracker) crowd(now time.Time) { t.crowdedUntil = now.Add(crowdedFor) }

// budget is what has been spent within this second.
type budget struct {
	began time.Time
	rooms int                // new ones that were looked at
	news  map[netip.Addr]int // the same, by who advertised them
	all   int                // connections dialled
	from  map[netip.Addr]int // the same, by who advertised the room
}

func newBudget() budget {
	return budget{news: make(map[netip.Addr]int), from: make(map[netip.Addr]int)}
}

// renew begins another second when the last is over.
func (b *budget) renew(now time.Time) {
	if now.Sub(b.began) >= time.Second {
		b.began, b.rooms, b.all = now, 0, 0
		clear(b.news)
		clear(b.from)
	}
}

// look reports whether one more new room of a sender may be looked at.
func (b *budget) look(source netip.Addr) bool {
	if b.rooms == maxNewSecond || b.news[source] == maxNewFromSecond {
		return false
	}
	b.rooms++
	b.news[source]++
	return true
}

// allows reports whether n more connections may be dialled. Whoever has dialled nothing yet in this second always may.
func (b *budget) allows(source netip.Addr, n int) bool {
	return (b.all == 0 || b.all+n <= maxDialsSecond) && (b.from[source] == 0 || b.from[source]+n <= maxDialsFromSecond)
}

func (b *budget) spend(source netip.Addr, n int) {
	b.all += n
	b.from[source] += n
}

// refund gives back what turned out to be well spent. It may belong to a second that is over.
func (b *budget) refund(source netip.Addr, n int) {
	b.all = max(0, b.all-n)
	b.from[source] = max(0, b.from[source]-n)
}

// due returns the probes to run now and counts them as under way: every listed room whose time has come, and of the others as
// many as the bounds allow: those of the sender with the fewest dials in this second first, then those that failed least, then
// the latest heard of. A room that opens now does not wait for the remains of a flood.
func (t *tracker) due(now time.Time) []probe {
	var out []probe
	var waiting []*candidate
	contacts, from := 0, make(map[netip.Addr]int)
	for _, c := range t.rooms {
		switch {
		case c.probing && !c.listed:
			contacts++
			from[c.source]++
		case c.probing, c.next.After(now):
		case c.listed:
			out = append(out, t.start(c, now))
		default:
			waiting = append(waiting, c)
		}
	}
	t.spent.renew(now)
	slices.SortFunc(waiting, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(a.failures, b.failures), b.heard.Compare(a.heard))
	})
	for contacts < maxContacts {
		best := -1
		for i, c := range waiting {
			if from[c.source] < maxContactsFrom && t.spent.allows(c.source, len(c.endpoints)) &&
				(best < 0 || t.spent.from[c.source] < t.spent.from[waiting[best].source]) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		c := waiting[best]
		waiting = slices.Delete(waiting, best, best+1)
		contacts++
		from[c.source]++
		c.cost = len(c.endpoints)
		t.spent.spend(c.source, c.cost)
		out = append(out, t.start(c, now))
	}
	return out
}

// intake counts the packets of one interface.
type intake struct {
	began time.Time
	n     int
}

// full takes one more packet in, and reports whether it is one too many.
func (i *intake) full(now time.Time) bool {
	if now.Sub(i.began) >= time.Second {
		*i = intake{began: now}
	}
	i.n++
	return i.n > maxPacketsSecond
}
