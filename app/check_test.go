package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

// What one connection of a check says, the other hears, and nobody else can enter or see it.
func TestCheck_LetsAPageHearItself(t *testing.T) {
	a, m := start(t, t.TempDir())
	heard := make(chan string, 1)
	peers, offers := make([]*media.Peer, 2), make([]string, 2)
	for i := range peers {
		p, err := media.NewPeer(media.PeerConfig{Seats: 1, Loopback: true, Live: true, OnPacket: func(_ int, p *rtp.Packet) {
			select {
			case heard <- string(p.Payload):
			default:
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		if offers[i], err = p.Offer(t.Context()); err != nil {
			t.Fatal(err)
		}
		peers[i] = p
	}
	reply, err := m.StartCheck(app.CheckRequest{Page: "p", Speaking: offers[0], Hearing: offers[1]})
	if err != nil {
		t.Fatal(err)
	}
	for i, answer := range []string{reply.Speaking, reply.Hearing} {
		if err := peers[i].Accept(answer); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for n := uint32(0); t.Context().Err() == nil; n++ {
			_ = peers[0].Speak(media.Voice{Timestamp: n * 960, Level: 10, Marker: n == 0, Payload: []byte("\xf8me")})
			time.Sleep(20 * time.Millisecond)
		}
	}()
	select {
	case word := <-heard:
		if word != "\xf8me" {
			t.Errorf("heard %q", word)
		}
	case <-time.After(patience):
		t.Fatal("heard nothing")
	}
	state := m.GetState()
	if state.Session != nil || state.Hosting != nil {
		t.Errorf("a check is no room to anybody: %+v", state)
	}
	for _, room := range m.GetRooms().Rooms {
		t.Errorf("listed: %+v", room)
	}
	if err := m.EndCheck(); err != nil {
		t.Error(err)
	}
	eventually(t, "the connection ends with the check", func() bool { return peers[0].State().String() != "connected" })

	// One that goes on when the page goes ends with it, and one that cannot begin leaves nothing behind.
	if _, err := m.StartCheck(app.CheckRequest{Page: "p", Speaking: offer(t, 1), Hearing: offer(t, 1)}); err != nil {
		t.Fatal(err)
	}
	a.PageGone("p")
	if _, err := m.StartCheck(app.CheckRequest{Page: "p", Speaking: offer(t, 1), Hearing: "v=0"}); signal.AsProblem(err).Code != signal.CodeBadOffer {
		t.Errorf("an offer that is none: %v", err)
	}
}

// A page without connections of its own hears itself by the app's, and as little is left of it.
func TestCheck_ByTheAppsConnections(t *testing.T) {
	_, m := startVoice(t, t.TempDir(), app.VoiceCard)
	reply, err := m.StartCheck(app.CheckRequest{Page: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if reply.Speaking != "" || reply.Hearing != "" {
		t.Errorf("answers to no offers: %+v", reply)
	}
	l := openLine(t, reply.Voice)
	l.speak(t, "me")
	select {
	case word := <-l.heard:
		if !strings.HasSuffix(string(word), "\xf8me") {
			t.Errorf("heard %q", word)
		}
	case <-time.After(patience):
		t.Fatal("heard nothing")
	}
	if err := m.EndCheck(); err != nil {
		t.Error(err)
	}
	eventually(t, "the line ends with the check", func() bool {
		select {
		case _, ok := <-l.state:
			return !ok
		default:
			return false
		}
	})
}
