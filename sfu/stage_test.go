package sfu

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

func TestStage_SeatsEverybodyUpToK(t *testing.T) {
	s := newScene(10, 10)
	for i, a := range s.people {
		if !s.seated(i) {
			t.Errorf("participant %d has no seat", i)
		}
		a.sound = speech(uint64(i), -20-3*i) //nolint:gosec // small
	}
	s.play(20 * time.Second)
	if len(s.changes) > 0 {
		t.Errorf("seats changed though all fit:\n%s", s.dump())
	}
}

func TestStage_FreesTheSeatOfOneWhoLeaves(t *testing.T) {
	s := newScene(2, 3)
	s.remove(s.people[0].voice)
	s.people = s.people[1:]
	s.assign(s.now)
	if !slices.Equal(s.seats, []string{"2", "1"}) {
		t.Errorf("seats %v", s.seats)
	}
}

// The first word is heard from its third packet on at the latest.
func TestStage_SeatsANewTalkerAtTheFirstWord(t *testing.T) {
	for seed := range uint64(50) {
		s := newScene(10, 25)
		for i := range 3 { // a conversation goes on
			s.people[i].sound = speech(seed+uint64(i), -25) //nolint:gosec // small
		}
		s.play(5*time.Second + time.Duration(seed)*step)
		onset := s.at()
		s.people[20].sound = between(onset, time.Hour, recorded(t, "talk", 780*time.Millisecond, 0), nil) // begins with a word
		for !s.seated(20) && s.at() < onset+time.Second {
			s.play(step)
		}
		if d := s.at() - onset; d > 40*time.Millisecond {
			t.Errorf("seed %d: seated %v after the first word", seed, d)
		}
	}
}

func TestStage_HearsAWhisperAmongTwoHundred(t *testing.T) {
	s := newScene(10, 200)
	s.play(5 * time.Second)
	onset := s.at()
	s.people[150].sound = between(onset, time.Hour, recorded(t, "whisper", 0, 0), nil)
	s.play(500 * time.Millisecond)
	if !s.seated(150) {
		t.Fatal("the whisper is not heard")
	}
	s.play(3 * time.Second)
	if !s.seated(150) || len(s.changes) != 1 {
		t.Errorf("changes:\n%s", s.dump())
	}
}

func TestStage_KeepsAMonologueWhereItIs(t *testing.T) {
	for _, name := range []string{"reader", "talk"} {
		s := newScene(1, 12)
		s.people[0].sound = recorded(t, name, 0, 0)
		s.play(55 * time.Second)
		for i := range 11 { // people agree, cough, type; K is 1
			s.people[1+i].sound = between(s.at()+time.Duration(i)*4*time.Second, s.at()+time.Duration(i)*4*time.Second+250*time.Millisecond, steady(-22), office(1))
		}
		s.play(30 * time.Second)
		for _, c := range s.changes {
			if c.cut {
				t.Errorf("%s was cut off: %+v", name, c)
			}
		}
		if len(s.changes) > 4 {
			t.Errorf("%s: the seat changed hands %d times:\n%s", name, len(s.changes), s.dump())
		}
	}
}

func TestStage_KeepsTheSeatThroughAPauseInASentence(t *testing.T) {
	s := newScene(1, 2)
	s.people[0].sound = between(0, 3*time.Second, steady(-25), office(0))
	s.people[1].sound = between(3*time.Second, time.Hour, speech(1, -25), office(1))
	s.play(4 * time.Second)
	if !s.seated(0) {
		t.Error("a pause of one second cost the seat")
	}
	s.play(6 * time.Second)
	if !s.seated(1) {
		t.Error("the talker was never seated though the other was silent")
	}
}

func TestStage_ACoughEvictsNoTalker(t *testing.T) {
	for seed := range uint64(20) {
		s := newScene(4, 12)
		for i := range 4 {
			s.people[i].sound = talker(seed*10+uint64(i), -26, 2000, 500) //nolint:gosec // small
		}
		s.play(8 * time.Second)
		before := slices.Clone(s.seats)
		for i := range 8 {
			at := s.at() + time.Duration(i)*time.Second
			s.people[4+i].sound = between(at, at+280*time.Millisecond, steady(-10), office(seed))
		}
		s.play(9 * time.Second)
		for _, c := range s.changes {
			if c.at > 8*time.Second && slices.Contains(before, c.from) && c.cut {
				t.Errorf("seed %d: %+v", seed, c)
			}
		}
	}
}

func TestStage_DoesNotFlapBetweenEqualTalkers(t *testing.T) {
	for seed := range uint64(20) {
		s := newScene(2, 3)
		for i, a := range s.people {
			a.sound = talker(seed*3+uint64(i), -25, 3000, 400) //nolint:gosec // small
		}
		s.play(30 * time.Second)
		if len(s.changes) > 6 {
			t.Errorf("seed %d: %d changes between equals in 30 s:\n%s", seed, len(s.changes), s.dump())
		}
	}
}

func TestStage_CrosstalkOfMoreThanKSwitchesRarelyAndNeverInAWord(t *testing.T) {
	s := newScene(10, 40)
	for i := range 12 {
		if i%2 == 0 {
			s.people[i].sound = recorded(t, "talk", time.Duration(i)*4*time.Second, i%3)
		} else {
			s.people[i].sound = recorded(t, "reader", time.Duration(i)*2*time.Second, -i%3)
		}
	}
	s.play(time.Minute)
	for _, c := range s.changes {
		if c.cut && c.silent && !c.overdue {
			t.Errorf("cut off while a seat was silent: %+v", c)
		}
	}
	t.Logf("%d changes in a minute", len(s.changes))
	if len(s.changes) > 40 {
		t.Errorf("%d changes in a minute of 12 people in 10 seats", len(s.changes))
	}
}

func TestStage_LaughterDoesNotShuffleTheSeats(t *testing.T) {
	s := newScene(10, 30)
	for i := range 4 {
		s.people[i].sound = speech(uint64(i), -25) //nolint:gosec // small
	}
	s.play(20 * time.Second)
	before := slices.Clone(s.seats)
	from := s.at()
	for i := 4; i < 30; i++ {
		rng := rand.New(rand.NewPCG(uint64(i), 5)) //nolint:gosec // small
		laugh := func(at time.Duration) int {      // ha ha ha, five a second
			if at%(200*time.Millisecond) < 120*time.Millisecond {
				return -18 - rng.IntN(10)
			}
			return -40 - rng.IntN(10)
		}
		s.people[i].sound = between(from, from+2*time.Second, laugh, s.people[i].sound)
	}
	s.play(4 * time.Second)
	kept := 0
	for i, id := range before {
		if s.seats[i] == id {
			kept++
		}
	}
	if kept < 5 {
		t.Errorf("only %d of 10 seats outlived the laughter:\n%s", kept, s.dump())
	}
	for _, c := range s.changes {
		if c.at > from && c.cut {
			t.Errorf("laughter cut a talker off: %+v", c)
		}
	}
}

func TestStage_AFanHoldsNoSeatAgainstSpeech(t *testing.T) {
	s := newScene(3, 8)
	for i := range 3 {
		s.people[i].sound = recorded(t, "fan", time.Duration(i)*time.Second, 0)
	}
	s.play(2 * time.Minute)
	onset := s.at()
	for i := range 3 {
		s.people[5+i].sound = speech(uint64(i), -30) //nolint:gosec // small
	}
	for (!s.seated(5) || !s.seated(6) || !s.seated(7)) && s.at() < onset+10*time.Second {
		s.play(step)
	}
	if !s.seated(5) || !s.seated(6) || !s.seated(7) {
		t.Errorf("a fan keeps a seat from speech:\n%s", s.dump())
	}
	s.play(10 * time.Second)
	for i := range 3 {
		if s.seated(i) {
			t.Errorf("fan %d took a seat from speech:\n%s", i, s.dump())
		}
	}
}

func TestStage_SpeechBesideAFanIsHeard(t *testing.T) {
	s := newScene(2, 5)
	fan, talk := recorded(t, "fan", 0, 0), recorded(t, "reader", 0, 0)
	both := func(at time.Duration) int { return max(fan(at), talk(at)) }
	s.people[4].sound = between(10*time.Second, time.Hour, both, fan)
	s.play(10 * time.Second)
	s.play(300 * time.Millisecond)
	if !s.seated(4) {
		t.Error("not seated")
	}
}

// However a forged level is made, it gets out of the way of people who talk.
func TestStage_ALevelForgedAsLoudHogsNoSeat(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	forgeries := map[string]sound{
		"constant": steady(0),
		"over a bad network": func(at time.Duration) int {
			if at%(3*time.Second) < 300*time.Millisecond {
				return absent
			}
			return 0
		},
		"flickering": func(time.Duration) int { return -rng.IntN(3) },
		"with dips": func(at time.Duration) int {
			if at%(200*time.Millisecond) < 60*time.Millisecond {
				return silence
			}
			return 0
		},
	}
	for name, forged := range forgeries {
		s := newScene(3, 8)
		for i := range 3 {
			s.people[i].sound = forged
		}
		s.play(30 * time.Second)
		onset := s.at()
		for i := range 3 {
			s.people[4+i].sound = recorded(t, "talk", time.Duration(i)*15*time.Second, 0)
		}
		seatedFor := 0
		for s.at() < onset+30*time.Second {
			s.play(100 * time.Millisecond)
			for i := range 3 {
				if s.seated(4 + i) {
					seatedFor++
				}
			}
		}
		if seatedFor < 3*300*8/10 {
			t.Errorf("%s: the talkers held their seats for %d of 900 moments:\n%s", name, seatedFor, s.dump())
		}
	}
}

func TestStage_TypingTakesNoSeatFromTalkersAndLittleElse(t *testing.T) {
	s := newScene(4, 12)
	for i := range 4 {
		s.people[i].sound = talker(uint64(i), -27, 1500, 800) //nolint:gosec // small
	}
	s.play(5 * time.Second)
	s.changes = nil
	for i := 4; i < 12; i++ {
		rng := rand.New(rand.NewPCG(uint64(i), 3)) //nolint:gosec // small
		s.people[i].sound = func(time.Duration) int {
			if rng.IntN(10) == 0 { // five keys a second
				return -30 - rng.IntN(10)
			}
			return -64
		}
	}
	s.play(20 * time.Second)
	for _, c := range s.changes {
		if c.cut {
			t.Errorf("typing cut somebody off: %+v", c)
		}
	}
	t.Logf("%d changes in 20 s", len(s.changes))
}

func TestStage_AMuteFreesTheSeatAfterAWhile(t *testing.T) {
	s := newScene(1, 2)
	s.people[0].sound = speech(1, -25)
	s.play(5 * time.Second)
	tap := func(muted bool) { s.mute(s.people[0].voice, muted, s.now) }
	tap(true)
	s.people[1].sound = speech(2, -25)
	s.play(300 * time.Millisecond)
	if !s.seated(0) {
		t.Fatal("the seat was lost in the middle of a tap on mute")
	}
	s.play(3 * time.Second)
	if !s.seated(1) {
		t.Error("the seat of a muted participant was not given to a talker")
	}
	for range 100 {
		s.play(100 * time.Millisecond)
		if s.seated(0) {
			t.Fatal("a muted participant took a seat")
		}
	}
}

func TestStage_ASeatOfTheMutedIsFreeForAFirstWord(t *testing.T) {
	s := newScene(1, 2)
	s.people[0].sound = talker(1, -25, 4000, 300)
	s.play(5 * time.Second)
	s.mute(s.people[0].voice, true, s.now)
	s.play(1100 * time.Millisecond)
	s.people[1].sound = steady(-25)
	s.play(60 * time.Millisecond)
	if !s.seated(1) {
		t.Error("a first word does not take the seat of somebody who muted a second ago")
	}
}

// Two who talk for minutes, with pauses but none long enough to step in, share one seat.
func TestStage_AMonologueEndsWhenSomebodyElseWantsTheOnlySeat(t *testing.T) {
	s := newScene(1, 2)
	on := func(at time.Duration) int { // sentences of 4 s with half a second between
		if at%(4500*time.Millisecond) < 4*time.Second {
			return -25
		}
		return -68
	}
	s.people[0].sound, s.people[1].sound = on, between(time.Second, time.Hour, on, office(1))
	s.play(59 * time.Second)
	if len(s.changes) > 0 {
		t.Errorf("the seat changed hands within a minute:\n%s", s.dump())
	}
	s.play(3 * time.Minute)
	if n := len(s.changes); n < 2 || n > 4 {
		t.Errorf("the seat changed hands %d times in four minutes:\n%s", n, s.dump())
	}
}

func TestStage_WhoHasWaitedLongerComesFirst(t *testing.T) {
	loud, patient := &voice{loudness: -25}, &voice{loudness: -33, waited: 9 * time.Second}
	if loud.rank() >= patient.rank() {
		t.Errorf("ranks %v and %v", loud.rank(), patient.rank())
	}
}

// Clients without levels are ranked with those that send them.
func TestStage_RanksPacketSizesWithLevels(t *testing.T) {
	s := newScene(2, 6)
	var g guess
	sizes := numbers(t, "reader.sizes")
	s.people[5].sound = between(5*time.Second, time.Hour, func(at time.Duration) int {
		return g.level(opusPacket(sizes[int(at/(20*time.Millisecond))%len(sizes)]))
	}, func(time.Duration) int { return g.level(opusPacket(58)) })
	s.people[0].sound = speech(1, -25)
	s.play(6 * time.Second)
	if !s.seated(5) || !s.seated(0) {
		t.Errorf("seats %v, want 0 and 5:\n%s", s.seats, s.dump())
	}
	s.play(22 * time.Second) // into the office after her
	s.people[4].sound = speech(3, -30)
	s.people[3].sound = speech(4, -30)
	s.play(8 * time.Second)
	if s.seated(5) {
		t.Errorf("packets of an office keep a seat from speech:\n%s", s.dump())
	}
}

// opusPacket is a packet of one 20 ms hybrid frame with that many bytes.
func opusPacket(bytes int) []byte {
	b := make([]byte, bytes)
	b[0] = 15 << 3
	return b
}

func TestStage_Property(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 9))
		k := 1 + rng.IntN(10)
		s := newScene(k, rng.IntN(30))
		next := len(s.people)
		for range 60 {
			switch n := len(s.people); {
			case rng.IntN(3) == 0 && n < 60:
				s.join(strconv.Itoa(next))
				next++
				s.assign(s.now)
			case rng.IntN(4) == 0 && n > 0:
				i := rng.IntN(n)
				s.remove(s.people[i].voice)
				s.people = slices.Delete(s.people, i, i+1)
				s.assign(s.now)
			case n > 0:
				a := s.people[rng.IntN(n)]
				seed := rng.Uint64()
				a.sound = []sound{
					office(seed), speech(seed, -15-rng.IntN(30)), talker(seed, -20-rng.IntN(20), 4000, 300), steady(-rng.IntN(128)),
					steady(absent), func(time.Duration) int { return -rng.IntN(128) },
				}[rng.IntN(6)]
				s.mute(a.voice, rng.IntN(5) == 0, s.now)
			}
			before := len(s.changes)
			s.play(time.Duration(rng.IntN(1000)) * time.Millisecond)
			s.check(t, seed)
			if made := len(s.changes) - before; made > k/3+2 {
				t.Fatalf("seed %d: %d changes in a second of %d seats", seed, made, k)
			}
		}
		for _, c := range s.changes {
			if c.cut && c.silent && !c.overdue {
				t.Errorf("seed %d: cut off while a seat was silent: %+v", seed, c)
			}
		}
	}
}

// check holds what must be true of every stage at every moment.
func (s *scene) check(t *testing.T, seed uint64) {
	t.Helper()
	seen := make(map[string]bool)
	for i, id := range s.seats {
		v := s.holders[i]
		switch {
		case id == "" && v == nil:
			if len(s.people) >= len(s.seats) {
				t.Fatalf("seed %d: seat %d is empty with %d people", seed, i, len(s.people))
			}
		case v == nil || v.id != id || v.seat != i:
			t.Fatalf("seed %d: seat %d is %q but its voice says otherwise", seed, i, id)
		case seen[id]:
			t.Fatalf("seed %d: %q has two seats", seed, id)
		case !slices.ContainsFunc(s.people, func(a *actor) bool { return a.voice == v }):
			t.Fatalf("seed %d: %q has a seat and is not here", seed, id)
		}
		seen[id] = id != ""
	}
}

// In a crowd of twice as many talkers as seats everybody gets a word in.
func TestStage_NobodyStarves(t *testing.T) {
	for seed := range uint64(5) {
		s := newScene(5, 10)
		for i, a := range s.people {
			a.sound = speech(seed*100+uint64(i), -22-i) //nolint:gosec // small
		}
		heard := make([]bool, len(s.people))
		for range 60 {
			s.play(time.Second)
			for i := range heard {
				heard[i] = heard[i] || s.seated(i)
			}
		}
		if i := slices.Index(heard, false); i >= 0 {
			t.Errorf("seed %d: %d was never heard in a minute", seed, i)
		}
	}
}

func TestStage_RunsWithoutAllocating(t *testing.T) {
	s := crowd(300)
	if n := testing.AllocsPerRun(1000, s.runOnce); n != 0 {
		t.Errorf("%v allocations for a run", n)
	}
}

type crowdScene struct {
	*stage
	now time.Time
	rng *rand.Rand
}

func crowd(n int) *crowdScene {
	s := &crowdScene{newStage(10), time.Unix(1e9, 0), rand.New(rand.NewPCG(1, 1))}
	for i := range n {
		s.add(strconv.Itoa(i))
	}
	return s
}

// runOnce is 50 ms in which everybody makes some noise, and now and then somebody speaks.
func (s *crowdScene) runOnce() {
	s.now = s.now.Add(stageTick)
	for _, v := range s.voices {
		r := reading{peak: -65 + s.rng.IntN(4), mean: -67, heard: 40 * time.Millisecond}
		if s.rng.IntN(50) == 0 {
			r = reading{peak: -25, mean: -30, heard: 40 * time.Millisecond, loud: 40 * time.Millisecond}
		}
		s.observe(v, r, s.now)
	}
	s.assign(s.now)
}

func BenchmarkStage_300(b *testing.B) {
	s := crowd(300)
	b.ReportAllocs()
	for b.Loop() {
		s.runOnce()
	}
}
