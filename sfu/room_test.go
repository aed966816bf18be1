package sfu_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
	"github.com/earshot/earshot/test/siege/talking"
)

const patience = 10 * time.Second

func startRoom(t *testing.T, adjust func(*sfu.Config)) *sfu.Server {
	t.Helper()
	return talking.Room(t, adjust)
}

func addressOf(s *sfu.Server) string { return talking.AddressOf(s) }

// person is a participant with a real pion peer connection.
type person struct {
	*client.Session
	pc    *webrtc.PeerConnection
	mic   *webrtc.TrackLocalStaticRTP
	heard chan heard
}

type heard struct {
	seat    int
	payload string
	seq     uint16
}

func newOffer(t *testing.T, seats int, adjust ...func(*webrtc.SettingEngine)) (*person, string) {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(1)
	for _, f := range adjust {
		f(&settings)
	}
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&media)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{pc: pc, heard: make(chan heard, 1000)}
	p.mic, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "mic", "mic")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTransceiverFromTrack(p.mic, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	for range seats {
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		seat := slices.IndexFunc(pc.GetTransceivers(), func(tr *webrtc.RTPTransceiver) bool { return tr.Receiver() == receiver }) - 1
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			select {
			case p.heard <- heard{seat, string(packet.Payload), packet.SequenceNumber}:
			default:
			}
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	return p, offer.SDP
}

func enter(t *testing.T, s *sfu.Server, name string, adjust func(*client.Config)) *person {
	t.Helper()
	p, offer := newOffer(t, s.Facts().Seats)
	cfg := client.Config{Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: name, Offer: offer}
	if adjust != nil {
		adjust(&cfg)
	}
	var err error
	if p.Session, err = client.Join(t.Context(), cfg); err != nil {
		t.Fatalf("%s: join: %v", name, err)
	}
	t.Cleanup(func() { p.Leave(); _ = p.pc.Close() })
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: p.Answer()}); err != nil {
		t.Fatal(err)
	}
	return p
}

// speak sends a packet with that payload every 10 ms until ctx ends.
func (p *person) speak(ctx context.Context, payload string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := uint16(0); ; i++ {
		_ = p.mic.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: 65500 + i, Timestamp: uint32(i) * 480},
			Payload: []byte(payload),
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// hears waits until exactly these payloads have been heard for a while, and nothing else.
func (p *person) hears(t *testing.T, want ...string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		got := make(map[string]bool)
		quiet := time.After(300 * time.Millisecond)
	window:
		for {
			select {
			case h := <-p.heard:
				got[h.payload] = true
			case <-quiet:
				break window
			case <-deadline:
				t.Fatalf("%s hears %v, want %v", p.You(), got, want)
			}
		}
		if len(got) == len(want) && !slices.ContainsFunc(want, func(w string) bool { return !got[w] }) {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s hears %v, want %v", p.You(), got, want)
		default:
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func noLeaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

func TestRoom_EverybodyHearsEverybodyElseAndNobodyThemselves(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b, c := enter(t, s, "A", nil), enter(t, s, "B", nil), enter(t, s, "C", nil)
	go a.speak(ctx, "from a")
	go b.speak(ctx, "from b")
	go c.speak(ctx, "from c")
	a.hears(t, "from b", "from c")
	b.hears(t, "from a", "from c")
	c.hears(t, "from a", "from b")

	a.Leave()
	b.hears(t, "from c")
	c.hears(t, "from b")
	eventually(t, "B's roster without A", func() bool { return len(b.Snapshot().Participants) == 2 })

	again := enter(t, s, "A", nil)
	go again.speak(ctx, "from a again")
	b.hears(t, "from c", "from a again")
	again.hears(t, "from b", "from c")
}

func TestRoom_SeatLabelsMatchWhatIsHeard(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	go a.speak(ctx, a.You())
	deadline := time.After(patience)
	for range 20 {
		select {
		case h := <-b.heard:
			if got := b.Snapshot().Seats[h.seat]; got != h.payload {
				t.Fatalf("seat %d is labelled %q and carries %q", h.seat, got, h.payload)
			}
		case <-deadline:
			t.Fatal("nothing heard")
		}
	}
}

func TestRoom_MoreTalkersThanSeatsLetsTheLoudestThrough(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.Seats = 2 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b, c := enter(t, s, "A", nil), enter(t, s, "B", nil), enter(t, s, "C", nil)
	if seats := a.Snapshot().Seats; !slices.Equal(seats, []string{a.You(), b.You()}) {
		t.Fatalf("seats %v, want A and B", seats)
	}
	go c.speak(ctx, "the third one speaks, in packets as large as speech")
	a.hears(t, "the third one speaks, in packets as large as speech")
	if seats := b.Snapshot().Seats; !slices.Contains(seats, c.You()) {
		t.Errorf("seats %v do not show C", seats)
	}
}

func TestRoom_DropsTheVoiceOfTheMuted(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	go a.speak(ctx, "from a")
	b.hears(t, "from a")
	muted := true
	if err := a.Update(ctx, signal.Update{Muted: &muted}); err != nil {
		t.Fatal(err)
	}
	b.hears(t)
	room := b.Snapshot()
	if p, _ := room.Participant(a.You()); !p.Muted {
		t.Error("the roster does not show A as muted")
	}
	muted = false
	if err := a.Update(ctx, signal.Update{Muted: &muted}); err != nil {
		t.Fatal(err)
	}
	b.hears(t, "from a")
}

func TestRoom_NumbersAreContinuousOverAMute(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	go a.speak(ctx, "from a")
	b.hears(t, "from a")
	for _, muted := range []bool{true, false} {
		if err := a.Update(ctx, signal.Update{Muted: &muted}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(400 * time.Millisecond)
	}
	cancel()
	var seqs []uint16
	for len(b.heard) > 0 {
		seqs = append(seqs, (<-b.heard).seq)
	}
	for i := 1; i < len(seqs); i++ {
		if seqs[i] != seqs[i-1]+1 {
			t.Fatalf("sequence %d after %d: a mute looks like loss", seqs[i], seqs[i-1])
		}
	}
	if len(seqs) < 20 {
		t.Fatalf("only %d packets", len(seqs))
	}
}

func TestRoom_FactsCountWhoIsInside(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	enter(t, s, "Jun", nil)
	enter(t, s, "보라", nil)
	f, err := client.FetchFacts(t.Context(), addressOf(s), s.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	if f.Participants != 2 || !slices.Equal(f.People, []string{"Jun", "보라"}) || f.Name != "Kitchen" || f.Host != "Mina" {
		t.Errorf("facts %+v", f.RoomFacts)
	}
}

func TestRoom_RefusesAboveCapacity(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.Capacity = 1 })
	a := enter(t, s, "A", nil)
	p, offer := newOffer(t, 1)
	defer p.pc.Close()
	_, err := client.Join(t.Context(), client.Config{Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: "B", Offer: offer})
	if got := signal.AsProblem(err); got == nil || got.Code != signal.CodeRoomFull {
		t.Errorf("error %v, want %s", err, signal.CodeRoomFull)
	}
	if n := len(a.Snapshot().Participants); n != 1 {
		t.Errorf("A sees %d participants", n)
	}
}

func TestRoom_TellsEverybodyWhenItEnds(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	a, b := enter(t, s, "A", nil), enter(t, s, "B", nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*person{a, b} {
		select {
		case <-p.Done():
		case <-time.After(patience):
			t.Fatal("the session goes on")
		}
		if p.Problem().Code != signal.CodeRoomEnded {
			t.Errorf("ended with %v", p.Problem())
		}
	}
}
