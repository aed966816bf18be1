package sfu_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/client"
)

func TestRoom_IsHeardOverTCPWhereUDPIsBlocked(t *testing.T) {
	s := startRoom(t, nil)
	mina := enter(t, s, "Mina", nil)
	jun, offer := newOffer(t, s.Facts().Seats, func(e *webrtc.SettingEngine) {
		e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	})
	var err error
	if jun.Session, err = client.Join(t.Context(), client.Config{
		Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: "Jun", Offer: offer,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jun.Leave(); _ = jun.pc.Close() })
	if n := strings.Count(jun.Answer(), " tcp "); n == 0 {
		t.Fatalf("no TCP candidate in the answer:\n%s", jun.Answer())
	}
	if err := jun.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: jun.Answer()}); err != nil {
		t.Fatal(err)
	}
	go mina.speak(t.Context(), "from Mina, over UDP")
	go jun.speak(t.Context(), "from Jun, over TCP")
	mina.hears(t, "from Jun, over TCP")
	jun.hears(t, "from Mina, over UDP")
	pair, err := jun.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair.Remote.Protocol != webrtc.ICEProtocolTCP {
		t.Errorf("connected by %v, error %v; want TCP", pair, err)
	}
}

func TestRoom_PortIsNotHeldByStrangers(t *testing.T) {
	s := startRoom(t, nil)
	for name, first := range map[string]string{
		"HTTP without TLS": "GET /v1/room HTTP/1.1\r\n\r\n",
		"ICE that is none": "\x00\x14" + strings.Repeat("x", 20),
		"SSH":              "SSH-2.0-OpenSSH_9\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", addressOf(s))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, first); err != nil {
				t.Fatal(err)
			}
			if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(c); len(b) > 0 || isTimeout(err) {
				t.Errorf("answered %q, %v; want the connection closed without a word", b, err)
			}
		})
	}
	// Those who say nothing do not keep others out.
	for range 300 {
		if c, err := net.Dial("tcp", addressOf(s)); err == nil { // or dropped at once
			defer c.Close()
		}
	}
	eventually(t, "a join beside 300 silent connections", func() bool {
		p, offer := newOffer(t, s.Facts().Seats)
		defer p.pc.Close()
		session, err := client.Join(t.Context(), client.Config{Address: addressOf(s), Fingerprint: s.Fingerprint(), Name: "Jun", Offer: offer})
		if err == nil {
			session.Leave()
		}
		return err == nil
	})
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error) //nolint:errorlint // io.ReadAll returns the connection's own
	return ok && e.Timeout()
}
