package sfu_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
	"github.com/earshot/earshot/test/siege/talking"
)

// rawSignal opens a Signal WebSocket without any client of ours in between.
func rawSignal(t *testing.T, s *sfu.Server, header http.Header) (*websocket.Conn, int, error) {
	t.Helper()
	return rawSignalAs(t, s, header)
}

// rawSignalAs does so as an installation, or as several.
func rawSignalAs(t *testing.T, s *sfu.Server, header http.Header, shown ...tls.Certificate) (*websocket.Conn, int, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: shown}}
	t.Cleanup(transport.CloseIdleConnections)
	ws, res, err := websocket.Dial(t.Context(), "wss://"+addressOf(s)+"/v1/signal", //nolint:bodyclose // "You never need to close resp.Body yourself"
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header})
	if err == nil {
		t.Cleanup(func() { _ = ws.CloseNow() })
	}
	if res == nil {
		return ws, 0, err
	}
	return ws, res.StatusCode, err
}

// answer sends one frame and returns the next message of the host that is no ordinary news.
func answer(t *testing.T, ws *websocket.Conn, kind websocket.MessageType, frame string) signal.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := ws.Write(ctx, kind, []byte(frame)); err != nil {
		t.Fatal(err)
	}
	for {
		_, b, err := ws.Read(ctx)
		if err != nil {
			t.Fatalf("no answer to %.40q: %v", frame, err)
		}
		m, err := signal.DecodeEvent(b)
		if err != nil {
			t.Fatalf("answer to %.40q: %v", frame, err)
		}
		switch m.(type) {
		case signal.Change, *signal.Levels, *signal.Links:
			continue
		}
		return m
	}
}

func codeOf(m signal.Message) signal.Code {
	switch m := m.(type) {
	case *signal.Bye:
		return m.Code
	case *signal.Error:
		return m.Code
	}
	return signal.Code("none: " + signal.Kind(m))
}

func joinFrame(t *testing.T, name, offer string) string {
	t.Helper()
	b, err := signal.Encode(&signal.Join{V: signal.Version, Name: name, Offer: offer})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBadInput_13_AFloodOfMessagesIsRefusedAndThenEnded(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	talk := talking.In(t, s, nil)
	p, offer := newOffer(t, 1)
	defer p.pc.Close()
	ws, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer(t, ws, websocket.MessageText, joinFrame(t, "A", offer))
	go func() {
		for range 2000 {
			if ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"update","muted":true}`)) != nil {
				return
			}
		}
	}()
	for {
		_, b, err := ws.Read(t.Context())
		if err != nil {
			t.Fatal("the connection ended without bye")
		}
		m, err := signal.DecodeEvent(b)
		if err != nil {
			t.Fatal(err)
		}
		if bye, ok := m.(*signal.Bye); ok {
			if bye.Code != signal.CodeRateLimited {
				t.Errorf("bye %s", bye.Code)
			}
			break
		}
	}
	talk.Undisturbed(t)
}

func TestLimits_MaxPending(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.MaxPending = 4 })
	if _, status, err := rawSignal(t, s, http.Header{"Origin": {"https://example.com"}}); err == nil || status != http.StatusForbidden {
		t.Errorf("a web page was let in: %v", err)
	}
	for i := range 4 {
		if _, _, err := rawSignal(t, s, nil); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	if _, status, err := rawSignal(t, s, nil); err == nil || status != http.StatusTooManyRequests {
		t.Errorf("a fifth half-open connection was let in: %v", err)
	}
}

func TestBadInput_04_ConnectionsThatNeverJoin(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.JoinWithin = 50 * time.Millisecond })
	ws, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, _, err := ws.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("the connection was kept: %v", err)
	}
}

func TestClient_RefusesAnotherKeyThanThePinnedOne(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	stranger, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	p, offer := newOffer(t, 10)
	defer p.pc.Close()
	_, err = client.Join(t.Context(), client.Config{Address: addressOf(s), Fingerprint: identity.FingerprintOf(stranger), Name: "A", Offer: offer})
	if got := signal.AsProblem(err).Code; got != signal.CodeFingerprintMismatch {
		t.Errorf("join: %v", err)
	}
	_, err = client.FetchFacts(t.Context(), addressOf(s), identity.FingerprintOf(stranger))
	if got := signal.AsProblem(err).Code; got != signal.CodeFingerprintMismatch {
		t.Errorf("facts: %v", err)
	}
	if n := s.Facts().Participants; n != 0 {
		t.Errorf("%d participants", n)
	}
}

func TestBadInput_37_ARoomChoosesAnotherPortWhenTheWishedOneIsTaken(t *testing.T) {
	noLeaks(t)
	first := startRoom(t, nil)
	there := talking.In(t, first, nil)
	second := startRoom(t, func(c *sfu.Config) { c.Listen = addressOf(first) })
	if second.Port() == first.Port() {
		t.Fatalf("both on %d", first.Port())
	}
	talking.In(t, second, nil).Undisturbed(t)
	there.Undisturbed(t)
}

func TestClient_ResumesItsPlaceAfterTheConnectionDropped(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	wire := newProxy(t, addressOf(s))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	status := make(chan bool, 10)
	a := enter(t, s, "A", func(c *client.Config) {
		c.Address = wire.address
		c.OnStatus = func(reconnecting bool) { status <- reconnecting }
	})
	b := enter(t, s, "B", nil)
	go a.speak(ctx, "from a")
	b.hears(t, "from a")

	wire.cut()
	if !<-status {
		t.Fatal("not reconnecting")
	}
	room := b.Snapshot()
	if p, ok := room.Participant(a.You()); !ok {
		t.Errorf("A left the roster: %+v", p)
	}
	b.hears(t, "from a") // media does not care
	muted := true
	if err := a.Update(ctx, signal.Update{Muted: &muted}); err != nil { // told after the resume
		t.Fatal(err)
	}
	wire.mend()
	select {
	case reconnecting := <-status:
		if reconnecting {
			t.Fatal("still reconnecting")
		}
	case <-time.After(patience):
		t.Fatal("never resumed")
	}
	eventually(t, "A muted and connected for B", func() bool {
		room := b.Snapshot()
		p, ok := room.Participant(a.You())
		return ok && p.Muted && !p.Reconnecting
	})
	eventually(t, "both at one revision", func() bool { return a.Snapshot().Rev == b.Snapshot().Rev })
}

func TestRoom_DropsAParticipantWhoDoesNotComeBack(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.ResumeWithin = 200 * time.Millisecond })
	wire := newProxy(t, addressOf(s))
	a := enter(t, s, "A", func(c *client.Config) { c.Address = wire.address })
	b := enter(t, s, "B", nil)
	wire.cut()
	eventually(t, "A shown as reconnecting, then gone", func() bool { return len(b.Snapshot().Participants) == 1 })
	wire.mend()
	<-a.Done()
	if code := a.Problem().Code; code != signal.CodeExpired {
		t.Errorf("ended with %s", code)
	}
}

func TestClient_RestartsICEOnTheSameConnection(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	go a.speak(ctx, "from a")
	b.hears(t, "from a")
	offer, err := a.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	answer, err := a.Restart(ctx, offer.SDP)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "connected after the restart", func() bool {
		return a.pc.ICEConnectionState() == webrtc.ICEConnectionStateConnected
	})
	b.hears(t, "from a")
}
