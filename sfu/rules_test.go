package sfu_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// member is somebody with a key of their own, and what moderation tells them.
type member struct {
	*person
	id       tls.Certificate
	desk     chan signal.Desk
	silenced chan signal.Silenced
}

func (m *member) key() string { return identity.FingerprintOf(m.id) }

// asMember makes a member's config; the host's has its HostKey.
func asMember(id tls.Certificate, m *member) func(*client.Config) {
	m.id = id
	m.desk, m.silenced = make(chan signal.Desk, 100), make(chan signal.Silenced, 100)
	return func(c *client.Config) {
		c.Identity = id
		c.OnDesk = func(d signal.Desk) { m.desk <- d }
		c.OnSilenced = func(s signal.Silenced) { m.silenced <- s }
	}
}

func comeIn(t *testing.T, s *sfu.Server, name string, adjust ...func(*client.Config)) *member {
	t.Helper()
	m := new(member)
	as := asMember(newIdentity(t), m)
	m.person = enter(t, s, name, func(c *client.Config) {
		as(c)
		for _, f := range adjust {
			f(c)
		}
	})
	return m
}

func hostOf(t *testing.T, s *sfu.Server) *member {
	t.Helper()
	return comeIn(t, s, "Mina", func(c *client.Config) { c.HostKey = s.HostKey() })
}

// does has a deed done and expects that code, "" for success.
func (m *member) does(t *testing.T, want signal.Code, deed signal.Moderate) {
	t.Helper()
	var got signal.Code
	if err := m.Moderate(t.Context(), deed); err != nil {
		got = signal.AsProblem(err).Code
	}
	if got != want {
		t.Errorf("%s of %q%q: %q, want %q", deed.Do, deed.ID, deed.Key, got, want)
	}
}

// ends waits until the stay is over, and returns why.
func ends(t *testing.T, s *client.Session) *signal.Problem {
	t.Helper()
	select {
	case <-s.Done():
	case <-time.After(patience):
		t.Fatal("the stay goes on")
	}
	return s.Problem()
}

// tries joins once more with a key, or without one, and leaves again if it may.
func tries(t *testing.T, s *sfu.Server, id *tls.Certificate, adjust ...func(*client.Config)) *signal.Problem {
	t.Helper()
	p, offer := newOffer(t, s.Facts().Seats)
	defer p.pc.Close()
	cfg := client.Config{Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: "Somebody", Offer: offer}
	if id != nil {
		cfg.Identity = *id
	}
	for _, f := range adjust {
		f(&cfg)
	}
	session, err := client.Join(t.Context(), cfg)
	if err != nil {
		return signal.AsProblem(err)
	}
	session.Leave()
	return nil
}

func wantCode(t *testing.T, what string, got *signal.Problem, want signal.Code) {
	t.Helper()
	var code signal.Code
	if got != nil {
		code = got.Code
	}
	if code != want {
		t.Errorf("%s: %v, want %q", what, got, want)
	}
}

func TestModerate_OnlyTheHostAndModeratorsMay(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	host, mod, jun, guest := hostOf(t, s), comeIn(t, s, "Bora"), comeIn(t, s, "Jun"), enter(t, s, "Guest", nil)
	host.does(t, "", signal.Moderate{Do: signal.DeedAppoint, ID: mod.You()})
	eventually(t, "Bora's badge", func() bool { r := jun.Snapshot(); p, _ := r.Participant(mod.You()); return p.Moderator })

	yes := true
	for _, deed := range []signal.Moderate{
		{Do: signal.DeedMute, ID: mod.You()},
		{Do: signal.DeedUnmute, ID: mod.You()},
		{Do: signal.DeedRemove, ID: guest.You()},
		{Do: signal.DeedBan, ID: mod.You()},
		{Do: signal.DeedUnban, Key: mod.key()},
		{Do: signal.DeedAdmit, ID: "whoever"},
		{Do: signal.DeedRefuse, ID: "whoever"},
		{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &yes}},
		{Do: signal.DeedAppoint, ID: jun.You()},
		{Do: signal.DeedDismiss, ID: mod.You()},
		{Do: signal.DeedEnd},
	} {
		jun.does(t, signal.CodeForbidden, deed)
	}
	for _, deed := range []signal.Moderate{
		{Do: signal.DeedMute, ID: host.You()},
		{Do: signal.DeedRemove, ID: host.You()},
		{Do: signal.DeedBan, ID: host.You()},
		{Do: signal.DeedRemove, ID: mod.You()},
		{Do: signal.DeedMute, ID: mod.You()},
		{Do: signal.DeedAppoint, ID: jun.You()},
		{Do: signal.DeedDismiss, ID: mod.You()},
		{Do: signal.DeedDismiss, Key: mod.key()},
		{Do: signal.DeedEnd},
	} {
		mod.does(t, signal.CodeForbidden, deed)
	}
	host.does(t, signal.CodeForbidden, signal.Moderate{Do: signal.DeedRemove, ID: host.You()})
	host.does(t, signal.CodeForbidden, signal.Moderate{Do: signal.DeedEnd}) // nobody has said how
	host.does(t, signal.CodeNoKey, signal.Moderate{Do: signal.DeedAppoint, ID: guest.You()})
	host.does(t, signal.CodeNoKey, signal.Moderate{Do: signal.DeedBan, ID: guest.You()})
	if n := s.Facts().Participants; n != 4 || s.Facts().Locked {
		t.Errorf("after refusals only: %+v", s.Facts())
	}
	mod.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: guest.You()})
	host.does(t, "", signal.Moderate{Do: signal.DeedDismiss, Key: mod.key()})
	mod.does(t, signal.CodeForbidden, signal.Moderate{Do: signal.DeedUnmute, ID: guest.You()})
}

func TestBadInput_15_DeedsOnThoseWhoAreNotThereAndDoneTwice(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.ModerationsPerSecond, c.MessagesPerSecond = 1000, 1000 })
	host, mod, jun := hostOf(t, s), comeIn(t, s, "Bora"), comeIn(t, s, "Jun")
	host.does(t, "", signal.Moderate{Do: signal.DeedAppoint, ID: mod.You()})
	host.does(t, signal.CodeAlreadySo, signal.Moderate{Do: signal.DeedAppoint, ID: mod.You()})
	for _, id := range []string{"nobody", strings.Repeat("x", 64)} {
		for _, do := range []signal.Deed{
			signal.DeedMute, signal.DeedUnmute, signal.DeedRemove, signal.DeedBan, signal.DeedAdmit, signal.DeedRefuse, signal.DeedAppoint, signal.DeedDismiss,
		} {
			host.does(t, signal.CodeNobody, signal.Moderate{Do: do, ID: id})
		}
	}
	host.does(t, signal.CodeNobody, signal.Moderate{Do: signal.DeedUnban, Key: jun.key()})
	host.does(t, signal.CodeAlreadySo, signal.Moderate{Do: signal.DeedDismiss, Key: jun.key()})
	host.does(t, signal.CodeAlreadySo, signal.Moderate{Do: signal.DeedUnmute, ID: jun.You()})
	host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: jun.You()})
	host.does(t, signal.CodeAlreadySo, signal.Moderate{Do: signal.DeedMute, ID: jun.You()})
	host.does(t, signal.CodeAlreadySo, signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{}})
	for what, deed := range map[string]signal.Moderate{
		"an id and a key":    {Do: signal.DeedDismiss, ID: "a", Key: jun.key()},
		"nobody":             {Do: signal.DeedMute},
		"rules of a mute":    {Do: signal.DeedMute, ID: jun.You(), Rules: &signal.RulesChange{}},
		"no rules":           {Do: signal.DeedRule},
		"a key that is none": {Do: signal.DeedUnban, Key: "x"},
		"an id too long":     {Do: signal.DeedMute, ID: strings.Repeat("x", 65)},
	} {
		t.Log(what)
		host.does(t, signal.CodeBadMessage, deed)
	}
	host.does(t, signal.CodeUnsupported, signal.Moderate{Do: "dance"})
	host.does(t, signal.CodeBadReason, signal.Moderate{Do: signal.DeedRemove, ID: jun.You(), Reason: strings.Repeat("x", signal.MaxReason+1)})
	if n := s.Facts().Participants; n != 3 {
		t.Fatalf("%d inside after refusals", n)
	}

	mod.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: jun.You(), Reason: strings.Repeat("가", signal.MaxReason/3)})
	host.does(t, signal.CodeNobody, signal.Moderate{Do: signal.DeedRemove, ID: jun.You()})
	wantCode(t, "Jun", ends(t, jun.Session), signal.CodeRemoved)
	if err := jun.Moderate(t.Context(), signal.Moderate{Do: signal.DeedMute, ID: host.You()}); err == nil {
		t.Error("somebody removed moderates")
	}
	// On the wire: what a moderator sends in one breath with what removes it comes to nothing.
	host.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: mod.You()})
	if got := host.Snapshot(); got.Rules.Locked || len(got.Participants) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestModerate_BansByKeyAndTakesItBack(t *testing.T) {
	noLeaks(t)
	var left []sfu.Rules
	s := startRoom(t, func(c *sfu.Config) { c.Ruled = func(r sfu.Rules) { left = append(left, r) } })
	host, jun := hostOf(t, s), comeIn(t, s, "Jun")
	window := comeIn(t, s, "Jun's phone", func(c *client.Config) { c.Identity = jun.id })
	host.does(t, "", signal.Moderate{Do: signal.DeedBan, ID: jun.You(), Reason: "shouts\u202e at\npeople"})
	for _, p := range []*member{jun, window} {
		why := ends(t, p.Session)
		wantCode(t, "the banned", why, signal.CodeBanned)
		if why.By != "Mina" || why.Reason != "shouts at people" {
			t.Errorf("by %q because %q", why.By, why.Reason)
		}
	}
	why := tries(t, s, &jun.id)
	wantCode(t, "back again", why, signal.CodeBanned)
	if why.Reason != "shouts at people" {
		t.Errorf("told %q", why.Reason)
	}
	wantCode(t, "somebody else", tries(t, s, nil), "")
	var desk signal.Desk
	eventually(t, "the ban on the host's desk", func() bool {
		for len(host.desk) > 0 {
			desk = <-host.desk
		}
		return len(desk.Bans) == 1
	})
	if b := desk.Bans[0]; b.Key != jun.key() || b.Name != "Jun" || b.By != "Mina" || time.Since(time.Unix(b.At, 0)).Abs() > time.Minute {
		t.Errorf("on the list: %+v", b)
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedUnban, Key: jun.key()})
	wantCode(t, "after the ban", tries(t, s, &jun.id), "")
	s.Close()
	if len(left) != 2 || len(left[0].Bans) != 1 || len(left[1].Bans) != 0 {
		t.Errorf("the app was told %+v", left)
	}
}

func TestModerate_ListsAreBounded(t *testing.T) {
	noLeaks(t)
	rules := sfu.Rules{Version: sfu.RulesVersion}
	for i := range signal.MaxBans - 1 {
		rules.Bans = append(rules.Bans, signal.Ban{Key: fmt.Sprintf("%043d", i), Name: strings.Repeat("<", 64), By: strings.Repeat("<", 64), Reason: strings.Repeat("<", signal.MaxReason)})
	}
	for i := range signal.MaxModerators {
		rules.Moderators = append(rules.Moderators, signal.Moderator{Key: fmt.Sprintf("%043d", 1000+i), Name: strings.Repeat("<", 64)})
	}
	s := startRoom(t, func(c *sfu.Config) { c.Rules = rules })
	host, last, beyond := hostOf(t, s), comeIn(t, s, "Last"), comeIn(t, s, "Beyond")
	host.does(t, signal.CodeListFull, signal.Moderate{Do: signal.DeedAppoint, ID: beyond.You()})
	host.does(t, "", signal.Moderate{Do: signal.DeedBan, ID: last.You()})
	host.does(t, signal.CodeListFull, signal.Moderate{Do: signal.DeedBan, ID: beyond.You()})
	eventually(t, "the fullest desk, which fits into a message", func() bool {
		for len(host.desk) > 0 {
			if d := <-host.desk; len(d.Bans) == signal.MaxBans && len(d.Moderators) == signal.MaxModerators {
				return true
			}
		}
		return false
	})
	if s.Facts().Participants != 2 {
		t.Error("somebody was thrown out in vain")
	}
}

func TestRoom_LockedLetsNobodyNewIn(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.ResumeWithin = 500 * time.Millisecond })
	host, mod, jun := hostOf(t, s), comeIn(t, s, "Bora"), newIdentity(t)
	wire := newProxy(t, addressOf(s))
	inside := comeIn(t, s, "Jun", func(c *client.Config) { c.Address, c.Identity = wire.address, jun })
	host.does(t, "", signal.Moderate{Do: signal.DeedAppoint, ID: mod.You()})
	on := true
	mod.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &on}})
	if !s.Facts().Locked {
		t.Error("the lobby is not told")
	}
	stranger := newIdentity(t)
	wantCode(t, "a stranger", tries(t, s, &stranger), signal.CodeLocked)
	wantCode(t, "a guest", tries(t, s, nil), signal.CodeLocked)
	wantCode(t, "the moderator's other window", tries(t, s, &mod.id), "")
	wantCode(t, "the host", tries(t, s, nil, func(c *client.Config) { c.HostKey = s.HostKey() }), "")
	wantCode(t, "another window of somebody inside", tries(t, s, &jun), "")

	wire.cut() // its place is given up, and it comes back by a new join
	eventually(t, "Jun lost", func() bool { return s.Facts().Participants == 2 })
	wantCode(t, "somebody who was lost", tries(t, s, &jun), "")
	inside.Leave()

	// Removed is no return.
	again := comeIn(t, s, "Jun", func(c *client.Config) { c.Identity = jun })
	host.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: again.You()})
	wantCode(t, "Jun", ends(t, again.Session), signal.CodeRemoved)
	wantCode(t, "somebody who was removed", tries(t, s, &jun), signal.CodeLocked)
	off := false
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &off}})
	wantCode(t, "after the lock", tries(t, s, &stranger), "")
}

func TestRoom_WithoutGuests(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	host, guest := hostOf(t, s), enter(t, s, "Guest", nil)
	on := true
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{NoGuests: &on}})
	wantCode(t, "a guest", tries(t, s, nil), signal.CodeNoGuests)
	known := newIdentity(t)
	wantCode(t, "somebody with a key", tries(t, s, &known), "")
	eventually(t, "the guest inside stays, and knows the rule", func() bool {
		r := guest.Snapshot()
		return r.Rules.NoGuests && len(r.Participants) == 2
	})
}

func TestRoom_WithoutRecording(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.StopRecordingWithin = 200 * time.Millisecond })
	host := hostOf(t, s)
	records := func(c *client.Config) { c.Recording = true }
	polite, stubborn := comeIn(t, s, "Polite", records), comeIn(t, s, "Stubborn", records)
	eventually(t, "recording in the roster", func() bool {
		r := host.Snapshot()
		p, _ := r.Participant(polite.You())
		return p.Recording
	})
	on, off := true, false
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{NoRecording: &on}})
	if err := polite.Update(t.Context(), signal.Update{Recording: &off}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "who goes on recording", ends(t, stubborn.Session), signal.CodeNoRecording)
	stranger := newIdentity(t)
	wantCode(t, "who comes to record", tries(t, s, &stranger, records), signal.CodeNoRecording)
	if err := polite.Update(t.Context(), signal.Update{Recording: &on}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(400 * time.Millisecond)
	if r := host.Snapshot(); len(r.Participants) != 2 || r.Participants[1].Recording {
		t.Errorf("%+v", r.Participants)
	}
}

func TestRoom_IsEndedByTheHost(t *testing.T) {
	noLeaks(t)
	ended := make(chan struct{}, 1)
	s := startRoom(t, func(c *sfu.Config) { c.Ended = func() { ended <- struct{}{} } })
	host := hostOf(t, s)
	host.does(t, "", signal.Moderate{Do: signal.DeedEnd})
	<-ended
}

// The owner of a room without a window moderates it from the app of the same installation.
func TestRoom_TheHostsKeyIsTheHost(t *testing.T) {
	noLeaks(t)
	id := newIdentity(t)
	s := startRoom(t, func(c *sfu.Config) { c.Identity = id })
	owner, jun := comeIn(t, s, "Mina", func(c *client.Config) { c.Identity = id }), comeIn(t, s, "Jun")
	if r := owner.Snapshot(); !r.Participants[0].Host {
		t.Errorf("%+v", r.Participants)
	}
	owner.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: jun.You()})
}

func TestRules_AreOneValueThatAnotherRoomGoesOnWith(t *testing.T) {
	noLeaks(t)
	first := startRoom(t, nil)
	host, mod, jun, loud := hostOf(t, first), comeIn(t, first, "Bora"), comeIn(t, first, "Jun"), comeIn(t, first, "Loud")
	on := true
	host.does(t, "", signal.Moderate{Do: signal.DeedAppoint, ID: mod.You()})
	host.does(t, "", signal.Moderate{Do: signal.DeedBan, ID: jun.You(), Reason: "no"})
	host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: loud.You(), Reason: "later"})
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{NoGuests: &on}})
	b, err := json.Marshal(first.Rules())
	if err != nil {
		t.Fatal(err)
	}
	var rules sfu.Rules
	if err := json.Unmarshal(b, &rules); err != nil {
		t.Fatal(err)
	}
	if rules.Version != sfu.RulesVersion || rules.Rev == 0 {
		t.Errorf("not versioned: %s", b)
	}

	second := startRoom(t, func(c *sfu.Config) { c.Rules = rules })
	wantCode(t, "a guest", tries(t, second, nil), signal.CodeNoGuests)
	wantCode(t, "the banned", tries(t, second, &jun.id), signal.CodeBanned)
	muted := comeIn(t, second, "Loud", func(c *client.Config) { c.Identity = loud.id })
	if r := muted.Snapshot(); !r.Participants[0].Silenced {
		t.Errorf("may speak again: %+v", r.Participants)
	}
	boss := comeIn(t, second, "Bora", func(c *client.Config) { c.Identity = mod.id })
	boss.does(t, "", signal.Moderate{Do: signal.DeedUnmute, ID: muted.You()})

	for what, bad := range map[string]string{
		"another version":    `{"version":2}`,
		"no version":         `{}`,
		"a key that is none": `{"version":1,"bans":[{"key":"x","name":"A"}]}`,
		"too many":           `{"version":1,"bans":[` + strings.TrimSuffix(strings.Repeat(`{"key":"`+jun.key()+`","name":"A"},`, signal.MaxBans+1), ",") + `]}`,
	} {
		if err := json.Unmarshal([]byte(bad), new(sfu.Rules)); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

func TestModerate_TooFast(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.ModerationsPerSecond = 1 })
	host := hostOf(t, s)
	var codes []signal.Code
	for range 10 {
		codes = append(codes, signal.AsProblem(host.Moderate(t.Context(), signal.Moderate{Do: signal.DeedMute, ID: "nobody"})).Code)
	}
	if codes[0] != signal.CodeNobody || !slices.Contains(codes, signal.CodeRateLimited) {
		t.Errorf("%v", codes)
	}
}

// lastOf returns when that payload was heard for the last time, once that was a while ago.
func (p *person) lastOf(t *testing.T, payload string) (last time.Time) {
	t.Helper()
	deadline := time.After(patience)
	for last = time.Now(); time.Since(last) < 300*time.Millisecond; {
		select {
		case h := <-p.heard:
			if h.payload == payload {
				last = time.Now()
			}
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%q is heard on and on", payload)
		}
	}
	return last
}

func TestModerate_TakesEffectOnMedia(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	host, jun, bora := hostOf(t, s), comeIn(t, s, "Jun"), comeIn(t, s, "Bora")
	go jun.speak(ctx, "from Jun")
	go bora.speak(ctx, "from Bora")
	host.hears(t, "from Jun", "from Bora")

	// The best of some tries: this machine may stand still at any moment, but not each time.
	best := time.Hour
	for range 4 {
		host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: jun.You(), Reason: "one at a time"})
		accepted := time.Now()
		best = min(best, host.lastOf(t, "from Jun").Sub(accepted))
		if got := <-jun.silenced; !got.On || got.By != "Mina" || got.Reason != "one at a time" {
			t.Errorf("Jun was told %+v", got)
		}
		host.hears(t, "from Bora")
		host.does(t, "", signal.Moderate{Do: signal.DeedUnmute, ID: jun.You()})
		if got := <-jun.silenced; got.On {
			t.Errorf("Jun was told %+v", got)
		}
		host.hears(t, "from Jun", "from Bora")
	}
	if best > 100*time.Millisecond {
		t.Errorf("the last packet came %v after the mute was accepted", best)
	}
	t.Logf("mute: the last packet came %v after it was accepted, at best", best)

	// Their own mute is kept beneath it.
	muted, unmuted := true, false
	if err := jun.Update(t.Context(), signal.Update{Muted: &muted}); err != nil {
		t.Fatal(err)
	}
	host.hears(t, "from Bora")
	host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: jun.You()})
	host.does(t, "", signal.Moderate{Do: signal.DeedUnmute, ID: jun.You()})
	host.hears(t, "from Bora")
	host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: jun.You()})
	if err := jun.Update(t.Context(), signal.Update{Muted: &unmuted}); err != nil {
		t.Fatal(err)
	}
	host.hears(t, "from Bora") // unmuting oneself lifts nobody else's mute

	accepted := time.Now()
	host.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: bora.You()})
	took := host.lastOf(t, "from Bora").Sub(accepted)
	if took > time.Second {
		t.Errorf("the last packet came %v after the removal", took)
	}
	t.Logf("remove: the last packet came %v after it was asked for", took)
	wantCode(t, "Bora", ends(t, bora.Session), signal.CodeRemoved)
	eventually(t, "Bora's connection to be closed by the host", func() bool {
		return !strings.Contains(bora.pc.ConnectionState().String(), "connected") || bora.pc.ConnectionState().String() == "disconnected"
	})

	// A guest's or a colleague's other window is muted with them, and so is who comes back.
	back := comeIn(t, s, "Jun", func(c *client.Config) { c.Identity = jun.id })
	go back.speak(ctx, "from Jun's window")
	host.hears(t)
	host.does(t, "", signal.Moderate{Do: signal.DeedUnmute, ID: back.You()})
	host.hears(t, "from Jun", "from Jun's window")
}

func TestModerate_ATokenOfTheRemovedIsVoid(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	host := hostOf(t, s)
	mouth, offer := newOffer(t, s.Facts().Seats)
	defer mouth.pc.Close()
	ws, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	welcome, ok := answer(t, ws, websocket.MessageText, joinFrame(t, "Jun", offer)).(*signal.Welcome)
	if !ok {
		t.Fatal("not welcome")
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: welcome.You})
	again, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := codeOf(answer(t, again, websocket.MessageText, `{"type":"join","v":1,"resume":"`+welcome.Resume+`"}`)); got != signal.CodeExpired {
		t.Errorf("the token of somebody removed: %s", got)
	}
}
