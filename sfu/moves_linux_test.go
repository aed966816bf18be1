package sfu_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
)

// All of 127.0.0.0/8 is on Linux' loopback interface: a host with as many addresses as a test wants.

func TestServer_AnswersARestartWithTheAddressItIsReachedOnNow(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.Listen = "0.0.0.0:0" })
	at := func(ip string) string { return net.JoinHostPort(ip, strconv.Itoa(s.Port())) }
	wire := newProxy(t, at("127.0.0.1"))
	back := make(chan bool, 10)
	a := enter(t, s, "A", func(c *client.Config) {
		c.Address = wire.address
		c.OnStatus = func(reconnecting bool) { back <- !reconnecting }
	})
	candidate := func(ip string) string { return " " + ip + " " + strconv.Itoa(s.Port()) + " typ host" }
	if !strings.Contains(a.Answer(), candidate("127.0.0.1")) {
		t.Errorf("answer without %q:\n%s", candidate("127.0.0.1"), a.Answer())
	}

	wire.lead(at("127.0.0.2"))
	wire.drop()
	for resumed := false; !resumed; {
		select {
		case resumed = <-back:
		case <-time.After(patience):
			t.Fatal("never resumed")
		}
	}
	offer, err := a.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	answer, err := a.Restart(t.Context(), offer.SDP)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(answer, candidate("127.0.0.2")) || strings.Contains(answer, candidate("127.0.0.1")) {
		t.Errorf("reached at 127.0.0.2, answered:\n%s", answer)
	}
}
