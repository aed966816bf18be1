package sfu_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

// keeper is a tape of somebody's, and what it has heard.
type keeper struct {
	*media.Peer
	mu     sync.Mutex
	latest map[string]time.Time // payload to when it came
}

func (k *keeper) heard() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var lately []string
	for payload, at := range k.latest {
		if time.Since(at) < 200*time.Millisecond {
			lately = append(lately, payload)
		}
	}
	slices.Sort(lately)
	return lately
}

// tapes opens a tape for somebody, or says why not.
func tapes(t *testing.T, s *sfu.Server, p *client.Session) (*keeper, error) {
	t.Helper()
	k := &keeper{latest: make(map[string]time.Time)}
	var err error
	k.Peer, err = media.NewPeer(media.PeerConfig{Seats: s.Facts().Seats, Loopback: true, OnPacket: func(_ int, packet *rtp.Packet) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.latest[string(packet.Payload)] = time.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	offer, err := k.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.Tape(t.Context(), offer)
	if err != nil {
		return nil, err
	}
	if err := k.Accept(answer); err != nil {
		t.Fatal(err)
	}
	return k, nil
}

func (k *keeper) hears(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the tape hears %q", want), func() bool { return slices.Equal(k.heard(), want) })
}

func TestTape_HearsEverybodyItsOwnerToo_AndEverybodyIsTold(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go a.speak(ctx, "from a")
	go b.speak(ctx, "from b")
	k, err := tapes(t, s, a.Session)
	if err != nil {
		t.Fatal(err)
	}
	k.hears(t, "from a", "from b")
	eventually(t, "B sees who records", func() bool {
		p, _ := new(b.Snapshot()).Participant(a.You())
		return p.Recording
	})
	if f := s.Facts(); !slices.Equal(f.Recorders, []string{"A"}) || f.Participants != 2 {
		t.Errorf("the lobby is told %+v", f)
	}
	// A newcomer is recorded, and another tape takes the place of the first.
	c := enter(t, s, "C", nil)
	go c.speak(ctx, "from c")
	k.hears(t, "from a", "from b", "from c")
	again, err := tapes(t, s, a.Session)
	if err != nil {
		t.Fatal(err)
	}
	again.hears(t, "from a", "from b", "from c")
	k.hears(t)
	// A tape cannot speak.
	for range 50 {
		_ = again.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2}, Payload: []byte("by the tape")})
		time.Sleep(2 * time.Millisecond)
	}
	for _, heard := range again.heard() {
		if heard == "by the tape" {
			t.Error("a tape spoke")
		}
	}
	off := false
	if err := a.Update(t.Context(), signal.Update{Recording: &off}); err != nil {
		t.Fatal(err)
	}
	again.hears(t)
	eventually(t, "nobody records", func() bool { return len(s.Facts().Recorders) == 0 })
}

func TestTape_EndsAtOnceWhereRecordingIsForbidden(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	host, a := hostOf(t, s), enter(t, s, "A", nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go a.speak(ctx, "from a")
	k, err := tapes(t, s, a.Session)
	if err != nil {
		t.Fatal(err)
	}
	k.hears(t, "from a")
	on := true
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{NoRecording: &on}})
	k.hears(t)
	if f := s.Facts(); len(f.Recorders) != 0 || f.Participants != 2 {
		t.Errorf("%+v", f)
	}
	_, err = tapes(t, s, a.Session)
	wantCode(t, "a tape after that", signal.AsProblem(err), signal.CodeNoRecording)
}

func TestTape_EndsWithItsOwner(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go b.speak(ctx, "from b")
	k, err := tapes(t, s, a.Session)
	if err != nil {
		t.Fatal(err)
	}
	k.hears(t, "from b")
	a.Leave()
	k.hears(t)
}

func TestLimits_MaxTapes(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.MaxTapes = 2 })
	a, b, c := enter(t, s, "A", nil), enter(t, s, "B", nil), enter(t, s, "C", nil)
	for _, p := range []*person{a, b, a} { // at the limit; the third takes the place of A's own
		if _, err := tapes(t, s, p.Session); err != nil {
			t.Fatal(err)
		}
	}
	_, err := tapes(t, s, c.Session)
	wantCode(t, "one more", signal.AsProblem(err), signal.CodeRecordingsFull)
	if p, _ := new(a.Snapshot()).Participant(c.You()); p.Recording {
		t.Error("who was refused is shown as recording")
	}
}

func TestTape_OffersThatAreNone(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	a := enter(t, s, "A", nil)
	_, err := a.Tape(t.Context(), "v=0\r\nm=video 9 X 96\r\n")
	wantCode(t, "a video", signal.AsProblem(err), signal.CodeBadOffer)
	if f := s.Facts(); len(f.Recorders) != 0 {
		t.Errorf("%q record", f.Recorders)
	}
}
