package sfu

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// tries counts how many of n tries, one each `every`, an address has when all of them fail.
func tries(g *gate, now *time.Time, n int, every time.Duration, from func(i int) netip.Addr) (begun int) {
	for i := range n {
		if g.enter(from(i), *now) == nil {
			g.done(from(i), false, *now)
			begun++
		}
		*now = now.Add(every)
	}
	return begun
}

func always(a string) func(int) netip.Addr {
	return func(int) netip.Addr { return netip.MustParseAddr(a) }
}

func TestBadInput_14_AnAddressGuessesSlowly(t *testing.T) {
	now := time.Unix(1e9, 0)
	g := &gate{pin: "1234"}
	// An hour of ten guesses a second: the five at once, then one each 30 s.
	got := tries(g, &now, 36_000, 100*time.Millisecond, always("10.0.0.7"))
	if want := gateFree + int(time.Hour/gateRefill); got < want-2 || got > want+2 {
		t.Errorf("%d guesses in an hour, want %d", got, want)
	}
	tries(g, &now, 2, 0, always("10.0.0.7"))
	if err := g.enter(netip.MustParseAddr("10.0.0.7"), now); err == nil || signal.AsProblem(err).Code != signal.CodePINLater {
		t.Errorf("got %v", err)
	}
	now = now.Add(gateFree * gateRefill)
	if got := tries(g, &now, 20, 0, always("10.0.0.7")); got != gateFree {
		t.Errorf("%d tries after a long pause, want %d", got, gateFree)
	}
}

func TestBadInput_14_ManyAddressesGuessSlowlyAndKeepNobodyOut(t *testing.T) {
	now := time.Unix(1e9, 0)
	g := &gate{pin: "1234"}
	crowd := func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("10.0.0.%d", i%250+1)) }
	got := tries(g, &now, 360_000, 10*time.Millisecond, crowd)
	if most := 250 + gateRoomFree + int(time.Hour/gateRoomRefill) + 2; got > most {
		t.Errorf("%d guesses in an hour by 250 addresses, want at most %d", got, most)
	}
	if err := g.enter(netip.MustParseAddr("10.0.1.1"), now); err != nil {
		t.Errorf("somebody who has never failed: %v", err)
	}
}

func TestBadInput_14_AnIPv6NetworkIsOneAddress(t *testing.T) {
	now := time.Unix(1e9, 0)
	got := tries(&gate{pin: "1234"}, &now, 1000, 0, func(i int) netip.Addr {
		return netip.MustParseAddr(fmt.Sprintf("fd00::%x", i+1))
	})
	if got != gateFree {
		t.Errorf("%d tries, want %d", got, gateFree)
	}
}

func TestGate_SuccessForgives(t *testing.T) {
	now := time.Unix(1e9, 0)
	var told []int
	g := &gate{pin: "1234", wrong: func(_ netip.Addr, n int) { told = append(told, n) }}
	a := netip.MustParseAddr("10.0.0.7")
	if got := tries(g, &now, gateFree-1, 0, always("10.0.0.7")); got != gateFree-1 {
		t.Fatalf("%d tries", got)
	}
	if err := g.enter(a, now); err != nil {
		t.Fatal(err)
	}
	g.done(a, true, now)
	if got := tries(g, &now, 20, 0, always("10.0.0.7")); got != gateFree {
		t.Errorf("%d tries after a success, want %d", got, gateFree)
	}
	if want := "[1 2 3 4 1 2 3 4 5]"; fmt.Sprint(told) != want {
		t.Errorf("told %v, want %s", told, want)
	}
}

func TestGate_RemembersABoundedNumberOfAddresses(t *testing.T) {
	now := time.Unix(1e9, 0)
	g := &gate{pin: "1234"}
	tries(g, &now, 3*gateRemembers, time.Millisecond, func(i int) netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	})
	if len(g.from) != gateRemembers {
		t.Errorf("%d addresses remembered", len(g.from))
	}
}
