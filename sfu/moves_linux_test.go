package sfu_test

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

// All of 127.0.0.0/8 is on Linux' loopback interface: a host with as many addresses as a test wants.

func TestServer_AnswersARestartWithTheAddressItIsReachedOnNow(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { c.Listen = "0.0.0.0:0" })
	at := func(ip string) string { return net.JoinHostPort(ip, strconv.Itoa(s.Port())) }
	wire := newProxy(t, at("127.0.0.1"))
	status := make(chan bool, 10)
	a := enter(t, s, "A", func(c *client.Config) {
		c.Address = wire.address
		c.OnStatus = func(reconnecting bool) { status <- reconnecting }
	})
	candidate := func(ip string) string { return " " + ip + " " + strconv.Itoa(s.Port()) + " typ host" }
	if !strings.Contains(a.Answer(), candidate("127.0.0.1")) {
		t.Errorf("answer without %q:\n%s", candidate("127.0.0.1"), a.Answer())
	}

	wire.lead(at("127.0.0.2"))
	wire.drop()
	resumes(t, status)
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

// resumes waits until the session has lost its connection and got it back.
func resumes(t *testing.T, status <-chan bool) {
	t.Helper()
	for _, want := range []bool{true, false} {
		select {
		case reconnecting := <-status:
			if reconnecting != want {
				t.Fatalf("reconnecting: %t, want %t", reconnecting, want)
			}
		case <-time.After(patience):
			t.Fatalf("never reconnecting: %t", want)
		}
	}
}

// staysIn fails when anybody leaves the roster that p sees.
func (p *person) staysIn(t *testing.T, count int) {
	t.Helper()
	if got := len(p.Snapshot().Participants); got != count {
		t.Errorf("%d in the roster, want %d", got, count)
	}
}

func TestClient_RedialsAtOnceWhenItsAddressIsGone(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	var gone atomic.Bool
	network := &client.Network{List: func() (map[netip.Addr]bool, error) {
		if gone.Load() {
			return map[netip.Addr]bool{}, nil
		}
		return map[netip.Addr]bool{netip.MustParseAddr("127.0.0.1"): true}, nil
	}}
	status := make(chan bool, 10)
	a := enter(t, s, "A", func(c *client.Config) {
		c.Network, c.PingEvery, c.DeadAfter = network, time.Hour, 2*time.Hour
		c.OnStatus = func(reconnecting bool) { status <- reconnecting }
	})
	start := time.Now()
	gone.Store(true)
	resumes(t, status)
	t.Logf("back after %v", time.Since(start))
	if a.Path() != 0 {
		t.Errorf("path %d after a resume between the same addresses", a.Path())
	}
}

func TestClient_FindsTheHostAtAnotherAddress(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	old, next := newProxy(t, addressOf(s)), newProxy(t, addressOf(s))
	var moved atomic.Bool
	status := make(chan bool, 10)
	a := enter(t, s, "A", func(c *client.Config) {
		c.Address, c.PingEvery, c.DeadAfter = old.address, time.Hour, 2*time.Hour
		c.OnStatus = func(reconnecting bool) { status <- reconnecting }
		c.Addresses = func() []string {
			if !moved.Load() {
				return nil
			}
			return []string{"127.0.0.3:9", next.address}
		}
	})
	b := enter(t, s, "B", nil)
	defer old.stall()()
	moved.Store(true)
	start := time.Now()
	a.Check()
	resumes(t, status)
	t.Logf("back after %v", time.Since(start))
	if a.Address() != next.address || a.Path() != 1 {
		t.Errorf("at %s, path %d; want %s, 1", a.Address(), a.Path(), next.address)
	}
	b.staysIn(t, 2)
}

func TestClient_DoesNotGiveUpALinkThatIsOnlySlow(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	wire := newProxy(t, addressOf(s))
	a := enter(t, s, "A", func(c *client.Config) {
		c.Address, c.PingEvery, c.DeadAfter = wire.address, 100*time.Millisecond, patience
		c.OnStatus = func(bool) { t.Error("reconnecting") }
	})
	release := wire.stall()
	time.Sleep(1200 * time.Millisecond) // longer than a pong may take before others are tried
	release()
	if err := a.Update(t.Context(), signal.Update{}); err != nil {
		t.Error(err)
	}
	time.Sleep(300 * time.Millisecond)
}

func TestClient_ReturnsToItsRoomAndNoOther(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	wire := newProxy(t, addressOf(s))
	wire.cut()
	time.AfterFunc(600*time.Millisecond, wire.mend)
	a := enter(t, s, "A", func(c *client.Config) { // waits for the network
		c.Address, c.RoomID = wire.address, s.Facts().ID
	})
	a.staysIn(t, 1)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := client.Join(ctx, client.Config{
		Address: wire.address, Fingerprint: s.Fingerprint(), Name: "B", Offer: "v=0", RoomID: "another",
	})
	if p := signal.AsProblem(err); p == nil || p.Code != signal.CodeNotFound {
		t.Errorf("a return to another room: %v", err)
	}
}
