package sfu

import (
	"slices"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// mayModerate reports whether p may do more than others. The host may do everything, a moderator all but what is said at
// hostOnly, and nothing to the host or to another moderator.
func (p *participant) mayModerate() bool { return p.entry.Host || p.entry.Moderator }

// hostOnly are the deeds that a moderator may not do: whoever could appoint could not be dismissed for good.
func hostOnly(d signal.Deed) bool {
	return d == signal.DeedAppoint || d == signal.DeedDismiss || d == signal.DeedEnd
}

// moderate does what one participant wants done to the room or to another. When it returns nil it is done, on media too.
// Errors: CodeForbidden, CodeNobody, CodeAlreadySo, CodeNoKey, CodeListFull, CodeNotJoined, CodeRoomEnded.
func (r *room) moderate(by *participant, m *signal.Moderate) error {
	err := error(signal.Problemf(signal.CodeRoomEnded, ""))
	r.do(func() {
		switch {
		case !slices.Contains(r.roster, by):
			err = signal.Problemf(signal.CodeNotJoined, "not in the room any more")
		case !by.mayModerate():
			err = signal.Problemf(signal.CodeForbidden, "only the host and moderators may %s", m.Do)
		case hostOnly(m.Do) && !by.entry.Host:
			err = signal.Problemf(signal.CodeForbidden, "only the host may %s", m.Do)
		default:
			if err = r.deed(by, m); err == nil {
				r.log.Info("moderated", "participant", by.entry.ID, "do", string(m.Do), "concerned", m.ID)
			}
		}
	})
	return err
}

// deed does it. It is owned, like all below.
func (r *room) deed(by *participant, m *signal.Moderate) error {
	switch m.Do {
	case signal.DeedAdmit, signal.DeedRefuse:
		return r.answerKnock(by, m)
	case signal.DeedRule:
		return r.rule(by, m.Rules.Apply(r.rules.Rules))
	case signal.DeedUnban:
		return r.unban(m.Key)
	case signal.DeedDismiss:
		return r.dismiss(m)
	case signal.DeedEnd:
		if r.cfg.Ended == nil {
			return signal.Problemf(signal.CodeForbidden, "this room is ended at its computer")
		}
		r.cfg.Ended()
		return nil
	default:
	}
	i := slices.IndexFunc(r.roster, func(p *participant) bool { return p.entry.ID == m.ID })
	switch {
	case i < 0:
		return signal.Problemf(signal.CodeNobody, "")
	case r.roster[i].entry.Host:
		return signal.Problemf(signal.CodeForbidden, "nobody may %s the host", m.Do)
	case r.roster[i].entry.Moderator && !by.entry.Host:
		return signal.Problemf(signal.CodeForbidden, "only the host may %s a moderator", m.Do)
	}
	p := r.roster[i]
	concerned := signal.Ban{Key: p.entry.Key, Name: p.entry.Name, By: by.entry.Name, Reason: m.Reason, At: time.Now().Unix()}
	switch m.Do {
	case signal.DeedMute:
		return r.mute(p, concerned)
	case signal.DeedUnmute:
		return r.unmute(p)
	case signal.DeedLower:
		return r.lower(p)
	case signal.DeedRemove:
		if p.entry.Guest {
			note(&r.entrance.refused, p.from.String(), time.Now(), r.cfg.KnockAgain, maxRefusals)
		}
		r.remove(p, &signal.Problem{Code: signal.CodeRemoved, By: by.entry.Name, Reason: m.Reason})
		return nil
	case signal.DeedBan:
		return r.ban(p, concerned)
	case signal.DeedAppoint:
		return r.appoint(p)
	default:
		return signal.Problemf(signal.CodeUnsupported, "do %s", m.Do)
	}
}

// person returns all participants of p's key, or p alone if it has none.
func (r *room) person(p *participant) []*participant {
	if p.entry.Key == "" {
		return []*participant{p}
	}
	var all []*participant
	for _, other := range r.roster {
		if other.entry.Key == p.entry.Key {
			all = append(all, other)
		}
	}
	return all
}

func (r *room) mute(p *participant, how signal.Ban) error {
	if p.entry.Silenced {
		return signal.Problemf(signal.CodeAlreadySo, "")
	}
	if how.Key != "" {
		muted, err := with(r.rules.Muted, how)
		if err != nil {
			return err
		}
		r.rules.Muted = muted
	}
	for _, one := range r.person(p) {
		r.silence(one, signal.Silenced{On: true, By: how.By, Reason: how.Reason})
	}
	r.ruled()
	return nil
}

func (r *room) unmute(p *participant) error {
	if !p.entry.Silenced {
		return signal.Problemf(signal.CodeAlreadySo, "")
	}
	r.rules.Muted = without(r.rules.Muted, p.entry.Key)
	for _, one := range r.person(p) {
		r.hand(one, false) // it asked for this
		r.silence(one, signal.Silenced{})
	}
	r.ruled()
	return nil
}

// silence forwards nothing of p from now on, or what its own mute allows.
func (r *room) silence(p *participant, how signal.Silenced) {
	p.peer.uplink.barred.Store(how.On)
	p.entry.Silenced, p.silenced = how.On, how
	r.stage.mute(p.voice, p.quiet(), time.Now())
	p.tell(&how)
	r.tellOf(p, nil)
}

func (r *room) ban(p *participant, b signal.Ban) error {
	if b.Key == "" {
		return signal.Problemf(signal.CodeNoKey, "a guest can be removed only")
	}
	bans, err := with(r.rules.Bans, b)
	if err != nil {
		return err
	}
	r.rules.Bans = bans
	for _, one := range r.person(p) {
		r.remove(one, &signal.Problem{Code: signal.CodeBanned, By: b.By, Reason: b.Reason})
	}
	r.reconsider() // it may be waiting at the door with another window
	r.ruled()
	return nil
}

func (r *room) unban(key string) error {
	if _, ok := r.rules.banned(key); !ok {
		return signal.Problemf(signal.CodeNobody, "not banned")
	}
	r.rules.Bans = without(r.rules.Bans, key)
	r.ruled()
	return nil
}

func (r *room) appoint(p *participant) error {
	switch {
	case p.entry.Key == "":
		return signal.Problemf(signal.CodeNoKey, "a guest cannot moderate")
	case p.entry.Moderator:
		return signal.Problemf(signal.CodeAlreadySo, "")
	case len(r.rules.Moderators) >= signal.MaxModerators:
		return signal.Problemf(signal.CodeListFull, "%d moderators", len(r.rules.Moderators))
	}
	r.rules.Moderators = append(slices.Clone(r.rules.Moderators), signal.Moderator{Key: p.entry.Key, Name: p.entry.Name})
	r.is(p.entry.Key, true)
	r.ruled()
	return nil
}

func (r *room) dismiss(m *signal.Moderate) error {
	key := m.Key
	if i := slices.IndexFunc(r.roster, func(p *participant) bool { return p.entry.ID == m.ID }); i >= 0 {
		key = r.roster[i].entry.Key
	} else if m.ID != "" {
		return signal.Problemf(signal.CodeNobody, "")
	}
	if !r.rules.appointed(key) {
		return signal.Problemf(signal.CodeAlreadySo, "no moderator")
	}
	r.rules.Moderators = slices.DeleteFunc(slices.Clone(r.rules.Moderators), func(o signal.Moderator) bool { return o.Key == key })
	r.is(key, false)
	r.ruled()
	return nil
}

// is makes moderators of everybody with that key, or no longer.
func (r *room) is(key string, moderator bool) {
	for _, p := range slices.Clone(r.roster) {
		if p.entry.Key != key {
			continue
		}
		p.entry.Moderator = moderator
		r.tellOf(p, nil)
		if !p.mayModerate() {
			p.tell(&signal.Desk{Bans: []signal.Ban{}, Moderators: []signal.Moderator{}, Knocking: []signal.Knock{}})
		}
	}
}

func (r *room) answerKnock(by *participant, m *signal.Moderate) error {
	i := slices.IndexFunc(r.entrance.knocks, func(k *knock) bool { return k.ID == m.ID })
	if i < 0 {
		return signal.Problemf(signal.CodeNobody, "waits no more")
	}
	var verdict *signal.Problem
	if m.Do == signal.DeedRefuse {
		verdict = &signal.Problem{Code: signal.CodeRefused, By: by.entry.Name, Reason: m.Reason}
	}
	r.decide(r.entrance.knocks[i], verdict)
	return nil
}

// rule sets what holds for everybody. Guests who are inside stay; who records has StopRecordingWithin to stop it.
func (r *room) rule(by *participant, rules signal.Rules) error {
	if rules == r.rules.Rules {
		return signal.Problemf(signal.CodeAlreadySo, "")
	}
	r.rules.Rules = rules
	r.change(&signal.Ruled{Rev: r.rev + 1, Rules: rules}, nil)
	r.reconsider()
	r.ruled()
	if !rules.NoRecording {
		return nil
	}
	why := &signal.Problem{Code: signal.CodeNoRecording, By: by.entry.Name}
	for _, p := range slices.Clone(r.roster) {
		if p.tape != nil { // what is recorded by us ends here
			r.endTape(p)
		}
		if p.entry.Recording {
			time.AfterFunc(r.cfg.StopRecordingWithin, func() {
				r.do(func() {
					if p.entry.Recording && r.rules.NoRecording {
						r.remove(p, why)
					}
				})
			})
		}
	}
	return nil
}

// ruled tells those whom it concerns that the rules are others now.
func (r *room) ruled() {
	r.rules.Version, r.rules.Rev = RulesVersion, r.rev
	now := r.rules
	r.lastRules.Store(&now)
	r.cfg.Ruled(now)
	r.tellDesk()
}

// tellDesk tells the host and the moderators what only they see.
func (r *room) tellDesk() {
	var desk *signal.Desk
	for _, p := range r.roster {
		if !p.mayModerate() || p.conn == nil {
			continue
		}
		if desk == nil {
			desk = r.desk()
		}
		p.tell(desk)
	}
}

func (r *room) desk() *signal.Desk {
	d := &signal.Desk{
		Bans: append([]signal.Ban{}, r.rules.Bans...), Moderators: append([]signal.Moderator{}, r.rules.Moderators...),
		Knocking: make([]signal.Knock, len(r.entrance.knocks)),
	}
	for i, k := range r.entrance.knocks {
		d.Knocking[i] = k.Knock
	}
	return d
}

// tellModeration tells a participant who has just come, or come back, what moderation has for it.
func (r *room) tellModeration(p *participant) {
	if p.mayModerate() {
		p.tell(r.desk())
	}
	if p.entry.Silenced {
		p.tell(&p.silenced)
	}
}

// Rules returns all that moderation has decided so far. Of a closed room it is what held at its end.
func (s *Server) Rules() Rules { return *s.room.lastRules.Load() }
