package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/known"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	// findWithin is how long a room is looked for by name: two rounds of queries, should the first be lost.
	findWithin = 5 * time.Second
	// settleFor is how long after the first room of a name another one of it is waited for: answers to a query come
	// within 120 ms (RFC 6762 §6), and a probe follows.
	settleFor = 300 * time.Millisecond
)

// place is a room that can be joined.
type place struct {
	facts       signal.RoomFacts
	addresses   []string // the first is the one to join at
	fingerprint string
	asked       string // host:port, when the room was asked for by that or by an invite; "" when it was found by its name
}

func placeOf(r discovery.Room) place {
	addresses := r.Addresses
	if len(addresses) == 0 {
		addresses = []string{r.Address}
	}
	return place{facts: r.Facts, addresses: addresses, fingerprint: r.Fingerprint}
}

// looking is how the commands look for rooms: on the networks, and at the hosts of rooms that were joined before.
func (r *runner) looking() discovery.Config {
	setup := r.setup()
	hosts := known.In(setup.ConfigDir)
	return discovery.Config{Logger: setup.Logger, Remembered: func() []discovery.Known { return hosts.Remembered(setup.Logger, "") }}
}

// remember notes the host of a room that was joined.
func (r *runner) remember(room place, address string) error {
	return known.In(r.setup().ConfigDir).Note(known.Host{
		Fingerprint: room.fingerprint, HostName: room.facts.Host, RoomName: room.facts.Name, RoomID: room.facts.ID,
		Addresses: append([]string{address}, room.addresses...), Joined: time.Now(),
	})
}

// find returns the room that ref means: an invite, host:port, an id or a name, in this order; with an empty ref, the only
// room there is.
func find(ctx context.Context, ref string, look discovery.Config) (place, error) {
	invite, err := signal.ParseInvite(ref)
	if err == nil {
		return findAt(ctx, invite)
	}
	if signal.LooksLikeInvite(strings.TrimSpace(ref)) {
		return place{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, findWithin)
	defer cancel()
	browser := discovery.Browse(look)
	defer browser.Close()
	var settled <-chan time.Time
	for {
		rooms, certain := matching(browser.Rooms(), ref)
		if certain {
			return placeOf(rooms[0]), nil
		}
		switch {
		case len(rooms) == 0:
			settled = nil
		case settled == nil:
			settled = time.After(settleFor)
		}
		select {
		case <-browser.Changed():
			continue
		case <-settled:
		case <-ctx.Done():
		}
		switch len(rooms) {
		case 0:
			if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
				return place{}, err
			}
			return place{}, signal.Problemf(signal.CodeNotFound, "%q", ref)
		case 1:
			return placeOf(rooms[0]), nil
		}
		list := make([]string, len(rooms))
		for i, room := range rooms {
			list[i] = fmt.Sprintf("%s  at %s, hosted by %s", room.Facts.ID, room.Address, room.Facts.Host)
		}
		return place{}, signal.Problemf(signal.CodeAmbiguous, "%s", strings.Join(list, "\n  "))
	}
}

// findAt asks an invite's addresses for its room.
func findAt(ctx context.Context, invite signal.Invite) (place, error) {
	facts, from, err := client.FindFacts(ctx, invite.Addresses(), invite.Fingerprint, invite.RoomID)
	if err != nil {
		return place{}, err
	}
	addresses := slices.DeleteFunc(invite.Addresses(), func(a string) bool { return a == from })
	return place{facts: facts.RoomFacts, addresses: append([]string{from}, addresses...), fingerprint: facts.Fingerprint, asked: from}, nil
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// matching returns the rooms that ref may mean. It is certain of one with that id, since ids are unique; but not when
// two hosts claim it.
func matching(rooms []discovery.Room, ref string) (found []discovery.Room, certain bool) {
	name, err := signal.CleanName(ref)
	if err != nil {
		name = ref
	}
	var byName []discovery.Room
	for _, r := range rooms {
		switch {
		case r.Facts.ID == ref:
			found = append(found, r)
		case ref == "", strings.EqualFold(r.Facts.Name, name):
			byName = append(byName, r)
		}
	}
	if len(found) > 0 {
		return found, len(found) == 1
	}
	return byName, false
}
