package bridge_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/app/bridge"
)

func TestPage_OfTheSameIDTakesOver(t *testing.T) {
	a := start(t, nil)
	first := a.open(t, "page-one")
	second, _, err := a.dial(t, "page-one", a.token(t), "http://"+a.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	first.expectClose(bridge.CloseReplaced)
	b := browser{second, t}
	b.expect(`{"id":1,"method":"Nothing"}`, `{"id":1,"result":null}`)
	_ = second.Close(websocket.StatusNormalClosure, "")
	a.presence.expect(t, "gone page-one") // once, and no second here before it
}

func TestPage_IsGoneOnlyAfterItsLastCall(t *testing.T) {
	a := start(t, nil)
	b := a.open(t, "page-one")
	b.send(`{"id":1,"method":"Hold"}`)
	<-a.target.holding
	_ = b.CloseNow()
	a.open(t, "page-two") // a whole round through the server later, page-one is still not gone
	close(a.target.held)
	a.presence.expect(t, "gone page-one")
}

func TestPage_ThatAnswersNoPingIsDropped(t *testing.T) {
	a := start(t, func(c *bridge.Config) {
		c.Limits.PingEvery = 20 * time.Millisecond
		c.Limits.DeadAfter = 100 * time.Millisecond
	})
	a.open(t, "page-one") // nobody reads, so nobody answers
	a.presence.expect(t, "gone page-one")
}

func TestPage_ThatReadsNothingIsDroppedAndTheAppDoesNotWait(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Limits.DeadAfter = 200 * time.Millisecond })
	a.open(t, "page-one")
	payload := strings.Repeat("x", 1<<20)
	deadline := time.After(patience)
	for {
		emitted := make(chan struct{})
		go func() { a.emit("state", payload); close(emitted) }()
		select {
		case <-emitted:
		case <-deadline:
			t.Fatal("emit blocked")
		}
		select {
		case said := <-a.presence.said:
			if said != "gone page-one" {
				t.Fatalf("presence said %q", said)
			}
			return
		case <-deadline:
			t.Fatal("the page that does not read was kept")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestPages_AboveTheLimitAreRefused(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Limits.MaxPages = 1 })
	a.open(t, "page-one")
	_, status, err := a.dial(t, "page-two", a.token(t), "http://"+a.Addr().String())
	if err == nil || status != http.StatusServiceUnavailable {
		t.Fatalf("a second page: %d, %v", status, err)
	}
}

func TestEvents_ReachEveryPage(t *testing.T) {
	a := start(t, nil)
	a.emit("state", "to nobody")
	first, second := a.open(t, "page-one"), a.open(t, "page-two")
	a.emit("rooms", map[string]int{"n": 1})
	for _, b := range []browser{first, second} {
		if got := b.receive(); got != `{"event":"rooms","data":{"n":1}}` {
			t.Fatalf("got %s", got)
		}
	}
}

func TestEvents_OfOneNameAreReplacedByTheNewest(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Limits.DeadAfter = time.Minute }) // the page does not read for a while
	b := a.open(t, "page-one")
	// 600 states of 64 kB are 38 MB: far more than sockets hold, so most of them find an older one still waiting.
	const last = 600
	padding := strings.Repeat("x", 64<<10)
	for n := 1; n <= last; n++ {
		a.emit("state", map[string]any{"n": n, "padding": padding})
	}
	a.emit("rooms", "all")
	var states, newest int
	sawRooms := false
	for newest < last || !sawRooms {
		var e struct {
			Event string
			Data  json.RawMessage
		}
		if err := json.Unmarshal([]byte(b.receive()), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event == "rooms" {
			sawRooms = true
			continue
		}
		var state struct{ N int }
		if err := json.Unmarshal(e.Data, &state); err != nil {
			t.Fatal(err)
		}
		if state.N <= newest {
			t.Fatalf("state %d after %d", state.N, newest)
		}
		newest = state.N
		states++
	}
	if states > last/2 {
		t.Fatalf("%d of %d states were sent: nothing was replaced", states, last)
	}
}

func TestClose_SaysFarewellWaitsForCallsAndMayBeRepeated(t *testing.T) {
	a := start(t, nil)
	b := a.open(t, "page-one")
	b.send(`{"id":1,"method":"Hold"}`)
	<-a.target.holding
	closed := make(chan struct{})
	go func() { _ = a.Close(); close(closed) }()
	b.expectClose(websocket.StatusGoingAway)
	select {
	case <-closed:
		t.Fatal("Close returned while a call was running")
	case <-time.After(50 * time.Millisecond):
	}
	close(a.target.held)
	<-closed
	a.presence.expect(t, "gone page-one")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a.emit("state", "after the end") // unsubscribed: goes nowhere
	if _, _, err := a.dial(t, "page-one", a.token(t), "http://"+a.Addr().String()); err == nil {
		t.Fatal("still serving")
	}
}

func TestClose_IsNotHeldUpByAPageThatDoesNotAnswer(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Limits.CloseWithin = 100 * time.Millisecond })
	a.open(t, "page-one") // never reads, so never answers the close frame
	began := time.Now()
	_ = a.Close()
	if took := time.Since(began); took > 3*time.Second { // 5 s and more without CloseWithin
		t.Fatalf("Close took %v", took)
	}
}
