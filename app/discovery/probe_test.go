package discovery

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

// blackhole is an address that takes a connection and never says a word.
func blackhole(t testing.TB) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return netip.MustParseAddrPort(l.Addr().String())
}

// closedPort is an address that refuses.
func closedPort(t testing.TB) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

func probeOf(r *realRoom, addrs ...netip.AddrPort) probe {
	return probe{
		key: roomKey{r.facts.Load().ID, r.fingerprint}, endpoints: addrs,
		keepTimeout: 200 * time.Millisecond, dialTimeout: time.Second,
	}
}

func TestAsk_TheFirstAddressThatWorksWins(t *testing.T) {
	noLeaks(t)
	r := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	impostor := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	start := time.Now()
	got := ask(t.Context(), probeOf(r, blackhole(t), closedPort(t), impostor.addr(), r.addr(), blackhole(t)), dialRoom)
	if !got.ok || got.answer.from != r.addr() || got.answer.facts.Name != "Standup" {
		t.Fatalf("got %+v", got)
	}
	defer got.kept.Close()
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("took %v: a dead address holds it up", took)
	}
	if got.answer.rtt <= 0 || got.answer.rtt > 100*time.Millisecond {
		t.Errorf("round trip %v", got.answer.rtt)
	}
}

func TestAsk_KeepsItsConnection(t *testing.T) {
	noLeaks(t)
	r := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	p := probeOf(r, r.addr())
	for range 5 {
		got := ask(t.Context(), p, dialRoom)
		if !got.ok {
			t.Fatal("no answer")
		}
		p.kept, p.keptAddr = got.kept, got.answer.from
	}
	defer p.kept.Close()
	if n := r.connections.Load(); n != 1 {
		t.Errorf("%d connections for 5 probes", n)
	}
}

func TestAsk_TriesAllAddressesWhenTheKeptOneFails(t *testing.T) {
	noLeaks(t)
	r := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	p := probeOf(r, blackhole(t), r.addr())
	p.keptAddr = p.endpoints[0]
	p.kept = dialRoom(p.keptAddr.String(), r.fingerprint)
	got := ask(t.Context(), p, dialRoom)
	if !got.ok || got.answer.from != r.addr() {
		t.Fatalf("got %+v", got)
	}
	got.kept.Close()
}

func TestBadInput_27_WhatIsNotTheAdvertisedRoomIsRefused(t *testing.T) {
	noLeaks(t)
	r := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	impostor := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	if got := ask(t.Context(), probeOf(r, impostor.addr()), dialRoom); got.ok {
		t.Error("another key was believed")
	}
	p := probeOf(r, r.addr())
	p.key.id = "r2"
	if got := ask(t.Context(), p, dialRoom); got.ok {
		t.Error("another room of the same host was believed")
	}
	broken := facts("r1", "Standup")
	broken.Capacity = -1
	r.facts.Store(&broken)
	if got := ask(t.Context(), probeOf(r, r.addr()), dialRoom); got.ok {
		t.Error("facts out of range were believed")
	}
}

func TestAsk_EndsWithItsContext(t *testing.T) {
	noLeaks(t)
	r := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	if got := ask(ctx, probeOf(r, blackhole(t), blackhole(t)), dialRoom); got.ok {
		t.Error("silence was believed")
	}
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestAsk_MovesToABetterAddress(t *testing.T) {
	noLeaks(t)
	r := newRoom(t, "127.0.0.1:0", "r1", "Standup")
	p := probeOf(r, r.addr())
	first := ask(t.Context(), p, dialRoom)
	p.kept, p.keptAddr = first.kept, netip.MustParseAddrPort("[fe80::1%eth0]:1")
	p.better = []netip.AddrPort{closedPort(t)}
	if got := ask(t.Context(), p, dialRoom); !got.ok || got.kept != first.kept {
		t.Fatalf("the better address is dead: got %+v", got)
	}
	p.better = []netip.AddrPort{r.addr()}
	got := ask(t.Context(), p, dialRoom)
	if !got.ok || got.answer.from != r.addr() || got.kept == first.kept {
		t.Fatalf("the better address works: got %+v", got)
	}
	got.kept.Close()
}
