//go:build linux

// Command attacker tries, from a computer of the same network, to break what is not its own: it says how far it came. One JSON
// object goes to standard output, with "won" false when it came nowhere. It is a tool of test/office/siege.test.js.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/earshot/earshot/test/siege"
)

// target is the room, as everybody on the network knows it.
type target struct {
	room            netip.AddrPort
	id, name, print string
	device          string // the network's interface here
}

// result is how far an attack came.
type result struct {
	Attack string `json:"attack"`
	Won    bool   `json:"won"`
	Tried  int64  `json:"tried"`
	Detail string `json:"detail"`
}

func main() {
	var t target
	what := flag.String("do", "", "attack: spoof, guess, replay, race or flood")
	room := flag.String("room", "", "address:port of the room")
	last := flag.Duration("for", 5*time.Second, "how long")
	flag.StringVar(&t.id, "id", "", "id of the room")
	flag.StringVar(&t.name, "name", "", "name of the room")
	flag.StringVar(&t.print, "fingerprint", "", "fingerprint of the room's key")
	flag.StringVar(&t.device, "device", "eth0", "interface")
	flag.Parse()
	var err error
	if t.room, err = netip.ParseAddrPort(*room); err != nil {
		fail(err)
	}
	attacks := map[string]func(context.Context, target) (result, error){
		"spoof": spoof, "guess": guess, "replay": replay,
		"race":  func(ctx context.Context, t target) (result, error) { return flood(ctx, t, "clienthello") },
		"flood": func(ctx context.Context, t target) (result, error) { return flood(ctx, t, "all") },
	}
	attack := attacks[*what]
	if attack == nil {
		fail(fmt.Errorf("no attack %q", *what))
	}
	ctx, cancel := context.WithTimeout(context.Background(), *last)
	defer cancel()
	r, err := attack(ctx, t)
	if err != nil {
		fail(err)
	}
	r.Attack = *what
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "attacker:", err)
	os.Exit(1)
}

// flood has nothing to win: those who listen say whether it did.
func flood(ctx context.Context, t target, kind string) (result, error) {
	n, err := siege.Flood(ctx, kind, t.room, netip.Addr{})
	return result{Tried: n, Detail: kind}, err
}
