package discovery

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// clocked is a tracker with a hand-moved clock.
type clocked struct {
	*tracker
	now time.Time
	t   *testing.T
}

func newClocked(t *testing.T) *clocked {
	t.Helper()
	return &clocked{tracker: newTracker(Config{}.withDefaults()), now: time.Unix(1e9, 0), t: t}
}

func claim(n int, from string, addrs ...string) announcement {
	a := announcement{
		instance: fmt.Sprintf("i%d", n), known: true, key: roomKey{fmt.Sprintf("r%d", n), fp('a')}, source: netip.MustParseAddr(from),
	}
	for _, s := range addrs {
		a.endpoints = append(a.endpoints, netip.MustParseAddrPort(s))
	}
	return a
}

// say hears an announcement now.
func (c *clocked) say(a announcement) { c.hear(a, c.now) }

// answers runs all that is due now and lets the rooms for which up says so answer; it returns how many were asked.
func (c *clocked) answers(up func(id string) bool) int {
	asked := c.due(c.now)
	for _, p := range asked {
		r := result{key: p.key}
		if up(p.key.id) {
			r = result{key: p.key, ok: true, answer: answer{facts: facts(p.key.id, p.key.id), from: p.endpoints[0]}}
		}
		c.done(r, c.now)
	}
	return len(asked)
}

// run moves the clock from wake to wake for d.
func (c *clocked) run(d time.Duration, up func(id string) bool) {
	end := c.now.Add(d)
	for steps := 0; ; steps++ {
		if steps > 100_000 {
			c.t.Fatal("the tracker spins")
		}
		c.expire(c.now)
		c.answers(up)
		next := c.wake(c.now)
		if !next.After(c.now) {
			c.t.Fatalf("woken at %v for %v", c.now, next)
		}
		if next.After(end) {
			c.now = end
			return
		}
		c.now = next
	}
}

func yes(string) bool { return true }
func no(string) bool  { return false }

func TestTracker_ListsWhatAnswersAndForgetsWhatDoesNot(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.say(claim(2, "10.1.0.3", "10.1.0.3:7788"))
	if len(c.list()) != 0 {
		t.Fatal("listed before anything answered")
	}
	c.run(time.Second, func(id string) bool { return id == "r1" })
	if got := roomNames(c.list()); fmt.Sprint(got) != "[r1]" {
		t.Fatalf("listed %v", got)
	}
	c.run(forgetAfter+time.Second, func(id string) bool { return id == "r1" })
	if len(c.rooms) != 1 {
		t.Errorf("%d candidates remembered", len(c.rooms))
	}
}

func TestTracker_SilentRoomIsUnlistedWithinThreeSecondsAndComesBack(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(10*time.Second, yes)
	death := c.now
	for len(c.list()) > 0 {
		c.run(10*time.Millisecond, no)
		if c.now.Sub(death) > 3*time.Second {
			t.Fatal("listed for more than 3 s after its death")
		}
	}
	if lived := c.now.Sub(death); lived < time.Second {
		t.Errorf("unlisted %v after its last answer: one lost probe is enough", lived)
	}
	c.run(time.Second, yes)
	if len(c.list()) != 1 {
		t.Error("does not come back")
	}
}

func TestTracker_OneLostProbeChangesNothing(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(10*time.Second, yes)
	c.changed = false
	lost := false
	c.run(5*time.Second, func(string) bool { was := lost; lost = true; return was })
	if !lost || c.changed || len(c.list()) != 1 {
		t.Errorf("lost %v, changed %v, listed %d", lost, c.changed, len(c.list()))
	}
}

func TestTracker_GoodbyeRemovesAtOnceWhatNoLongerAnswers(t *testing.T) {
	for what, bye := range map[string]announcement{
		"with its TXT":      {instance: "other", known: true, key: roomKey{"r1", fp('a')}, goodbye: true},
		"the pointer alone": {instance: "i1", goodbye: true},
	} {
		c := newClocked(t)
		c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
		c.run(10*time.Second, yes)
		c.say(bye)
		if c.answers(no); len(c.list()) != 0 {
			t.Errorf("%s: still listed", what)
		}
	}
}

func TestTracker_GoodbyeOfAHostThatIsJustClosingRemovesItSoon(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(10*time.Second, yes)
	c.say(announcement{instance: "i1", goodbye: true})
	c.run(100*time.Millisecond, yes) // its port closes after its goodbye
	c.run(300*time.Millisecond, no)
	if len(c.list()) != 0 {
		t.Error("listed 0.4 s after its goodbye")
	}
}

// A host whose address changes says goodbye under the old one and is back under the new one.
func TestTracker_GoodbyeOfAHostThatMovedFollowsIt(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(10*time.Second, yes)
	c.say(announcement{instance: "i1", goodbye: true})
	first := c.due(c.now) // asks the old address, which is silent
	c.now = c.now.Add(100 * time.Millisecond)
	c.say(claim(1, "10.1.0.3", "10.1.0.3:7788"))
	c.now = c.now.Add(leavingKeep + leavingDial)
	c.done(result{key: first[0].key}, c.now)
	if len(c.list()) != 1 {
		t.Error("taken off the list although it has announced itself again")
	}
	c.now = c.now.Add(againAfter)
	if next := c.due(c.now); len(next) != 1 || fmt.Sprint(next[0].endpoints) != "[10.1.0.2:7788 10.1.0.3:7788]" {
		t.Errorf("got %+v", next)
	}
}

func TestBadInput_29_AForgedGoodbyeHidesNothing(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(10*time.Second, yes)
	c.changed = false
	for range 1000 {
		c.say(announcement{instance: "i1", goodbye: true})
		if asked := c.answers(yes); asked > 1 {
			t.Fatalf("%d probes of one room", asked)
		}
		if c.run(10*time.Millisecond, yes); len(c.list()) != 1 {
			t.Fatal("hidden")
		}
	}
	if c.changed {
		t.Error("the list changed")
	}
}

func TestTracker_GoodbyeDuringAProbeAsksAgain(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(10*time.Second, yes)
	c.run(time.Second, yes)
	var under []probe
	for len(under) == 0 {
		c.now = c.wake(c.now)
		under = c.due(c.now)
	}
	c.say(announcement{instance: "i1", goodbye: true})
	c.done(result{key: under[0].key, ok: true, answer: answer{facts: facts("r1", "r1"), from: under[0].endpoints[0]}}, c.now)
	if c.answers(no) != 1 || len(c.list()) != 0 {
		t.Error("the answer to an older question stands against the goodbye")
	}
}

func TestBadInput_30_SpoofedAddressesDoNotDisplaceTheOneThatAnswers(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(5*time.Second, yes)
	for i := range 500 {
		c.say(claim(1, "10.1.0.66", fmt.Sprintf("10.1.%d.%d:%d", i/250, i%250+1, 1000+i)))
	}
	rooms := c.list()
	if len(rooms) != 1 || rooms[0].Address != "10.1.0.2:7788" || len(rooms[0].Addresses) != maxAddresses || rooms[0].Addresses[0] != "10.1.0.2:7788" {
		t.Errorf("got %+v", rooms)
	}
}

func TestTracker_TriesABetterAddressThanALinkLocalOne(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "fe80::2", "[fe80::2%eth0]:7788"))
	p := c.due(c.now)[0]
	kept := &fakeProber{n: new(fakeNet)}
	c.done(result{key: p.key, ok: true, answer: answer{facts: facts("r1", "r1"), from: p.endpoints[0]}, kept: kept}, c.now)
	c.say(claim(1, "fe80::2", "10.1.0.2:7788", "[fe80::2%eth0]:7788"))
	again := c.due(c.now)
	if len(again) != 1 || fmt.Sprint(again[0].better) != "[10.1.0.2:7788]" || again[0].kept != kept {
		t.Fatalf("got %+v", again)
	}
	c.done(result{key: p.key, ok: true, answer: answer{facts: facts("r1", "r1"), from: p.endpoints[0]}, kept: kept}, c.now)
	c.now = c.now.Add(time.Second)
	if again = c.due(c.now); len(again) != 1 || len(again[0].better) != 0 {
		t.Errorf("tried again and again: %+v", again)
	}
	c.done(result{key: p.key, ok: true, answer: answer{facts: facts("r1", "r1"), from: p.endpoints[0]}, kept: kept}, c.now)
	c.now = c.now.Add(improveEvery)
	if again = c.due(c.now); len(again) != 1 || len(again[0].better) != 1 {
		t.Errorf("given up: %+v", again)
	}

	// The better address is heard of while the first question is under way.
	c.say(claim(2, "fe80::3", "[fe80::3%eth0]:7788"))
	p = c.due(c.now)[0]
	c.say(claim(2, "fe80::3", "10.1.0.3:7788"))
	c.done(result{key: p.key, ok: true, answer: answer{facts: facts("r2", "r2"), from: p.endpoints[0]}, kept: kept}, c.now)
	if again = c.due(c.now); len(again) != 1 || fmt.Sprint(again[0].better) != "[10.1.0.3:7788]" {
		t.Errorf("heard of in between: %+v", again)
	}
}

func TestBadInput_28_AFloodIsBoundedAndCrowdsOutItself(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(5*time.Second, yes)
	c.say(claim(2, "10.1.0.3", "10.1.0.3:7788")) // found at the same moment as the flood begins
	most := 0
	for i := range 10_000 {
		c.say(claim(1000+i, "10.1.0.66", "10.1.0.66:1"))
		if i == 5000 {
			c.say(claim(3, "10.1.0.4", "10.1.0.4:7788")) // and in the middle of it
		}
		most = max(most, len(c.rooms))
	}
	if most > maxCandidates {
		t.Errorf("%d candidates", most)
	}
	first := make(map[string]bool)
	probes := c.due(c.now)
	for _, p := range probes {
		first[p.key.id] = true
	}
	if len(probes) > maxContacts+1 || !first["r2"] || !first["r3"] {
		t.Errorf("%d probes at once; the real rooms among them: %v %v", len(probes), first["r2"], first["r3"])
	}
	if more := c.due(c.now); len(more) != 0 {
		t.Errorf("%d probes more", len(more))
	}
	if got := fmt.Sprint(roomNames(c.list())); got != "[r1]" {
		t.Errorf("listed %s", got)
	}
}

func TestBadInput_28_AFloodFromManySendersIsBounded(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(5*time.Second, yes)
	for i := range 2000 {
		c.now = c.now.Add(time.Millisecond)
		c.say(claim(1000+i, fmt.Sprintf("10.1.%d.%d", 1+i/200, 1+i%200), "10.1.0.66:1"))
	}
	if len(c.rooms) != maxCandidates || len(c.list()) != 1 {
		t.Errorf("%d candidates, %d listed", len(c.rooms), len(c.list()))
	}
	if c.rooms[roomKey{"r2999", fp('a')}] == nil || c.rooms[roomKey{"r1000", fp('a')}] != nil {
		t.Error("not the oldest was dropped")
	}
}

func TestBadInput_28_AFloodOfRoomsThatAnswerLeavesSpaceToFindOthers(t *testing.T) {
	c := newClocked(t)
	for i := range 1000 {
		c.say(claim(i, fmt.Sprintf("10.1.0.%d", 1+i%100), "10.1.0.66:1"))
		if i%20 == 0 {
			c.run(time.Second, yes)
		}
	}
	if n := len(c.list()); n != maxListed {
		t.Errorf("%d rooms listed", n)
	}
	if len(c.rooms) > maxCandidates {
		t.Errorf("%d candidates", len(c.rooms))
	}
}

func TestBadInput_28_OneSenderDoesNotTakeAllContacts(t *testing.T) {
	c := newClocked(t)
	for i := range 100 {
		c.say(claim(i, "10.1.0.66", "10.1.0.66:1"))
	}
	if n := len(c.due(c.now)); n != maxContactsFrom {
		t.Errorf("%d contacts for one sender", n)
	}
	c.say(claim(500, "10.1.0.3", "10.1.0.3:1"))
	if p := c.due(c.now); len(p) != 1 || p[0].key.id != "r500" {
		t.Errorf("another sender gets %v", p)
	}
}

func TestBadInput_27_NobodyIsHammered(t *testing.T) {
	c := newClocked(t)
	dialled := 0
	for i := range 10_000 { // 10 s of new rooms, and of new addresses of one room, all at a third machine that refuses
		c.now = c.now.Add(time.Millisecond)
		c.say(claim(1000+i, "10.1.0.66", "10.1.0.99:22"))
		c.say(claim(1, "10.1.0.66", fmt.Sprintf("10.1.0.99:%d", 1+i)))
		for _, p := range c.due(c.now) {
			dialled += len(p.endpoints)
			c.done(result{key: p.key}, c.now)
		}
	}
	if most := 11 * maxDialsFromSecond; dialled > most {
		t.Errorf("%d connections dialled in 10 s, want at most %d", dialled, most)
	}
	c.say(claim(2, "10.1.0.3", "10.1.0.3:7788"))
	if p := c.due(c.now); len(p) != 1 || p[0].key.id != "r2" {
		t.Errorf("a real room does not get its turn: %v", p)
	}
}

func TestTracker_BacksOffFromWhatDoesNotAnswer(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	asked := 0
	c.run(time.Minute, func(string) bool { asked++; return false })
	if asked < 5 || asked > 9 {
		t.Errorf("asked %d times in a minute", asked)
	}
}

// A room that was there a moment ago may be back any moment: nothing here tells when a switch elsewhere has power again.
func TestTracker_LooksOftenForARoomThatWasThereAMomentAgo(t *testing.T) {
	c := newClocked(t)
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.run(10*time.Second, yes)
	c.run(20*time.Second, no)
	if len(c.list()) != 0 {
		t.Fatal("still listed")
	}
	if c.run(lostBackoff, yes); len(c.list()) != 1 {
		t.Error("not back within a second")
	}
	asked := 0
	c.run(2*time.Minute, func(string) bool { asked++; return false })
	if most := int((lostFor+3*time.Second)/lostBackoff) + 20; asked > most {
		t.Errorf("asked %d times in two minutes, want at most %d", asked, most)
	}
}

func TestTracker_UnknownInstanceWantsAQuery(t *testing.T) {
	c := newClocked(t)
	c.say(announcement{instance: "i1"})
	if !c.wanted {
		t.Error("a pointer to an unknown instance asks for nothing")
	}
	c.wanted = false
	c.say(claim(1, "10.1.0.2", "10.1.0.2:7788"))
	c.say(announcement{instance: "i1"})
	if c.wanted {
		t.Error("a known instance asks for a query")
	}
}

func TestTracker_SortsByNameThenID(t *testing.T) {
	c := newClocked(t)
	for _, n := range []int{3, 1, 2} {
		c.say(claim(n, "10.1.0.2", "10.1.0.2:7788"))
	}
	for _, p := range c.due(c.now) {
		name := map[string]string{"r1": "b", "r2": "a", "r3": "a"}[p.key.id]
		c.done(result{key: p.key, ok: true, answer: answer{facts: facts(p.key.id, name), from: p.endpoints[0]}}, c.now)
	}
	var ids []string
	for _, r := range c.list() {
		ids = append(ids, r.Facts.ID)
	}
	if fmt.Sprint(ids) != "[r2 r3 r1]" {
		t.Errorf("order %v", ids)
	}
}

func BenchmarkTracker_Flood(b *testing.B) {
	tr := newTracker(Config{}.withDefaults())
	now := time.Unix(1e9, 0)
	for i := 0; b.Loop(); i++ {
		tr.hear(claim(i, "10.1.0.66", "10.1.0.66:1"), now)
	}
}
