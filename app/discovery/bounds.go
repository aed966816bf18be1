package discovery

import (
	"net/netip"
	"slices"
	"time"
)

// Bounds of what strangers can make this app remember and do.
const (
	// maxCandidates is how many rooms are remembered, listed or not.
	maxCandidates = 256
	// maxUnansweredFrom is how many of them may be rooms that do not answer and that one sender advertised.
	maxUnansweredFrom = 64
	// maxListed is how many of them may be listed, so that a flood of rooms that do answer leaves space to find others.
	maxListed = 192
	// maxContacts is how many rooms are contacted for the first time at once, each at up to maxAddresses addresses:
	// at most 144 connections being dialled. A listed room has at most one question under way besides.
	maxContacts = 12
	// maxContactsFrom is how many of those may be rooms that one sender advertised.
	maxContactsFrom = 4
	// maxContactsSecond and maxContactsFromSecond are how many may begin within a second, in all and of one sender's:
	// nobody can use the lobbies of an office to hammer a third machine. 384 and 96 connections a second at most.
	maxContactsSecond     = 32
	maxContactsFromSecond = 8
	// againAfter is the least time between two attempts at a room that does not answer, whatever is heard of it.
	againAfter = 250 * time.Millisecond
	// contactBackoffMax is the longest time between two attempts at a room that does not answer; the first is 0.5 s.
	contactBackoffMax = 30 * time.Second
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
// space.
func (t *tracker) makeRoom(source netip.Addr) (closing []prober, ok bool) {
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
		return t.drop(oldest), true
	}
	if len(t.rooms) < maxCandidates {
		return nil, true
	}
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

// due returns the probes to run now and counts them as under way: every listed room whose time has come, and of the others as
// many as the bounds allow, those of the sender with the fewest in this second first, then the longest waiting.
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
	if now.Sub(t.second) >= time.Second {
		t.second = now
		clear(t.spent)
	}
	begun := 0
	for _, n := range t.spent {
		begun += n
	}
	slices.SortFunc(waiting, func(a, b *candidate) int { return a.next.Compare(b.next) })
	for contacts < maxContacts && begun < maxContactsSecond {
		best := -1
		for i, c := range waiting {
			if from[c.source] < maxContactsFrom && t.spent[c.source] < maxContactsFromSecond &&
				(best < 0 || t.spent[c.source] < t.spent[waiting[best].source]) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		c := waiting[best]
		waiting = slices.Delete(waiting, best, best+1)
		contacts++
		begun++
		from[c.source]++
		t.spent[c.source]++
		out = append(out, t.start(c, now))
	}
	return out
}
