package cli

import (
	"net"
	"net/netip"
	"strconv"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu/signal"
)

// roomOf describes a room that can be reached at addresses, the likeliest first.
func roomOf(facts signal.RoomFacts, addresses []string, fingerprint string) roomView {
	v := roomView{
		ID:           facts.ID,
		Name:         facts.Name,
		Host:         facts.Host,
		Addresses:    addresses,
		Fingerprint:  fingerprint,
		Participants: facts.Participants,
		PIN:          facts.PIN,
		Epoch:        facts.Epoch,
	}
	if len(addresses) == 0 {
		v.Addresses = []string{}
		return v
	}
	v.Invite = signal.Invite{Address: shareable(addresses), RoomID: facts.ID, Fingerprint: fingerprint}.String()
	if _, port, err := net.SplitHostPort(addresses[0]); err == nil {
		v.Port, _ = strconv.Atoi(port) // 0 for what is no number
	}
	return v
}

// shareable returns the first address that means the same on another computer: a link-local one names an interface of
// this one.
func shareable(addresses []string) string {
	for _, a := range addresses {
		if ap, err := netip.ParseAddrPort(a); err != nil || !ap.Addr().IsLinkLocalUnicast() {
			return a
		}
	}
	return addresses[0]
}

func foundRoom(r discovery.Room) roomView {
	return roomOf(r.Facts, r.Addresses, r.Fingerprint)
}
