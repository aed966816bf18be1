package media_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/earshot/earshot/sfu/client/media"
)

// host is the other end of a Peer in these tests: a plain pion connection that answers as the SFU does, recvonly for
// the microphone and one sendonly track for each seat.
type host struct {
	pc    *webrtc.PeerConnection
	seats []*webrtc.TrackLocalStaticRTP
	mic   chan *rtp.Packet
}

func newHost(t *testing.T, seats int) *host {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{pc: pc, mic: make(chan *rtp.Packet, 100)}
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range seats {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "seat", "seat")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			t.Fatal(err)
		}
		h.seats = append(h.seats, track)
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		readers.Go(func() {
			for {
				p, _, err := track.ReadRTP()
				if err != nil {
					return
				}
				select {
				case h.mic <- p:
				default:
				}
			}
		})
	})
	t.Cleanup(func() {
		if err := pc.GracefulClose(); err != nil {
			t.Error(err)
		}
		readers.Wait()
	})
	return h
}

func (h *host) answer(t *testing.T, offer string) string {
	t.Helper()
	if err := h.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		t.Fatal(err)
	}
	answer, err := h.pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(h.pc)
	if err := h.pc.SetLocalDescription(answer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return h.pc.LocalDescription().SDP
}

func newPeer(t *testing.T, config media.PeerConfig) *media.Peer {
	t.Helper()
	p, err := media.NewPeer(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func await(t *testing.T, p *media.Peer, want webrtc.PeerConnectionState) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for p.State() != want {
		select {
		case <-p.Changed():
		case <-timeout:
			t.Fatalf("peer is %s, want %s", p.State(), want)
		}
	}
}

func TestPeer_OffersOneMicrophoneAndThenTheSeats(t *testing.T) {
	defer goleak.VerifyNone(t)
	p, err := media.NewPeer(media.PeerConfig{Seats: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	offer, err := p.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(offer, "m=audio ")[1:]
	if len(sections) != 11 {
		t.Fatalf("%d audio m-lines, want 11", len(sections))
	}
	for i, s := range sections {
		want := "a=recvonly\r\n"
		if i == 0 {
			want = "a=sendonly\r\n"
		}
		for _, line := range []string{want, "a=rtcp-fb:111 nack\r\n", "useinbandfec=1", "usedtx=1", "a=mid:"} {
			if !strings.Contains(s, line) {
				t.Errorf("m-line %d lacks %q", i, line)
			}
		}
		if strings.Contains(s, "a=extmap:") {
			t.Errorf("m-line %d offers a header extension", i)
		}
	}
	if strings.Contains(offer, ".local") || !strings.Contains(offer, "a=candidate:") {
		t.Error("the offer should carry plain candidates")
	}
}

func TestPeer_CarriesVoiceBothWaysAndKnowsTheSeat(t *testing.T) {
	defer goleak.VerifyNone(t)
	type packet struct {
		seat    int
		payload string
	}
	heard := make(chan packet, 100)
	t.Run("call", func(t *testing.T) {
		p := newPeer(t, media.PeerConfig{Seats: 3, Loopback: true, OnPacket: func(seat int, p *rtp.Packet) {
			select {
			case heard <- packet{seat, string(p.Payload)}:
			default:
			}
		}})
		h := newHost(t, 3)
		offer, err := p.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Accept(h.answer(t, offer)); err != nil {
			t.Fatal(err)
		}
		await(t, p, webrtc.PeerConnectionStateConnected)

		exchange := func() {
			t.Helper()
			var mic bool
			seats := make(map[int]bool)
			deadline := time.After(10 * time.Second)
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for seq := uint16(0); !mic || len(seats) < 3; seq++ {
				out := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq) * 960}, Payload: []byte("voice")}
				if err := p.WriteRTP(out); err != nil {
					t.Fatal(err)
				}
				for i, s := range h.seats {
					out.Payload = []byte{'s', '0' + byte(i)}
					if err := s.WriteRTP(out); err != nil {
						t.Fatal(err)
					}
				}
				select {
				case got := <-h.mic:
					if string(got.Payload) != "voice" {
						t.Fatalf("microphone carried %q", got.Payload)
					}
					mic = true
				case got := <-heard:
					if want := "s" + string(rune('0'+got.seat)); got.payload != want {
						t.Fatalf("seat %d carried %q", got.seat, got.payload)
					}
					seats[got.seat] = true
				case <-tick.C:
				case <-deadline:
					t.Fatalf("microphone heard: %v, seats heard: %v", mic, seats)
				}
			}
		}
		exchange()

		// An ICE restart, its first offer lost: same connection, new credentials, voice goes on.
		if _, err := p.RestartOffer(t.Context()); err != nil {
			t.Fatal(err)
		}
		restart, err := p.RestartOffer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(restart, "a=candidate:") {
			t.Fatal("the restart carries no candidates")
		}
		if credentials(restart) == credentials(offer) {
			t.Fatal("the restart kept its ICE credentials")
		}
		if err := p.Accept(h.answer(t, restart)); err != nil {
			t.Fatal(err)
		}
		for len(heard)+len(h.mic) > 0 {
			select {
			case <-heard:
			case <-h.mic:
			}
		}
		await(t, p, webrtc.PeerConnectionStateConnected)
		exchange()
	})
}

func credentials(sdp string) string {
	_, rest, _ := strings.Cut(sdp, "a=ice-ufrag:")
	ufrag, _, _ := strings.Cut(rest, "\r\n")
	return ufrag
}

func TestPeer_ClosesWithoutEverHavingConnected(t *testing.T) {
	defer goleak.VerifyNone(t)
	p, err := media.NewPeer(media.PeerConfig{Seats: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Offer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal("second close:", err)
	}
	if _, err := p.Offer(t.Context()); err == nil {
		t.Error("a closed peer offered")
	}
	if err := p.Accept("v=0\r\n"); err == nil {
		t.Error("a closed peer accepted")
	}
}

func TestPeer_RefusesAnAnswerThatIsNone(t *testing.T) {
	defer goleak.VerifyNone(t)
	p, err := media.NewPeer(media.PeerConfig{Seats: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Offer(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"", "hello", "v=0\r\n", strings.Repeat("a", 1<<16)} {
		if err := p.Accept(answer); err == nil {
			t.Errorf("accepted %.20q", answer)
		}
	}
}
