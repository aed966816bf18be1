package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rsc.io/qr"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// The events of discovery are spaced, the more the longer the list: a join storm in twenty rooms must not become a storm of
// redraws. 200 rooms are some 85 kB of JSON, which are 250 ms apart then: at most 0.35 MB a second, and counts of
// participants are still no older than 2 s.
const (
	roomsAtMostEvery = 50 * time.Millisecond
	roomsEachAtMost  = time.Millisecond
)

// lookWithin bounds one look at a room by its address.
const lookWithin = 5 * time.Second

// watchRooms publishes what discovery finds until the app closes.
func (a *App) watchRooms() {
	for {
		select {
		case <-a.done:
			return
		case <-a.browser.Changed():
			a.refreshRooms()
			a.followHost()
		}
		select {
		case <-a.done:
			return
		case <-time.After(roomsAtMostEvery + time.Duration(len(a.Rooms().Rooms))*roomsEachAtMost):
		}
	}
}

// followHost tells the session when its room is advertised under other addresses.
func (a *App) followHost() {
	st, err := a.current()
	if err != nil {
		return
	}
	invite, err := signal.ParseInvite(st.invite)
	if err != nil {
		return
	}
	if now := a.advertised(invite); len(now) > 0 && !slices.Equal(now, st.addresses) {
		st.addresses = now
		st.session.Check()
		a.remember(st)
	}
}

// refreshRooms rebuilds the list and publishes it.
func (a *App) refreshRooms() {
	found, status := a.browser.Rooms(), a.browser.Status()
	list := RoomList{Rooms: make([]RoomListing, 0, len(found)), Search: Search{
		Interfaces: status.Interfaces, Problem: status.Problem, Crowded: status.Crowded,
	}}
	if list.Search.Interfaces == nil {
		list.Search.Interfaces = []string{}
	}
	mine, key := a.hostedID(), identity.FingerprintOf(a.identity)
	index, looks := a.index(), a.looksOfRooms(found)
	for i, r := range found {
		listing := RoomListing{
			Ref:  signal.Invite{Address: r.Address, RoomID: r.Facts.ID, Fingerprint: r.Fingerprint}.String(),
			Room: r.Facts, Address: r.Address, Fingerprint: r.Fingerprint,
			RTTMillis: float64(r.RTT.Microseconds()) / 1000, Mine: r.Facts.ID == mine && r.Fingerprint == key, Look: looks[i],
		}
		if r.Fingerprint != key {
			listing.Trust, listing.Changed = judge(index, r.Facts, r.Fingerprint, "")
		}
		list.Rooms = append(list.Rooms, listing)
	}
	a.publishing.Lock()
	defer a.publishing.Unlock()
	a.mu.Lock()
	a.roomsRev++
	list.Revision = a.roomsRev
	a.rooms = list
	subscribers := append([]*subscriber(nil), a.subscribers...)
	a.mu.Unlock()
	for _, s := range subscribers {
		s.emit(EventRooms, list)
	}
}

// looksOfRooms returns how the rooms' names look beside each other. Two rooms of one host are its own affair.
func (a *App) looksOfRooms(rooms []discovery.Room) []signal.Look {
	names := make([]string, len(rooms))
	for i, r := range rooms {
		names[i] = r.Facts.Name
	}
	looks := a.mirror.Looks(names)
	hosts := make(map[string]string) // how a name looks to the fingerprint of all that have it, or "" for several
	for i, r := range rooms {
		for _, key := range a.mirror.Keys(names[i]) {
			if host, ok := hosts[key]; ok && host != r.Fingerprint {
				hosts[key] = ""
			} else {
				hosts[key] = r.Fingerprint
			}
		}
	}
	for i, r := range rooms {
		keys := a.mirror.Keys(names[i])
		if looks[i] == signal.LookTwin && hosts[keys[0]] == r.Fingerprint && hosts[keys[1]] == r.Fingerprint {
			looks[i] = signal.LookPlain
		}
	}
	return looks
}

// Rooms returns what discovery knows now.
func (a *App) Rooms() RoomList {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rooms
}

// look asks a room for its facts. It answers for listed rooms, invites and bare addresses alike. Errors:
// CodeBadAddress, CodeUnreachable, CodeFingerprintMismatch, CodeNotFound when another room lives there now.
func (a *App) look(ref string) (RoomListing, error) {
	invite, err := signal.ParseInvite(ref)
	if err != nil {
		return RoomListing{}, err
	}
	addresses, _ := a.wayTo(invite)
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	start := time.Now()
	facts, from, err := client.FindFacts(ctx, addresses, invite.Fingerprint, invite.RoomID)
	if err != nil {
		return RoomListing{}, err
	}
	mine := facts.ID == a.hostedID() && facts.Fingerprint == identity.FingerprintOf(a.identity)
	found := signal.Invite{Address: from, RoomID: facts.ID, Fingerprint: facts.Fingerprint}
	if mine { // others cannot use our loopback address
		found.Address = invite.Address
	}
	found = found.With(invite.Addresses()...)
	listing := RoomListing{
		Ref: found.String(), Room: facts.RoomFacts, Address: found.Address, Fingerprint: facts.Fingerprint,
		RTTMillis: float64(time.Since(start).Microseconds()) / 1000, Mine: mine,
	}
	if !mine {
		listing.Trust, listing.Changed = judge(a.index(), facts.RoomFacts, facts.Fingerprint, from)
	}
	return listing, nil
}

// inviteCard returns what to give to somebody who is to join a room, in all its forms. The errors are those of look, which is needed where
// the ref has no whole fingerprint.
func (a *App) inviteCard(ref string) (InviteCard, error) {
	invite, err := signal.ParseInvite(ref)
	if err != nil {
		return InviteCard{}, err
	}
	if invite.RoomID == "" || !signal.ValidFingerprint(invite.Fingerprint) {
		listing, err := a.look(ref)
		if err != nil {
			return InviteCard{}, err
		}
		if invite, err = signal.ParseInvite(listing.Ref); err != nil {
			return InviteCard{}, err
		}
	}
	var guests *GuestCard
	if h := a.own(invite); h != nil {
		invite = h.server.Invite()
		if guests, err = guestCard(h.server.GuestInvite()); err != nil {
			return InviteCard{}, err
		}
	} else {
		invite = signal.InviteTo(append(invite.Addresses(), a.advertised(invite)...), invite.RoomID, invite.Fingerprint)
	}
	drawn, err := drawQR(invite.String())
	if err != nil {
		return InviteCard{}, err
	}
	return InviteCard{Link: invite.String(), Code: invite.Code(), QR: drawn, Guests: guests}, nil
}

// guestCard returns nil where there is no way for guests.
func guestCard(g sfu.GuestInvite) (*GuestCard, error) {
	if g.Link == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	drawn, err := drawQR(g.Link)
	if err != nil {
		return nil, err
	}
	return &GuestCard{Link: g.Link, QR: drawn, Certificate: g.Certificate, Trusted: g.Trusted}, nil
}

func drawQR(text string) ([]string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	return modules(code), nil
}

// modules returns a QR code row by row, "1" for dark.
func modules(code *qr.Code) []string {
	rows := make([]string, code.Size)
	for y := range rows {
		row := make([]byte, code.Size)
		for x := range row {
			row[x] = '0'
			if code.Black(x, y) {
				row[x] = '1'
			}
		}
		rows[y] = string(row)
	}
	return rows
}
