package sfu_test

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/client"
)

// Whoever offers may want to begin the DTLS handshake itself (RFC 5763 §5); browsers leave it to us.
func TestRoom_LetsTheParticipantBeginDTLS(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	mina := enter(t, s, "Mina", nil)
	jun, offer := newOffer(t, s.Facts().Seats)
	var err error
	if jun.Session, err = client.Join(t.Context(), client.Config{
		Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: "Jun", Offer: strings.ReplaceAll(offer, "setup:actpass", "setup:active"),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jun.Leave(); _ = jun.pc.Close() })
	if !strings.Contains(jun.Answer(), "a=setup:passive\r\n") {
		t.Fatalf("answered:\n%s", jun.Answer())
	}
	if err := jun.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: jun.Answer()}); err != nil {
		t.Fatal(err)
	}
	go mina.speak(t.Context(), "from Mina")
	go jun.speak(t.Context(), "from Jun")
	mina.hears(t, "from Jun")
	jun.hears(t, "from Mina")
}

func TestRoom_LeavesNothingBehindOfOneWhoNeverConnects(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	for range 5 {
		p, offer := newOffer(t, s.Facts().Seats)
		session, err := client.Join(t.Context(), client.Config{Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: "Jun", Offer: offer})
		if err != nil {
			t.Fatal(err)
		}
		session.Leave() // the answer was never taken
		if err := p.pc.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
