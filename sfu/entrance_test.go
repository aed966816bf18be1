package sfu_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

// visitor is somebody who knocks.
type visitor struct {
	*person
	waiting chan struct{}
	entered chan error
	cancel  context.CancelFunc
}

func knocks(t *testing.T, s *sfu.Server, name string, adjust ...func(*client.Config)) *visitor {
	t.Helper()
	p, offer := newOffer(t, s.Facts().Seats)
	v := &visitor{person: p, waiting: make(chan struct{}, 1), entered: make(chan error, 1)}
	cfg := client.Config{
		Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: name, Offer: offer, Identity: newIdentity(t),
		OnWaiting: func() { v.waiting <- struct{}{} },
	}
	for _, f := range adjust {
		f(&cfg)
	}
	ctx, cancel := context.WithCancel(t.Context())
	v.cancel = cancel
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		var err error
		v.Session, err = client.Join(ctx, cfg)
		v.entered <- err
	}()
	t.Cleanup(func() {
		cancel()
		<-gone
		if v.Session != nil {
			v.Leave()
		}
		_ = p.pc.Close()
	})
	return v
}

// waits waits until the visitor has been asked to wait.
func (v *visitor) waits(t *testing.T) {
	t.Helper()
	select {
	case <-v.waiting:
	case err := <-v.entered:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(patience):
		t.Fatal("neither waits nor is in")
	}
}

// comes returns how the wait ended, nil inside.
func (v *visitor) comes(t *testing.T) *signal.Problem {
	t.Helper()
	select {
	case err := <-v.entered:
		return signal.AsProblem(err)
	case <-time.After(patience):
		t.Fatal("waits on and on")
		return nil
	}
}

// atTheDoor returns who waits, once there are n.
func atTheDoor(t *testing.T, m *member, n int) []signal.Knock {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case d := <-m.desk:
			if len(d.Knocking) == n {
				return d.Knocking
			}
		case <-timeout:
			t.Fatalf("never saw %d people waiting", n)
		}
	}
}

func knocking(t *testing.T, adjust func(*sfu.Config)) (*sfu.Server, *member) {
	t.Helper()
	s := startRoom(t, func(c *sfu.Config) {
		c.Rules.Knock = true
		if adjust != nil {
			adjust(c)
		}
	})
	return s, hostOf(t, s)
}

func TestKnock_IsAnsweredByTheHost(t *testing.T) {
	noLeaks(t)
	var told atomic.Int64
	s, host := knocking(t, func(c *sfu.Config) { c.Knocked = func(signal.Knock) { told.Add(1) } })
	if !s.Facts().Knock {
		t.Error("the lobby is not told")
	}
	jun, bora := knocks(t, s, "Jun"), knocks(t, s, "Bora")
	jun.waits(t)
	bora.waits(t)
	if s.Facts().Participants != 1 || s.Stats().Participants[0].Sent != 0 {
		t.Error("somebody is inside before being let in")
	}
	for _, k := range atTheDoor(t, host, 2) {
		do := signal.DeedAdmit
		if k.Name == "Bora" {
			do = signal.DeedRefuse
		}
		if k.Key == "" {
			t.Errorf("%s has no key", k.Name)
		}
		host.does(t, "", signal.Moderate{Do: do, ID: k.ID, Reason: "we are talking"})
		host.does(t, signal.CodeNobody, signal.Moderate{Do: do, ID: k.ID})
	}
	wantCode(t, "who was let in", jun.comes(t), "")
	refused := bora.comes(t)
	wantCode(t, "who was refused", refused, signal.CodeRefused)
	if refused.By != "Mina" || refused.Reason != "we are talking" {
		t.Errorf("told %+v", refused)
	}
	if told.Load() != 2 {
		t.Errorf("the app was told of %d", told.Load())
	}
	// And the voice of who was let in is heard.
	if err := jun.pc.SetRemoteDescription(webrtcAnswer(jun.Answer())); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go jun.speak(ctx, "from the visitor")
	host.hears(t, "from the visitor")
}

func webrtcAnswer(sdp string) webrtc.SessionDescription {
	return webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}
}

func TestKnock_EndsByItselfOrByTheVisitor(t *testing.T) {
	noLeaks(t)
	s, host := knocking(t, func(c *sfu.Config) { c.KnockWithin = 700 * time.Millisecond })
	patient, hasty := knocks(t, s, "Patient"), knocks(t, s, "Hasty")
	patient.waits(t)
	hasty.waits(t)
	hasty.cancel()
	wantCode(t, "who gave up", hasty.comes(t), signal.CodeLeft)
	wantCode(t, "whom nobody answered", patient.comes(t), signal.CodeUnanswered)
	atTheDoor(t, host, 0)
	// One whose computer is gone does not wait either.
	wire := newProxy(t, addressOf(s))
	lost := knocks(t, s, "Lost", func(c *client.Config) { c.Address = wire.address })
	lost.waits(t)
	wire.cut()
	wantCode(t, "whose connection broke", lost.comes(t), signal.CodeLost)
}

func TestKnock_ReturningNeedsNone(t *testing.T) {
	noLeaks(t)
	s, host := knocking(t, func(c *sfu.Config) { c.ResumeWithin = 300 * time.Millisecond; c.KnockAgain = time.Millisecond })
	id := newIdentity(t)
	wire := newProxy(t, addressOf(s))
	jun := knocks(t, s, "Jun", func(c *client.Config) { c.Identity, c.Address = id, wire.address })
	jun.waits(t)
	host.does(t, "", signal.Moderate{Do: signal.DeedAdmit, ID: atTheDoor(t, host, 1)[0].ID})
	wantCode(t, "Jun", jun.comes(t), "")
	wire.cut()
	eventually(t, "Jun lost", func() bool { return s.Facts().Participants == 1 })
	wantCode(t, "who was lost", tries(t, s, &id), "") // it left by its own wish then
	eventually(t, "the time to reload a page to pass", func() bool {
		p := tries(t, s, &id)
		time.Sleep(400 * time.Millisecond)
		return p != nil && p.Code == signal.CodeAskFirst
	})
	wantCode(t, "the host's key", tries(t, s, nil, func(c *client.Config) { c.HostKey = s.HostKey() }), "")
}

func TestKnock_IsBounded(t *testing.T) {
	noLeaks(t)
	s, host := knocking(t, func(c *sfu.Config) { c.MaxKnocksFrom, c.KnockAgain = 3, time.Hour })
	for range 3 {
		knocks(t, s, "Crowd").waits(t)
	}
	stranger := newIdentity(t)
	wantCode(t, "one more from this address", tries(t, s, &stranger), signal.CodeKnocksFull)
	for _, k := range atTheDoor(t, host, 3) {
		host.does(t, "", signal.Moderate{Do: signal.DeedRefuse, ID: k.ID})
	}
	wantCode(t, "somebody else from the address of the refused", tries(t, s, &stranger), signal.CodeRefused)

	all, _ := knocking(t, func(c *sfu.Config) { c.MaxKnocks, c.MaxKnocksFrom = 2, 10 })
	for range 2 {
		knocks(t, all, "Crowd").waits(t)
	}
	wantCode(t, "one more than the room takes", tries(t, all, &stranger), signal.CodeKnocksFull)
}

func TestKnock_OfTheSamePersonCountsOnce(t *testing.T) {
	noLeaks(t)
	s, host := knocking(t, nil)
	id := newIdentity(t)
	as := func(c *client.Config) { c.Identity = id }
	first := knocks(t, s, "Jun", as)
	first.waits(t)
	second := knocks(t, s, "Jun", as)
	second.waits(t)
	wantCode(t, "the earlier one", first.comes(t), signal.CodeReplaced)
	atTheDoor(t, host, 1)
	atTheDoor(t, host, 0)
	host.does(t, "", signal.Moderate{Do: signal.DeedAdmit, ID: atTheDoor(t, host, 1)[0].ID})
	wantCode(t, "the later one", second.comes(t), "")
}

func TestKnock_FollowsTheRules(t *testing.T) {
	noLeaks(t)
	s, host := knocking(t, nil)
	yes, no := true, false
	guest, jun := knocks(t, s, "Guest", func(c *client.Config) { c.Identity.Certificate = nil }), knocks(t, s, "Jun")
	guest.waits(t)
	jun.waits(t)
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{NoGuests: &yes}})
	wantCode(t, "a guest who waits", guest.comes(t), signal.CodeNoGuests)
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &yes}})
	stranger := newIdentity(t)
	wantCode(t, "a stranger at the lock", tries(t, s, &stranger), signal.CodeLocked)
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &no, Knock: &no}})
	wantCode(t, "who waited until the door was opened", jun.comes(t), "")
}

func TestKnock_NothingElseIsDoneAtTheDoor(t *testing.T) {
	noLeaks(t)
	s, host := knocking(t, func(c *sfu.Config) {
		c.MessagesPerSecond = 1000
		c.MaxPending = 1
		c.JoinWithin = 300 * time.Millisecond
	})
	mouth, offer := newOffer(t, s.Facts().Seats)
	defer mouth.pc.Close()
	ws, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := answer(t, ws, websocket.MessageText, joinFrame(t, "Jun", offer)).(*signal.Waiting); !ok {
		t.Fatal("not asked to wait")
	}
	time.Sleep(400 * time.Millisecond) // who waits is not half-open
	for what, frame := range map[string]string{
		"an update": `{"type":"update","muted":true}`, "a sync": `{"type":"sync"}`, "a second join": joinFrame(t, "Jun", offer),
		"a deed": `{"type":"moderate","do":"admit","id":"x"}`,
	} {
		if got := codeOf(answer(t, ws, websocket.MessageText, frame)); got != signal.CodeNotJoined {
			t.Errorf("%s: %s", what, got)
		}
	}
	if got := codeOf(answer(t, ws, websocket.MessageText, "nonsense")); got != signal.CodeBadMessage {
		t.Errorf("nonsense: %s", got)
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedAdmit, ID: atTheDoor(t, host, 1)[0].ID})
	welcome, ok := answer(t, ws, websocket.MessageText, `{"type":"sync"}`).(*signal.Welcome)
	if !ok || welcome.Answer == "" {
		t.Fatal("not welcome")
	}
	if _, ok := answer(t, ws, websocket.MessageText, `{"type":"sync"}`).(*signal.Resync); !ok {
		t.Error("the sync was lost")
	}
}
