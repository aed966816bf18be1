package sfu

import (
	"net/netip"
	"slices"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// maxReturns bounds whom a room remembers as having been inside, and maxRefusals whom as refused: keys cost nothing to make,
// so both are more than an office has and 100 kB at most.
const (
	maxReturns  = 1024
	maxRefusals = 1024
)

// entrance is who wants to come in. It belongs to the room's goroutine.
type entrance struct {
	knocks  []*knock               // in order of coming
	returns map[string]time.Time   // keys of those who were inside, until when they count as that
	refused map[string]time.Time   // keys and addresses that may not ask again, until when
	guests  map[string]guestReturn // by token: guests who were inside
}

// knock is somebody who waits to be let in.
type knock struct {
	signal.Knock
	from    netip.Addr
	verdict chan *signal.Problem // nil lets in; of size 1
	expiry  *time.Timer
}

// admit is Rules.admit for somebody whose entry would be this, and CodeRoomFull. It is owned, like all below but knock and
// withdraw.
func (r *room) admit(entry signal.Participant, admitted bool) (knock bool, err error) {
	if len(r.roster) >= r.cfg.Capacity {
		return false, signal.Problemf(signal.CodeRoomFull, "%d inside", len(r.roster))
	}
	return r.rules.admit(newcomer{
		key: entry.Key, host: entry.Host, recording: entry.Recording, guest: entry.Guest, admitted: admitted, returning: r.isReturning(entry.Key, time.Now()),
	})
}

// isReturning reports that somebody with that key is inside, or was a moment ago.
func (r *room) isReturning(key string, now time.Time) bool {
	return key != "" && (now.Before(r.entrance.returns[key]) ||
		slices.ContainsFunc(r.roster, func(p *participant) bool { return p.entry.Key == key }))
}

// mayReturn notes that somebody with that key has left. Who was lost looks for a way back for long; who left by their own wish
// may have reloaded their page or moved to another.
func (r *room) mayReturn(key string, why signal.Code, now time.Time) {
	e := &r.entrance
	if key == "" {
		return
	}
	delete(e.returns, key)
	switch why {
	case signal.CodeLost:
		note(&e.returns, key, now, r.cfg.ReturnWithin, maxReturns)
	case signal.CodeLeft:
		note(&e.returns, key, now, r.cfg.ResumeWithin, maxReturns)
	default: // was sent away
	}
}

// note remembers something for a while, if there is room for it.
func note(in *map[string]time.Time, what string, now time.Time, within time.Duration, limit int) {
	if *in == nil {
		*in = make(map[string]time.Time)
	}
	for other, until := range *in {
		if now.After(until) {
			delete(*in, other)
		}
	}
	if len(*in) < limit {
		(*in)[what] = now.Add(within)
	}
}

// knock asks whether somebody may enter. A *knock says that they have to wait for its verdict. Errors: those of admit,
// CodeKnocksFull, CodeRefused, CodeRoomEnded.
func (r *room) knock(entry signal.Participant, from netip.Addr) (*knock, error) {
	var k *knock
	err := error(signal.Problemf(signal.CodeRoomEnded, ""))
	r.do(func() {
		if err = r.again(entry, source(from)); err != nil {
			return
		}
		var wait bool
		if wait, err = r.admit(entry, false); err == nil && wait {
			k, err = r.wait(entry, source(from))
		}
	})
	return k, err
}

// again keeps a guest out whose address was refused, or whose guest was removed, a moment ago: there is no other thing to know
// them by, and a room that guests enter freely would have them back at once.
func (r *room) again(entry signal.Participant, from netip.Addr) error {
	if !entry.Guest {
		return nil
	}
	return r.refusedLately(from.String())
}

// refusedLately returns CodeRefused if one of these, a key or an address, may not ask yet.
func (r *room) refusedLately(who ...string) error {
	now := time.Now()
	for _, one := range who {
		if until, ok := r.entrance.refused[one]; ok && now.Before(until) {
			return signal.Problemf(signal.CodeRefused, "may ask again in %v", until.Sub(now).Round(time.Second))
		}
	}
	return nil
}

func (r *room) wait(entry signal.Participant, from netip.Addr) (*knock, error) {
	e := &r.entrance
	if err := r.refusedLately(entry.Key, from.String()); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(e.knocks, func(k *knock) bool { return k.Key != "" && k.Key == entry.Key }); i >= 0 {
		r.decide(e.knocks[i], &signal.Problem{Code: signal.CodeReplaced})
	}
	here := 0
	for _, k := range e.knocks {
		if k.from == from {
			here++
		}
	}
	if len(e.knocks) >= r.cfg.MaxKnocks || here >= r.cfg.MaxKnocksFrom {
		return nil, signal.Problemf(signal.CodeKnocksFull, "%d waiting, %d of them from this address", len(e.knocks), here)
	}
	k := &knock{
		Knock: signal.Knock{ID: newID(), Name: entry.Name, Key: entry.Key, Guest: entry.Guest}, from: from, verdict: make(chan *signal.Problem, 1),
	}
	k.expiry = time.AfterFunc(r.cfg.KnockWithin, func() {
		r.do(func() { r.decide(k, &signal.Problem{Code: signal.CodeUnanswered}) })
	})
	e.knocks = append(e.knocks, k)
	r.tellDesk()
	r.cfg.Knocked(k.Knock)
	r.log.Info("knocked", "knock", k.ID)
	return k, nil
}

// withdraw takes back a knock whose connection is gone.
func (r *room) withdraw(k *knock) {
	r.do(func() { r.decide(k, &signal.Problem{Code: signal.CodeLeft}) })
}

// decide ends a knock, unless that has happened; nil lets in.
func (r *room) decide(k *knock, problem *signal.Problem) {
	e := &r.entrance
	i := slices.Index(e.knocks, k)
	if i < 0 {
		return
	}
	e.knocks = slices.Delete(e.knocks, i, i+1)
	k.expiry.Stop()
	if problem != nil && problem.Code == signal.CodeRefused {
		now := time.Now()
		note(&e.refused, k.from.String(), now, r.cfg.KnockAgain, maxRefusals)
		if k.Key != "" {
			note(&e.refused, k.Key, now, r.cfg.KnockAgain, maxRefusals)
		}
	}
	k.verdict <- problem
	r.tellDesk()
}

// reconsider decides on those who wait by rules that have changed: who need not wait any more enters, who may not at all goes.
func (r *room) reconsider() {
	for _, k := range slices.Clone(r.entrance.knocks) {
		wait, err := r.admit(signal.Participant{Key: k.Key, Guest: k.Guest}, false)
		switch code := signal.AsProblem(err); {
		case err != nil && code.Code != signal.CodeLocked && code.Code != signal.CodeRoomFull: // those may yet be let in
			r.decide(k, code)
		case err == nil && !wait:
			r.decide(k, nil)
		}
	}
}

// closeEntrance sends everybody away who waits.
func (r *room) closeEntrance() {
	for _, k := range slices.Clone(r.entrance.knocks) {
		r.decide(k, &signal.Problem{Code: signal.CodeRoomEnded})
	}
}
