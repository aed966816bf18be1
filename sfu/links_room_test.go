package sfu_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

func TestRoom_TellsEverybodyHowWellEachIsConnected(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.LinksEvery = 20 * time.Millisecond })
	heard := make(chan map[string]signal.Link, 1000)
	a := enter(t, s, "A", func(c *client.Config) { c.OnLinks = func(links map[string]signal.Link) { heard <- links } })
	b := enter(t, s, "B", nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go a.speak(ctx, "from a")
	until := func(what string, fits func(map[string]signal.Link) bool) {
		t.Helper()
		deadline := time.After(patience)
		for {
			select {
			case links := <-heard:
				if fits(links) {
					return
				}
			case <-deadline:
				t.Fatalf("never: %s", what)
			}
		}
	}
	known := func(links map[string]signal.Link, id string) bool { return links[id].Word != "" }
	until("both links known", func(links map[string]signal.Link) bool { return known(links, a.You()) && known(links, b.You()) })

	if err := b.Report(ctx, signal.Report{Received: 80, Lost: 20, Concealed: 0.2, BufferMillis: 60}); err != nil {
		t.Fatal(err)
	}
	until("B's link poor", func(links map[string]signal.Link) bool {
		return links[b.You()].Word == signal.LinkPoor && links[b.You()].Concealed == 0.2
	})

	late := make(chan map[string]signal.Link, 1000)
	c := enter(t, s, "C", func(c *client.Config) { c.OnLinks = func(links map[string]signal.Link) { late <- links } })
	select {
	case links := <-late:
		if !known(links, a.You()) || !known(links, b.You()) {
			t.Errorf("the first that C hears is %v", links)
		}
	case <-time.After(patience):
		t.Error("C was not told")
	}
	c.Leave()
	b.Leave()
	if err := a.Report(ctx, signal.Report{Concealed: 1}); err != nil { // makes for news
		t.Fatal(err)
	}
	until("nothing of those who left", func(links map[string]signal.Link) bool { return len(links) == 1 && known(links, a.You()) })
}

func TestSignal_RefusesBadReportsAndTooMany(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	p, offer := newOffer(t, 1)
	defer p.pc.Close()
	ws, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := answer(t, ws, websocket.MessageText, joinFrame(t, "A", offer)); signal.Kind(m) != "welcome" {
		t.Fatalf("join: %+v", m)
	}
	report := func(r signal.Report) string {
		b, err := signal.Encode(&r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, r := range []signal.Report{{Concealed: 1.1}, {Concealed: -0.1}, {Received: -1}, {Lost: -1}, {BufferMillis: 1e9}} {
		if code := codeOf(answer(t, ws, websocket.MessageText, report(r))); code != signal.CodeBadMessage {
			t.Errorf("%+v: %s", r, code)
		}
	}
	for range 3 { // two are accepted and not answered
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(report(signal.Report{Received: 100}))); err != nil {
			t.Fatal(err)
		}
	}
	if code := codeOf(answer(t, ws, websocket.MessageText, report(signal.Report{Received: 100}))); code != signal.CodeRateLimited {
		t.Errorf("a flood of reports: %s", code)
	}
}

func TestSignal_SteersTheEncoderAtTheJoinAndLater(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	a := enter(t, s, "A", func(c *client.Config) { c.Quality = signal.Quality{Bitrate: 24000} })
	if !strings.Contains(a.Answer(), "maxaveragebitrate=24000") {
		t.Errorf("the answer to the join:\n%s", a.Answer())
	}
	again := func(q *signal.Quality) (string, error) {
		offer, err := a.pc.CreateOffer(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.pc.SetLocalDescription(offer); err != nil {
			t.Fatal(err)
		}
		answer, err := a.Renegotiate(t.Context(), signal.Restart{Offer: offer.SDP, Quality: q})
		if err != nil {
			return "", err
		}
		return answer, a.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	}
	for _, c := range []struct {
		quality *signal.Quality
		want    string
	}{
		{&signal.Quality{Music: true}, "stereo=1;sprop-stereo=1;maxaveragebitrate=128000"},
		{nil, "stereo=1;sprop-stereo=1;maxaveragebitrate=128000"}, // as it is
		{&signal.Quality{LowDelay: true}, "maxaveragebitrate=32000\r\na=ptime:10\r\n"},
	} {
		if answer, err := again(c.quality); err != nil || !strings.Contains(answer, c.want) {
			t.Errorf("%+v: %v\n%s", c.quality, err, answer)
		}
	}
	if _, err := a.Renegotiate(t.Context(), signal.Restart{Offer: "v=0", Quality: &signal.Quality{Bitrate: 97000}}); signal.AsProblem(err).Code != signal.CodeBadQuality {
		t.Errorf("97 kbit/s: %v", err)
	}
	b := enter(t, s, "B", nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go a.speak(ctx, "still here")
	b.hears(t, "still here")
}
