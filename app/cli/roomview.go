package cli

import (
	"net"
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
	v.invite(signal.InviteTo(addresses, facts.ID, fingerprint))
	if _, port, err := net.SplitHostPort(addresses[0]); err == nil {
		v.Port, _ = strconv.Atoi(port) // 0 for what is no number
	}
	return v
}

func (v *roomView) invite(i signal.Invite) { v.Invite, v.Code = i.String(), i.Code() }

func foundRoom(r discovery.Room) roomView {
	return roomOf(r.Facts, r.Addresses, r.Fingerprint)
}
