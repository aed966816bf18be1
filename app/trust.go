package app

import (
	"context"
	"slices"
	"time"

	"github.com/earshot/earshot/app/known"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// index returns the remembered hosts, and tells of a file that is broken.
func (a *App) index() *known.Index {
	index, err := a.known.Index()
	if err != nil {
		a.log.Warn("known_hosts_not_used", "error", err)
		a.tellOnce(NoticeKnownBroken, err)
	}
	return index
}

// tellOnce adds a notice unless there was one of its code in this run.
func (a *App) tellOnce(code signal.Code, err error) {
	a.mu.Lock()
	told := slices.Contains(a.told, code)
	a.told = append(a.told, code)
	a.mu.Unlock()
	if !told {
		a.change(func() { a.addNotice(Notice{Code: code, Detail: err.Error()}) })
	}
}

// judge says what is known of the host of a room. address is where it was asked for, "" when it was chosen by its name.
func judge(index *known.Index, facts signal.RoomFacts, fingerprint, address string) (Trust, *HostChange) {
	if host, ok := index.Host(fingerprint); ok {
		if !host.Verified.IsZero() {
			return TrustVerified, nil
		}
		return TrustKnown, nil
	}
	host, by, changed := index.Changed(known.Seen{
		Fingerprint: fingerprint, HostName: facts.Host, RoomName: facts.Name, RoomID: facts.ID, Address: address,
	})
	if !changed {
		return TrustNew, nil
	}
	return TrustChanged, &HostChange{By: by, Known: knownHost(host)}
}

// checkHost makes sure, before anything is sent to a room's host, that it does not stand where another key was: then it returns
// CodeHostChanged, unless accept is the fingerprint of the key that stands there now. Else it returns the invite with the key that was judged,
// whole. Errors are those of look, too.
func (a *App) checkHost(invite signal.Invite, accept string) (signal.Invite, error) {
	if a.own(invite) != nil || a.staysWith(invite) {
		return invite, nil
	}
	index := a.index()
	if _, ok := index.Host(invite.Fingerprint); ok {
		return invite, nil
	}
	facts, address, listed := a.listed(invite), "", true
	if facts == nil {
		addresses, _ := a.wayTo(invite)
		ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
		defer cancel()
		found, from, err := client.FindFacts(ctx, addresses, invite.Fingerprint, "")
		if err != nil {
			return invite, err
		}
		facts, address, listed = &found, from, false
	}
	if facts.Fingerprint == identity.FingerprintOf(a.identity) {
		return invite, nil
	}
	if !listed { // what answers is what is judged, and nothing else is joined
		invite.Fingerprint = facts.Fingerprint
	}
	_, change := judge(index, facts.RoomFacts, facts.Fingerprint, address)
	if change == nil || accept == facts.Fingerprint {
		return invite, nil
	}
	return invite, changeProblem(change, facts.Fingerprint)
}

func changeProblem(change *HostChange, now string) error {
	before, _ := identity.CodeOf(change.Known.Fingerprint)
	after, _ := identity.CodeOf(now)
	return signal.Problemf(signal.CodeHostChanged, "by %s; known since %s: %s; now: %s", change.By, change.Known.First, before, after)
}

// listed returns the facts of a room that discovery has under the key that an invite names whole.
func (a *App) listed(invite signal.Invite) *client.Facts {
	for _, r := range a.browser.Rooms() {
		if r.Facts.ID == invite.RoomID && r.Fingerprint == invite.Fingerprint {
			return &client.Facts{RoomFacts: r.Facts, Fingerprint: r.Fingerprint}
		}
	}
	return nil
}

// staysWith reports whether we are in a room of an invite's key.
func (a *App) staysWith(invite signal.Invite) bool {
	st, err := a.current()
	return err == nil && invite.Fingerprint == st.session.Fingerprint()
}

// hosts returns the remembered hosts, the last joined first.
func (a *App) hosts() []KnownHost {
	hosts, err := a.known.List()
	if err != nil {
		a.log.Warn("known_hosts_not_used", "error", err)
		a.tellOnce(NoticeKnownBroken, err)
	}
	out := make([]KnownHost, len(hosts))
	for i, h := range hosts {
		out[i] = knownHost(h)
	}
	return out
}

func knownHost(h known.Host) KnownHost {
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	k := KnownHost{
		Fingerprint: h.Fingerprint, Host: h.HostName, Room: h.RoomName, Addresses: h.Addresses,
		First: date(h.First), Joined: date(h.Joined), Verified: date(h.Verified),
	}
	if k.First == "" { // remembered before that was noted
		k.First = k.Joined
	}
	return k
}

// forget forgets remembered hosts, all of them with no fingerprint given.
func (a *App) forget(fingerprints []string) error {
	if err := a.known.Forget(fingerprints...); err != nil {
		return signal.Problemf(signal.CodeInternal, "%v", err)
	}
	a.markVerified()
	return nil
}

// verify remembers that the code of a host was compared, or takes that back.
func (a *App) verify(fingerprint string, verified bool) error {
	var when time.Time
	if verified {
		when = time.Now()
	}
	if err := a.known.Verify(fingerprint, when); err != nil {
		return signal.Problemf(signal.CodeInternal, "%v", err)
	}
	a.markVerified()
	return nil
}

// markVerified brings what pages see in line with what is remembered.
func (a *App) markVerified() {
	if st, err := a.current(); err == nil {
		host, _ := a.index().Host(st.session.Fingerprint())
		a.change(func() { st.verified = !host.Verified.IsZero() })
	}
	a.refreshRooms()
}

// looks returns the names in a roster that are not to be believed at once, by participant id.
func looks(mirror *signal.Mirror, roster []signal.Participant) map[string]signal.Look {
	names := make([]string, len(roster))
	for i, p := range roster {
		names[i] = p.Name
	}
	var out map[string]signal.Look
	for i, look := range mirror.Looks(names) {
		if look != signal.LookPlain {
			if out == nil {
				out = make(map[string]signal.Look)
			}
			out[roster[i].ID] = look
		}
	}
	return out
}
