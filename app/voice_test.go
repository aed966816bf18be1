package app_test

import (
	"context"
	"encoding/binary"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/app/voice"
	"github.com/earshot/earshot/sfu/signal"
)

// talking starts an app whose window talks itself.
func talking(t *testing.T) (*app.App, *app.Methods) {
	t.Helper()
	return startVoice(t, t.TempDir(), app.VoicePage)
}

// line is a page's end of its voice.
type line struct {
	conn  *websocket.Conn
	heard chan []byte
	state chan string
}

func dialVoice(t *testing.T, url, origin string) (*websocket.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	return conn, err
}

// enter joins as a page without a connection of its own does.
func enter(t *testing.T, m *app.Methods, room, page string) line {
	t.Helper()
	reply, err := m.Join(app.JoinRequest{Room: room, Page: page, Seats: 10})
	if err != nil {
		t.Fatal(err)
	}
	if reply.Answer != "" || !strings.HasPrefix(reply.Voice, "ws://127.0.0.1:") {
		t.Fatalf("the reply has answer %q and voice %q", reply.Answer, reply.Voice)
	}
	return openLine(t, reply.Voice)
}

// openLine opens a page's end of its voice.
func openLine(t *testing.T, url string) line {
	t.Helper()
	conn, err := dialVoice(t, url, voice.WindowOrigin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	l := line{conn: conn, heard: make(chan []byte, 100), state: make(chan string, 10)}
	go func() {
		for {
			kind, b, err := conn.Read(context.Background())
			if err != nil {
				close(l.state)
				return
			}
			if kind == websocket.MessageText {
				l.state <- string(b)
				continue
			}
			for len(b) > 0 {
				length := int(binary.BigEndian.Uint16(b))
				select {
				case l.heard <- b[2 : 2+length]:
				default:
				}
				b = b[2+length:]
			}
		}
	}()
	return l
}

func (l line) awaitState(t *testing.T, want string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case state, ok := <-l.state:
			if !ok {
				t.Fatalf("the voice ended before it was %q", want)
			}
			if state == `{"state":"`+want+`"}` {
				return
			}
		case <-timeout:
			t.Fatalf("never %q", want)
		}
	}
}

// speak sends 20 ms packets until the test ends.
func (l line) speak(t *testing.T, word string) {
	t.Helper()
	ctx := t.Context()
	go func() {
		for n := uint32(0); ctx.Err() == nil; n++ {
			b := []byte{10} // 10 dB below full scale
			if n == 0 {
				b[0] |= 0x80
			}
			b = binary.BigEndian.AppendUint32(b, n*960)
			if l.conn.Write(ctx, websocket.MessageBinary, append(b, "\xf8"+word...)) != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
}

func TestVoice_OpusPassesUnchangedFromPageToPage(t *testing.T) {
	_, mina := talking(t)
	_, jun := talking(t)
	listing, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	window := enter(t, mina, listing.Ref, "page-mina")
	other := enter(t, jun, listing.Address, "page-jun")
	window.awaitState(t, "connected")
	other.awaitState(t, "connected")
	window.speak(t, "good morning")
	other.speak(t, "and to you")
	for _, ear := range []struct {
		line line
		want string
	}{{window, "\xf8and to you"}, {other, "\xf8good morning"}} {
		var sequence uint16
		for n := range 20 {
			select {
			case b := <-ear.line.heard:
				if string(b[7:]) != ear.want {
					t.Fatalf("heard %q, want %q", b[7:], ear.want)
				}
				if got := binary.BigEndian.Uint16(b[1:]); n > 0 && got != sequence+1 {
					t.Errorf("packet %d came after %d", got, sequence)
				}
				sequence = binary.BigEndian.Uint16(b[1:])
			case <-time.After(patience):
				t.Fatal("heard nothing")
			}
		}
	}
	if answer, err := mina.Restart(""); err != nil || answer != "" {
		t.Errorf("restart: %q, %v", answer, err)
	}
	for len(window.heard) > 0 {
		<-window.heard
	}
	select {
	case <-window.heard:
	case <-time.After(patience):
		t.Error("nothing is heard after an ICE restart")
	}
}

func TestVoice_EndsWithTheStay(t *testing.T) {
	_, mina := talking(t)
	listing, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	window := enter(t, mina, listing.Ref, "page")
	if err := mina.Leave(); err != nil {
		t.Fatal(err)
	}
	timeout := time.After(patience)
	for {
		select {
		case _, ok := <-window.state:
			if !ok {
				return
			}
		case <-timeout:
			t.Fatal("the voice goes on after the stay")
		}
	}
}

func TestVoice_KeepsOthersOut(t *testing.T) {
	a, mina := talking(t)
	listing, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := mina.Join(app.JoinRequest{Room: listing.Ref, Page: "page", Seats: 10})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(reply.Voice, a.VoiceSource()+"/") {
		t.Errorf("the voice %q is not where pages may connect to, %q", reply.Voice, a.VoiceSource())
	}
	for name, wrong := range map[string]struct{ url, origin string }{
		"another site":  {reply.Voice, "http://example.com"},
		"no origin":     {reply.Voice, ""},
		"another token": {reply.Voice[:len(reply.Voice)-1] + "x", voice.WindowOrigin},
		"another path":  {strings.Replace(reply.Voice, "/voice", "/", 1), voice.WindowOrigin},
		"another host":  {strings.Replace(reply.Voice, "127.0.0.1", "localhost", 1), voice.WindowOrigin},
	} {
		if conn, err := dialVoice(t, wrong.url, wrong.origin); err == nil {
			t.Errorf("%s got in", name)
			_ = conn.CloseNow()
		}
	}
}

func TestVoice_OfPagesInBrowsersIsADiagnostic(t *testing.T) {
	for _, loopback := range []bool{true, false} {
		way := app.VoiceWindow
		if loopback {
			way = app.VoicePage
		}
		a, methods := startVoice(t, t.TempDir(), way)
		pages, err := a.ServePages("")
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(pages.URL(""), "voice=loopback"); told != loopback {
			t.Errorf("the page's address is %q", pages.URL(""))
		}
		listing, err := methods.StartRoom("Kitchen", "")
		if err != nil {
			t.Fatal(err)
		}
		reply, err := methods.Join(app.JoinRequest{Room: listing.Ref, Page: "page", Seats: 10})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := dialVoice(t, reply.Voice, "http://"+pages.Addr().String())
		if (err == nil) != loopback {
			t.Errorf("a page of a browser, loopback %t: %v", loopback, err)
		}
		if err == nil {
			_ = conn.CloseNow()
		}
		if conn, err := dialVoice(t, reply.Voice, "http://127.0.0.1:1"); err == nil {
			t.Error("a page of another program got in")
			_ = conn.CloseNow()
		}
	}
}

func TestVoice_IsNoneUnlessItWasChosen(t *testing.T) {
	a, m := start(t, t.TempDir())
	if a.VoiceSource() != "" {
		t.Errorf("pages may connect to %q", a.VoiceSource())
	}
	room, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Join(app.JoinRequest{Room: room.Ref, Page: "page", Seats: 10}); signal.AsProblem(err) == nil || signal.AsProblem(err).Code != signal.CodeUnsupported {
		t.Errorf("a join without an offer: %v", err)
	}
}
