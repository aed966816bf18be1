package sfu_test

import (
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

// admitted lets a guest in who knocks, and returns what it was welcomed with.
func admitted(t *testing.T, s *sfu.Server, host *member, join signal.Join) (*websocket.Conn, *signal.Welcome) {
	t.Helper()
	ws, got := guest(t, s, join)
	if signal.Kind(got) == "waiting" {
		host.does(t, "", signal.Moderate{Do: signal.DeedAdmit, ID: atTheDoor(t, host, 1)[0].ID})
		got = next(t, ws)
	}
	welcome, ok := got.(*signal.Welcome)
	if !ok {
		t.Fatal(codeOf(got))
	}
	return ws, welcome
}

// leaves is what a page does as it goes.
func leaves(t *testing.T, ws *websocket.Conn) {
	t.Helper()
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"leave"}`)); err != nil {
		t.Fatal(err)
	}
	for { // until the host has closed it, and so has dealt with that
		if _, _, err := ws.Read(t.Context()); err != nil {
			return
		}
	}
}

// goodbye reads on until the host ends the connection, and returns why.
func goodbye(t *testing.T, ws *websocket.Conn) signal.Code {
	t.Helper()
	for {
		_, b, err := ws.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m, err := signal.DecodeEvent(b); err == nil && signal.Kind(m) == "bye" {
			return codeOf(m)
		}
	}
}

// inRoster returns a participant of a welcome.
func inRoster(t *testing.T, w *signal.Welcome) signal.Participant {
	t.Helper()
	p, ok := w.Room.Participant(w.You)
	if !ok {
		t.Fatalf("%s is not in the roster", w.You)
	}
	return p
}

// A guest who left, or whose connection is only not known to be dead, comes back by its token: under the name that it was let in by, with its hand up and muted as
// a moderator wished, and without the PIN.
func TestGuestReturn_OfTheSameGuestNeedsNobody(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.PIN = "4711" })
	host := hostOf(t, s)
	ws, was := admitted(t, s, host, signal.Join{Name: "Noor", PIN: "4711"})
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"update","hand":true}`)); err != nil {
		t.Fatal(err)
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedMute, ID: was.You})
	eventually(t, "the hand is up", func() bool {
		room := host.Snapshot()
		p, _ := room.Participant(was.You)
		return p.Hand > 0
	})
	locked := true
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &locked}})
	leaves(t, ws)
	for _, how := range []string{"after it left", "while it is inside"} {
		_, got := guest(t, s, signal.Join{Resume: was.Resume, Name: "Mina (host)", Muted: true})
		again, ok := got.(*signal.Welcome)
		if !ok {
			t.Fatalf("%s: %s", how, codeOf(got))
		}
		us := inRoster(t, again)
		if us.Name != "Noor" || !us.Guest || !us.Muted || !us.Silenced || us.Hand == 0 || us.Key != "" {
			t.Errorf("%s it is %+v", how, us)
		}
		if again.Answer == "" || again.Resume == was.Resume {
			t.Errorf("%s: answer of %d bytes, the token is the same: %v", how, len(again.Answer), again.Resume == was.Resume)
		}
		was = again
	}
	if n := len(was.Room.Participants); n != 2 {
		t.Errorf("%d are inside, want the host and one guest", n)
	}
}

func TestGuestReturn_ATokenIsGoodOnceAndForAWhile(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.GuestReturnWithin = 300 * time.Millisecond })
	host := hostOf(t, s)
	ws, first := admitted(t, s, host, signal.Join{})
	if _, got := guest(t, s, signal.Join{Resume: first.Resume}); codeOf(got) != "none: welcome" {
		t.Fatalf("at once: %s", codeOf(got))
	}
	if got := goodbye(t, ws); got != signal.CodeReplaced {
		t.Errorf("the tab of before was told %q", got)
	}
	if _, got := guest(t, s, signal.Join{Resume: first.Resume}); codeOf(got) != signal.CodeExpired {
		t.Errorf("the same token again: %s", codeOf(got))
	}
	ws, second := admitted(t, s, host, signal.Join{})
	leaves(t, ws)
	time.Sleep(400 * time.Millisecond)
	if _, got := guest(t, s, signal.Join{Resume: second.Resume}); codeOf(got) != signal.CodeExpired {
		t.Errorf("after its time: %s", codeOf(got))
	}
}

// Who was dropped has its place for ResumeWithin, and after that the way of a guest who went.
func TestGuestReturn_OfAPhoneThatSlept(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.ResumeWithin = 100 * time.Millisecond })
	host := hostOf(t, s)
	ws, was := admitted(t, s, host, signal.Join{Name: "Noor"})
	eventually(t, "it is inside", func() bool { return len(host.Snapshot().Participants) == 2 })
	_ = ws.CloseNow()
	eventually(t, "its place is given up", func() bool { return len(host.Snapshot().Participants) == 1 })
	back, _ := guestSocket(t, s, "", "https://"+addressOf(s))
	if got := codeOf(answer(t, back, websocket.MessageText, `{"type":"join","v":1,"resume":"`+was.Resume+`"}`)); got != signal.CodeExpired {
		t.Errorf("a resume of media that is gone: %s", got)
	}
	if _, got := guest(t, s, signal.Join{Resume: was.Resume}); codeOf(got) != "none: welcome" {
		t.Errorf("with media anew: %s", codeOf(got))
	}
}

// Whoever has the link alone knocks like everybody; who was removed comes back by no token, not even of another tab; and an app has no such way.
func TestGuestReturn_OthersAndRemovedOnesStayOutside(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.KnockAgain = time.Millisecond })
	host := hostOf(t, s)
	tab, other := admitted(t, s, host, signal.Join{Name: "Noor"})
	_, was := admitted(t, s, host, signal.Join{Name: "Noor"})
	leaves(t, tab)
	for _, token := range []string{"AAAA", was.You, other.You} {
		if _, got := guest(t, s, signal.Join{Name: "Noor", Resume: token}); codeOf(got) != signal.CodeExpired {
			t.Errorf("a made-up token: %s", codeOf(got))
		}
	}
	if _, got := guest(t, s, signal.Join{Name: "Noor"}); signal.Kind(got) != "waiting" {
		t.Errorf("with the link alone: %s", codeOf(got))
	}
	raw, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, offer := newOffer(t, 1)
	b, err := signal.Encode(&signal.Join{V: signal.Version, Resume: was.Resume, Offer: offer})
	if err != nil {
		t.Fatal(err)
	}
	if got := codeOf(answer(t, raw, websocket.MessageText, string(b))); got != signal.CodeExpired {
		t.Errorf("by the way of apps: %s", got)
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: was.You})
	for what, token := range map[string]string{"the removed one": was.Resume, "its other tab": other.Resume} {
		if _, got := guest(t, s, signal.Join{Name: "Noor", Resume: token}); codeOf(got) != signal.CodeExpired {
			t.Errorf("%s: %s", what, codeOf(got))
		}
	}
}

// What the room decided meanwhile holds: it takes no guests any more.
func TestGuestReturn_IntoARoomWithoutGuestsIsNone(t *testing.T) {
	s := withGuests(t, nil)
	host := hostOf(t, s)
	_, was := admitted(t, s, host, signal.Join{})
	back, _ := guestSocket(t, s, "", "https://"+addressOf(s)) // opened before
	no := true
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{NoGuests: &no}})
	_, offer := newOffer(t, 1)
	b, err := signal.Encode(&signal.Join{V: signal.Version, Resume: was.Resume, Offer: offer})
	if err != nil {
		t.Fatal(err)
	}
	if got := codeOf(answer(t, back, websocket.MessageText, string(b))); got != signal.CodeNoGuests {
		t.Errorf("%s", got)
	}
}
