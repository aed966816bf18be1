package sfu_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

// Limits of one participant, at their figure and one beyond (limits_test.go has the others).

// inside joins by hand. Messages may come in a burst, unless that is what is tested.
func inside(t *testing.T, adjust func(*sfu.Config)) (*websocket.Conn, *person) {
	t.Helper()
	s := startRoom(t, func(c *sfu.Config) {
		c.MessagesPerSecond = 1000
		adjust(c)
	})
	p, offer := newOffer(t, 1)
	t.Cleanup(func() { _ = p.pc.Close() })
	ws, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := codeOf(answer(t, ws, websocket.MessageText, joinFrame(t, "A", offer))); got != "none: welcome" {
		t.Fatalf("the join got %s", got)
	}
	return ws, p
}

func TestLimits_MessagesPerSecond(t *testing.T) {
	// The join is the first of two at once, and another comes back after a second.
	ws, _ := inside(t, func(c *sfu.Config) { c.MessagesPerSecond = 1 })
	began := time.Now()
	if got := codeOf(answer(t, ws, websocket.MessageText, `{"type":"sync"}`)); got != "none: snapshot" {
		t.Errorf("at the limit: %s", got)
	}
	got := codeOf(answer(t, ws, websocket.MessageText, `{"type":"sync"}`))
	if took := time.Since(began); got != signal.CodeRateLimited && took < time.Second {
		t.Errorf("one beyond: %s after %v", got, took)
	}
	time.Sleep(1100 * time.Millisecond)
	if got := codeOf(answer(t, ws, websocket.MessageText, `{"type":"sync"}`)); got != "none: snapshot" {
		t.Errorf("a second later: %s", got)
	}
}

func TestLimits_UpdatesPerSecond(t *testing.T) {
	const toggles = 40
	ws, _ := inside(t, func(c *sfu.Config) { c.UpdatesPerSecond = 1 })
	began := time.Now()
	for n := range toggles {
		if err := ws.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"type":"update","muted":%t}`, n%2 == 0)); err != nil {
			t.Fatal(err)
		}
	}
	// It is muted now, whatever everybody was told: what a new client gets says so.
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"update","muted":true,"recording":true}`)); err != nil {
		t.Fatal(err)
	}
	told, muted, refused := 0, false, signal.Code("")
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"sync"}`)); err != nil {
		t.Fatal(err)
	}
	read := func() signal.Message {
		t.Helper()
		_, b, err := ws.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m, err := signal.DecodeEvent(b)
		if err != nil {
			t.Fatal(err)
		}
		switch m := m.(type) {
		case *signal.Updated:
			told++
			muted = m.Participant.Muted
		case *signal.Error:
			refused = m.Code
		}
		return m
	}
	for {
		if m, ok := read().(*signal.Resync); ok {
			if p := m.Room.Participants[0]; !p.Muted || p.Recording && time.Since(began) < time.Second {
				t.Errorf("the room has %+v", p)
			}
			break
		}
	}
	if refused != signal.CodeRateLimited && time.Since(began) < time.Second {
		t.Errorf("a recording that everybody could not be told of in time: %q", refused)
	}
	for !muted || told < 3 {
		read()
	}
	// Two at once, one each second, and the last of all.
	if most := 3 + int(time.Since(began)/time.Second); told > most {
		t.Errorf("everybody was told %d times of %d toggles within %v, want %d at most", told, toggles, time.Since(began), most)
	}
}

var iceName = regexp.MustCompile(`a=ice-ufrag:\S+`)

// restartFrame offers again on the same connection, with the n-th ICE credentials.
func restartFrame(t *testing.T, p *person, n int) string {
	t.Helper()
	offer := iceName.ReplaceAllString(p.pc.LocalDescription().SDP, fmt.Sprintf("a=ice-ufrag:name%d", n))
	b, err := signal.Encode(&signal.Restart{Offer: offer})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLimits_RestartsPerSecond(t *testing.T) {
	const burst = 5
	ws, p := inside(t, func(c *sfu.Config) { c.RestartsPerSecond = 1 })
	began := time.Now()
	for n := range burst {
		if got := codeOf(answer(t, ws, websocket.MessageText, restartFrame(t, p, n/2))); got != "none: restarted" {
			t.Errorf("offer %d: %s", n+1, got)
		}
	}
	got := codeOf(answer(t, ws, websocket.MessageText, restartFrame(t, p, 9)))
	if took := time.Since(began); got != signal.CodeRateLimited && took < time.Second {
		t.Errorf("one beyond: %s after %v", got, took)
	}
	time.Sleep(1100 * time.Millisecond)
	if got := codeOf(answer(t, ws, websocket.MessageText, restartFrame(t, p, 9))); got != "none: restarted" {
		t.Errorf("a second later: %s", got)
	}
}

func TestLimits_MaxCandidates(t *testing.T) {
	ws, p := inside(t, func(c *sfu.Config) { c.MaxCandidates = 3 })
	// tell returns the code of what a message is answered with, "" for nothing.
	tell := func(frame string) signal.Code {
		t.Helper()
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		got := codeOf(answer(t, ws, websocket.MessageText, `{"type":"sync"}`))
		if got == "none: snapshot" {
			return ""
		}
		if _, _, err := ws.Read(t.Context()); err != nil { // the snapshot
			t.Fatal(err)
		}
		return got
	}
	port := 5000
	trickle := func() signal.Code {
		t.Helper()
		port++
		return tell(fmt.Sprintf(`{"type":"candidate","mid":"0","candidate":"candidate:1 1 udp 1 127.0.0.1 %d typ host"}`, port))
	}
	for n, when := range []string{"after a restart of ICE", "after another"} {
		if got := tell(restartFrame(t, p, n)); got != "none: restarted" {
			t.Fatal(got)
		}
		for range 3 {
			if got := trickle(); got != "" {
				t.Errorf("%s, at the limit: %s", when, got)
			}
		}
		if got := trickle(); got != signal.CodeRateLimited {
			t.Errorf("%s, one beyond: %q", when, got)
		}
		// An offer with the credentials of before restarts nothing, so nobody has ICE try ever more.
		if got := tell(restartFrame(t, p, n)); got != "none: restarted" {
			t.Fatal(got)
		}
		if got := trickle(); got != signal.CodeRateLimited {
			t.Errorf("%s, and the same offer again: %q", when, got)
		}
	}
}
