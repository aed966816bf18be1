package sfu_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
	"github.com/earshot/earshot/test/siege/talking"
)

// withPIN starts a room with a PIN and counts the failed tries that its host is told of.
func withPIN(t *testing.T, pin string) (s *sfu.Server, wrong *atomic.Int64) {
	t.Helper()
	wrong = new(atomic.Int64)
	return startRoom(t, func(c *sfu.Config) {
		c.PIN = pin
		c.WrongPIN = func(_ netip.Addr, tries int) { wrong.Store(int64(tries)) }
	}), wrong
}

// tryPIN joins with a PIN and returns the code of the refusal, or "".
func tryPIN(t *testing.T, address, fingerprint, pin string) signal.Code {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, offer := newOffer(t, 1)
	session, err := client.Join(ctx, client.Config{Address: address, Fingerprint: fingerprint, Name: "Jun", Offer: offer, PIN: pin})
	if err != nil {
		return signal.AsProblem(err).Code
	}
	session.Leave()
	return ""
}

func TestPIN_LetsInWhoProvesIt(t *testing.T) {
	s, wrong := withPIN(t, " 4711 ")
	if !s.Facts().PIN {
		t.Error("the room's facts do not say that it has a PIN")
	}
	for _, c := range []struct {
		pin  string
		want signal.Code
	}{
		{"4711", ""},
		{"４７１１", ""}, // full width, as a Korean or Japanese keyboard may type it
		{"4712", signal.CodeWrongPIN},
		{"", signal.CodePINNeeded},
		{"47", signal.CodeBadPIN},
	} {
		if got := tryPIN(t, addressOf(s), s.Fingerprint(), c.pin); got != c.want {
			t.Errorf("PIN %q: got %q, want %q", c.pin, got, c.want)
		}
	}
	eventually(t, "the host is told of the wrong one", func() bool { return wrong.Load() == 1 })
}

func TestPIN_HostAndResumeNeedNone(t *testing.T) {
	s, _ := withPIN(t, "4711")
	host := enter(t, s, "Mina", func(c *client.Config) { c.HostKey = s.HostKey() })
	if p := host.Snapshot().Participants; len(p) != 1 || !p[0].Host {
		t.Errorf("roster %+v", p)
	}
}

func TestPIN_OfARoomWithoutOneIsRefusedAndNotIgnored(t *testing.T) {
	s := startRoom(t, nil)
	if got := tryPIN(t, addressOf(s), s.Fingerprint(), "4711"); got != signal.CodeNoPIN {
		t.Errorf("got %q, want %q", got, signal.CodeNoPIN)
	}
}

func TestPIN_MalformedOnesAreRefusedByTheHost(t *testing.T) {
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range []string{"123", "12\x0034", "\xff\xff\xff\xff", string(make([]byte, 1000))} {
		s, err := sfu.Listen(sfu.Config{Name: "Kitchen", HostName: "Mina", Listen: "127.0.0.1:0", Identity: id, PIN: pin})
		if err == nil {
			_ = s.Close()
		}
		if signal.AsProblem(err) == nil || signal.AsProblem(err).Code != signal.CodeBadPIN {
			t.Errorf("PIN %q: %v", pin, err)
		}
	}
}

// Ten thousand guesses from one address, as fast as they go: a handful is looked at, and the room's own people get in.
func TestBadInput_14_TenThousandWrongPINs(t *testing.T) {
	s, wrong := withPIN(t, "4711")
	talk := talking.In(t, s, func(c *client.Config) { c.HostKey = s.HostKey() }) // from the address that is slowed down
	looked := 0
	for i := range 50 { // the connection is the slow part: each connection asks once
		if got := tryPIN(t, addressOf(s), s.Fingerprint(), fmt.Sprintf("%04d", i)); got == signal.CodeWrongPIN {
			looked++
		} else if got != signal.CodePINLater {
			t.Fatalf("guess %d: %q", i, got)
		}
	}
	if looked < 1 || looked > 7 { // five, and one more each 30 s
		t.Errorf("%d of 50 guesses were looked at", looked)
	}
	eventually(t, "the host is told", func() bool { return wrong.Load() == int64(looked) })
	talk.Undisturbed(t)
}

// A proof is good for its connection alone: what was sent on one cannot be sent on another.
func TestBadInput_14_AProofCannotBeReplayed(t *testing.T) {
	s, _ := withPIN(t, "4711")
	talk := talking.In(t, s, func(c *client.Config) { c.HostKey = s.HostKey() })
	share := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for what, frames := range map[string][]string{
		"a join without prove":           {`{"type":"join","v":1,"name":"Eve","offer":"v=0\r\n","proof":"AAAA"}`},
		"the neutral share":              {`{"type":"prove","v":1,"share":"` + share + `"}`},
		"an empty share":                 {`{"type":"prove","v":1,"share":""}`},
		"two proves on one connection":   {`{"type":"prove","v":1,"share":"4vKuVbpH6sgp3bqz2eWvgYKlcZq5yEQbS6gQY1b4KQ4="}`, `{"type":"prove","v":1,"share":"AA=="}`},
		"a share of another connection":  {`{"type":"prove","v":1,"share":"4vKuVbpH6sgp3bqz2eWvgYKlcZq5yEQbS6gQY1b4KQ4="}`, `{"type":"join","v":1,"name":"Eve","offer":"v=0\r\n","proof":"AAAA"}`},
		"resume by a token from nowhere": {`{"type":"join","v":1,"resume":"AAAA"}`},
	} {
		ws, _, err := rawSignal(t, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		var last signal.Message
		for _, f := range frames {
			if last = answer(t, ws, websocket.MessageText, f); codeOf(last) != "none: proof" {
				break
			}
		}
		switch codeOf(last) {
		case signal.CodePINNeeded, signal.CodeWrongPIN, signal.CodeBadMessage, signal.CodePINLater, signal.CodeNotJoined, signal.CodeExpired:
		default:
			t.Errorf("%s: got %v", what, codeOf(last))
		}
	}
	if n := s.Facts().Participants; n != 2 {
		t.Errorf("%d inside", n)
	}
	talk.Undisturbed(t)
}

// Somebody in the middle with a key of their own passes everything on, between a participant who does not know the host's
// key and the room. Neither end believes the other, and the room counts a failed try.
func TestPIN_IsBoundToTheConnection(t *testing.T) {
	s, wrong := withPIN(t, "4711")
	middle := inTheMiddle(t, s)
	if got := tryPIN(t, middle, "", "4711"); got != signal.CodeWrongPIN {
		t.Errorf("through the middle: %q, want %q", got, signal.CodeWrongPIN)
	}
	eventually(t, "the host is told", func() bool { return wrong.Load() == 1 })
	if got := tryPIN(t, addressOf(s), "", "4711"); got != "" {
		t.Errorf("without anybody in between: %q", got)
	}
}

// inTheMiddle passes Signal on to a room under a key of its own, and returns its address.
func inTheMiddle(t *testing.T, s *sfu.Server) string {
	t.Helper()
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer outer.CloseNow()
		inner, _, err := rawSignal(t, s, nil)
		if err != nil {
			return
		}
		done := make(chan struct{}, 2)
		pass := func(from, to *websocket.Conn) {
			defer func() { done <- struct{}{} }()
			for {
				kind, b, err := from.Read(context.Background())
				if err != nil || to.Write(context.Background(), kind, b) != nil {
					return
				}
			}
		}
		go pass(outer, inner)
		go pass(inner, outer)
		<-done
		_, _ = outer.CloseNow(), inner.CloseNow()
		<-done
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{id}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	server.Config.ReadHeaderTimeout = time.Second
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).String()
}
