package sfu

import (
	"slices"
	"time"
)

// When a microphone counts as speaking. A fan, a street, an office have a level of their own, which each voice's noise
// floor follows; speech rises out of it and falls back every second or two.
const (
	// aboveNoise is how many dB a packet must be above the noise floor: the smoothed level of steady noise stays within
	// 6 dB, the peaks of speech are 15 and more above what a colleague still understands it in.
	aboveNoise = 10
	// faintest is the level in dBov from which anything can be speech: a whisper into a laptop is at -50 to -55, an
	// office's background at -60 to -70.
	faintest = -60
	// surest is the level in dBov from which everything counts as speech, however steady: what is that loud is heard,
	// and only spurtLimit bounds it. Speech is at -20 to -35, a fan beside the microphone at -45.
	surest = -40
	// floorWindow is half of how long a sound must be steady to count as noise: 1.5 to 3 s, longer than nearly every
	// talk spurt (1.0 s on average, exponentially distributed, ITU-T P.59).
	floorWindow = 1500 * time.Millisecond
	// smoothing is the time constant of the level that the noise floor is the minimum of.
	smoothing = 80 * time.Millisecond
	// alertAtFirst is the level in dBov that counts as speech until the noise floor is known.
	alertAtFirst = -50
)

// When a seat changes hands. Talk spurts and pauses are those of ITU-T P.59: a spurt lasts 1.0 s on average, a pause
// 1.6 s; a silence of less than 200 ms is part of the spurt.
const (
	// gap is the longest silence within one talk spurt.
	gap = 200 * time.Millisecond
	// lapse is the time without a packet (DTX) after which evidence of speech is void.
	lapse = 200 * time.Millisecond
	// click and clicked deal with typing. Who made a sound shorter than click must speak for clicked, not for one
	// packet, before the next one counts.
	click, clicked = 100 * time.Millisecond, 60 * time.Millisecond
	// certain is how long somebody must speak to take a seat from a talker: longer than a cough, a laugh's first burst
	// or an "mhm" (under 300 ms).
	certain = 300 * time.Millisecond
	// breath is how long a talker may pause without losing the seat to somebody equally loud: the pauses inside a turn
	// are under 1 s.
	breath = 1200 * time.Millisecond
	// holdSeat is the silence after which a holder is no talker any more, and anybody's first word takes the seat.
	holdSeat = 2 * time.Second
	// holdMuted is the same from the moment of a mute: people tap it twice, and unmute to say one more word.
	holdMuted = time.Second
	// outshout is how much louder, in dB, a newcomer must be than the quietest talker when everybody in the seats is
	// talking: 6 dB is twice the amplitude and more than the flutter of one voice.
	outshout = 6
	// loudest is the level in dBov above which loudness gains nothing: a level is whatever its sender says it is.
	loudest = -20
	// spurtLimit is how long a talk spurt may last: e^-10 of them last 10 s, and people breathe. Who goes on loses the
	// seat to anybody who has just begun; a level forged as loud without end is the case in mind.
	spurtLimit = 10 * time.Second
	// fullShare is the share of loud packets, followed with the time constant shareOver, that no speech reaches: read
	// aloud it is 0.6 to 0.85. Somebody always loud is there after 14 s, whatever packets the network lost.
	fullShare, shareOver = 0.97, 4 * time.Second
	// turnLimit is the same for speech that does pause, but never for breath: a minute of monologue, and then only if
	// all the other seats are talking too.
	turnLimit = time.Minute
	// patience is how much speech unheard counts as 1 dB when several want one seat, and mostPatience their limit in
	// dB: in a crowd everybody's turn comes.
	patience, mostPatience = time.Second, 15
	// forgetWaiting is the silence after which somebody waits no more.
	forgetWaiting = 10 * time.Second
)

// switchEvery is how often one seat changes hands on average when many want one; a third of the seats may at once. So
// two seconds of everybody's laughter take at most half of ten seats, those who have been silent for longest.
const switchEvery = time.Second

// stage decides who holds the room's K seats. Up to K participants: everybody. More: whoever talks, the loudest first.
// It is a plain function of what it was told and when; the room's goroutine owns it. A run is one observe for each
// participant and an assign: O(participants), without an allocation, as often as the room likes.
type stage struct {
	seats   []string // participant id, "" when empty
	holders []*voice // the same, nil when empty
	voices  []*voice // in order of joining

	switches float64 // seats that may change hands now
	refilled time.Time
}

// voice is what the stage remembers of one participant. alert is for the participant's gauge, the rest is the stage's.
type voice struct {
	id    string
	seat  int // -1 is none
	alert int // dBov from which a packet is likely speech

	mutedAt time.Time // zero is unmuted

	// The noise floor is the lowest smoothed level in this window and the one before.
	smoothed  float64 // dBov
	low       float64
	lowBefore float64
	lowSince  time.Time // zero before the first packet

	seen     time.Time     // the latest packet
	spoke    time.Time     // the latest speech
	spurt    time.Time     // where the talk spurt began that ended or goes on at spoke
	turn     time.Time     // where the turn began: the first speech after a breath, or after taking the seat
	burst    time.Duration // speech in the spurt
	evidence time.Duration // speech of late; falls half as fast as it rises, up to twice certain
	share    float64       // of loud packets, of late
	clicks   bool          // the spurt before this one was shorter than click
	loudness float64       // of its speech, dBov; a pause does not make a voice quieter
	waited   time.Duration // speech unheard
}

func newStage(k int) *stage {
	return &stage{seats: make([]string, k), holders: make([]*voice, k)}
}

// add puts a participant on the stage.
func (s *stage) add(id string) *voice {
	v := &voice{id: id, seat: -1, alert: alertAtFirst, loudness: silence, low: faintest, lowBefore: faintest}
	s.voices = append(s.voices, v)
	return v
}

// remove takes a participant off the stage and out of the seat.
func (s *stage) remove(v *voice) {
	s.voices = slices.DeleteFunc(s.voices, func(o *voice) bool { return o == v })
	if v.seat >= 0 {
		s.seats[v.seat], s.holders[v.seat] = "", nil
		v.seat = -1
	}
}

// mute notes that a participant muted or unmuted. Levels of the muted are ignored.
func (s *stage) mute(v *voice, muted bool, now time.Time) {
	v.mutedAt = time.Time{}
	if muted {
		v.mutedAt = now
	}
}

// observe notes what a participant's gauge heard since the last call; now never goes back.
func (s *stage) observe(v *voice, r reading, now time.Time) {
	if r.heard == 0 || !v.mutedAt.IsZero() {
		if now.Sub(v.seen) > lapse {
			v.evidence = 0
		}
		return
	}
	since := now.Sub(v.seen)
	if since > lapse {
		v.evidence = 0
	}
	if since > breath { // less may be the network
		v.share -= v.share * float64(since) / float64(since+shareOver)
	}
	v.seen = now
	v.followNoise(r, now)
	if r.loud > 0 {
		v.speak(r, now)
	}
	v.share += (float64(r.loud)/float64(r.heard) - v.share) * float64(r.heard) / float64(r.heard+shareOver)
	quiet := r.heard - r.loud
	v.evidence = min(max(v.evidence+min(r.loud, since)-quiet/2, 0), 2*certain)
}

// followNoise keeps the noise floor and what counts as speech above it.
func (v *voice) followNoise(r reading, now time.Time) {
	if v.lowSince.IsZero() {
		v.smoothed, v.lowSince = float64(r.mean), now
	}
	v.smoothed += (float64(r.mean) - v.smoothed) * float64(r.heard) / float64(r.heard+smoothing)
	v.low = min(v.low, v.smoothed)
	if now.Sub(v.lowSince) > floorWindow {
		v.low, v.lowBefore, v.lowSince = v.smoothed, v.low, now
	}
	v.alert = min(max(int(min(v.low, v.lowBefore))+aboveNoise, faintest), surest)
}

// speak notes speech.
func (v *voice) speak(r reading, now time.Time) {
	silent := now.Sub(v.spoke)
	if silent > forgetWaiting {
		v.waited = 0
	}
	if silent > breath {
		v.turn = now
	}
	if silent > gap {
		v.clicks = v.burst > 0 && v.burst < click
		v.spurt, v.burst = now, 0
	}
	v.spoke = now
	v.burst += r.loud
	if v.seat < 0 {
		v.waited += r.loud
	}
	if v.loudness == silence {
		v.loudness = float64(r.peak)
	}
	v.loudness += (float64(r.peak) - v.loudness) * float64(r.loud) / float64(r.loud+time.Second)
}

// silentFor returns how long the voice has been silent, much longer if it never spoke.
func (v *voice) silentFor(now time.Time) time.Duration { return now.Sub(v.spoke) }

// speaking reports whether the voice is in a talk spurt.
func (v *voice) speaking(now time.Time) bool { return v.mutedAt.IsZero() && v.silentFor(now) <= gap }

// idle reports whether the voice has not spoken for so long that it needs no seat.
func (v *voice) idle(now time.Time) bool {
	return v.silentFor(now) > holdSeat || !v.mutedAt.IsZero() && now.Sub(v.mutedAt) > holdMuted
}

// overdue reports whether the voice has been speaking for longer than anybody does.
func (v *voice) overdue(now time.Time) bool {
	return v.speaking(now) && (v.spoke.Sub(v.spurt) > spurtLimit || v.share > fullShare || v.seat >= 0 && v.spoke.Sub(v.turn) > turnLimit)
}

// mayTakeIdle reports whether the voice has shown enough for a seat that nobody needs: the first word.
func (v *voice) mayTakeIdle(now time.Time) bool {
	return v.speaking(now) && v.evidence > 0 && (!v.clicks || v.evidence >= clicked)
}

// mayTakeFromTalker reports whether the voice is certainly speech, and not without end.
func (v *voice) mayTakeFromTalker(now time.Time) bool {
	return v.speaking(now) && v.evidence >= certain && !v.overdue(now)
}

// rank orders those who want a seat: by loudness, and by how long they have been waiting.
func (v *voice) rank() float64 {
	return min(v.loudness, loudest) + min(float64(v.waited)/float64(patience), mostPatience)
}

// assign fills the seats and reports whether anybody's changed. A seat that stays with its holder keeps its index.
func (s *stage) assign(now time.Time) bool {
	changed := s.fill(now)
	if len(s.voices) <= len(s.seats) {
		return changed
	}
	s.switches = min(s.switches+float64(now.Sub(s.refilled))/float64(switchEvery), float64(max(1, len(s.seats)/3)))
	s.refilled = now
	for s.switches >= 1 && s.switchOne(now) {
		s.switches--
		changed = true
	}
	return changed
}

// fill gives the empty seats to those without one, talkers first, else in order of joining.
func (s *stage) fill(now time.Time) bool {
	changed := false
	for i, holder := range s.holders {
		if holder != nil {
			continue
		}
		best := s.best(func(v *voice) bool { return v.mayTakeIdle(now) })
		if best == nil {
			first := slices.IndexFunc(s.voices, func(v *voice) bool { return v.seat < 0 })
			if first < 0 {
				break
			}
			best = s.voices[first]
		}
		s.seatAt(i, best, now)
		changed = true
	}
	return changed
}

// switchOne gives one seat to somebody who needs it more, if there is such a pair.
func (s *stage) switchOne(now time.Time) bool {
	if c := s.best(func(v *voice) bool { return v.mayTakeIdle(now) }); c != nil {
		if i := s.longestSilent(now, (*voice).idle); i >= 0 {
			s.seatAt(i, c, now)
			return true
		}
	}
	c := s.best(func(v *voice) bool { return v.mayTakeFromTalker(now) })
	if c == nil {
		return false
	}
	i := s.longestSilent(now, func(v *voice, now time.Time) bool { return v.silentFor(now) > breath })
	if i < 0 {
		i = s.overdue(now)
	}
	if i < 0 {
		i = s.outshouted(c, now)
	}
	if i < 0 {
		return false
	}
	s.seatAt(i, c, now)
	return true
}

// best returns the first in rank of those without a seat, or nil.
func (s *stage) best(ready func(*voice) bool) *voice {
	var best *voice
	for _, v := range s.voices {
		if v.seat < 0 && ready(v) && (best == nil || v.rank() > best.rank()) {
			best = v
		}
	}
	return best
}

// longestSilent returns the seat of the one among them who has been silent for longest, or -1.
func (s *stage) longestSilent(now time.Time, among func(*voice, time.Time) bool) int {
	seat := -1
	for i, v := range s.holders {
		if v != nil && among(v, now) && (seat < 0 || v.spoke.Before(s.holders[seat].spoke)) {
			seat = i
		}
	}
	return seat
}

// overdue returns the seat of the one who has been speaking for too long, the longest of them, or -1.
func (s *stage) overdue(now time.Time) int {
	seat := -1
	for i, v := range s.holders {
		if v != nil && v.overdue(now) && (seat < 0 || v.turn.Before(s.holders[seat].turn)) {
			seat = i
		}
	}
	return seat
}

// outshouted returns the seat of the quietest talker if the newcomer is clearly louder, or -1. While anybody in a seat
// is silent it takes nobody's in the middle of a word.
func (s *stage) outshouted(newcomer *voice, now time.Time) int {
	seat := -1
	for i, v := range s.holders {
		if v == nil {
			continue
		}
		if seat >= 0 {
			q := s.holders[seat]
			if a, b := v.speaking(now), q.speaking(now); a != b {
				if a {
					continue
				}
			} else if v.loudness >= q.loudness {
				continue
			}
		}
		seat = i
	}
	if seat >= 0 && min(newcomer.loudness, loudest) > s.holders[seat].loudness+outshout {
		return seat
	}
	return -1
}

// seatAt gives a seat to v, whoever had it.
func (s *stage) seatAt(i int, v *voice, now time.Time) {
	if old := s.holders[i]; old != nil {
		old.seat = -1
	}
	s.seats[i], s.holders[i] = v.id, v
	v.seat, v.turn, v.waited = i, now, 0
}
