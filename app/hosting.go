package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/earshot/earshot/app/bans"
	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/internal/webpage"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

// hosted is the room that this app hosts.
type hosted struct {
	server     *sfu.Server
	advertiser *discovery.Advertiser
	pin        string // "" when the room is open
	bans       *bans.Keeper
}

func (h *hosted) view() *Hosting {
	facts := h.server.Facts()
	return &Hosting{RoomID: facts.ID, Name: facts.Name, Invite: h.server.Invite().String(), Addresses: h.server.Addresses(), PIN: h.pin}
}

// loopback is where this app reaches its own room, whatever the network does.
func (h *hosted) loopback() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(h.server.Port()))
}

// startRoom hosts a room, which has a PIN unless that is "", and advertises it. An app hosts one room: if it does
// already, that one is returned. Errors: CodeBadName, CodeBadPIN, CodePortsTaken.
func (a *App) startRoom(name, pin string) (RoomListing, error) {
	if pin != "" {
		var err error
		if pin, err = signal.CleanPIN(pin); err != nil {
			return RoomListing{}, err
		}
	}
	a.lockMoves()
	defer a.moves.Unlock()
	if a.isClosed() {
		return RoomListing{}, errClosed
	}
	a.mu.Lock()
	h, profile := a.hosted, a.settings.Profile
	a.mu.Unlock()
	if h == nil {
		rules, keeper := a.rules()
		server, err := sfu.Listen(sfu.Config{
			Name: name, HostName: profile.Name, Listen: a.cfg.Listen, Identity: a.identity, Logger: a.log, Reach: a.reach.Port(),
			PIN: pin, WrongPIN: a.wrongPIN, Rules: rules, Ruled: keeper.Ruled, Guests: a.guests(),
		})
		if err != nil {
			return RoomListing{}, err
		}
		facts := server.Facts()
		advertiser, err := discovery.Advertise(discovery.Ad{
			ID: facts.ID, Name: facts.Name, Fingerprint: server.Fingerprint(), Port: server.Port(), Epoch: facts.Epoch, PIN: facts.PIN,
		}, discovery.Config{Logger: a.log})
		if err != nil {
			return RoomListing{}, errors.Join(err, server.Close())
		}
		h = &hosted{server, advertiser, pin, keeper}
		a.change(func() { a.hosted = h })
		a.refreshRooms()
	}
	invite := signal.Invite{Address: h.loopback(), RoomID: h.server.Facts().ID, Fingerprint: h.server.Fingerprint()}
	return RoomListing{
		Ref: invite.String(), Room: h.server.Facts(), Address: invite.Address, Fingerprint: invite.Fingerprint, Mine: true,
	}, nil
}

// guests is what guests of our room are served: nothing in a program without the page.
func (a *App) guests() sfu.Guests {
	if !webpage.HasIndex(a.cfg.Pages) {
		return sfu.Guests{}
	}
	return sfu.Guests{Pages: a.cfg.Pages, Certificate: a.cfg.GuestCertificate}
}

// wrongPIN tells the host of failed tries: one notice, which counts.
func (a *App) wrongPIN(from netip.Addr, tries int) {
	a.change(func() {
		a.notices = slices.DeleteFunc(a.notices, func(n Notice) bool { return n.Code == NoticeWrongPIN })
		a.addNotice(Notice{Code: NoticeWrongPIN, Detail: fmt.Sprintf("%s ×%d", from, tries)})
	})
}

// endRoom says goodbye and ends the hosted room for everybody. The caller holds moves.
func (a *App) endRoom() {
	a.mu.Lock()
	h := a.hosted
	if h != nil && a.stay != nil && a.stay.session.Snapshot().Facts.ID == h.server.Facts().ID {
		a.stay.quiet = true
	}
	a.mu.Unlock()
	if h == nil {
		return
	}
	if err := errors.Join(h.advertiser.Close(), h.server.Close()); err != nil {
		a.log.Warn("room_not_closed_cleanly", "error", err)
	}
	h.bans.Close()
	a.change(func() { a.hosted = nil })
	a.refreshRooms()
}

// hostedID returns the id of the hosted room, or "".
func (a *App) hostedID() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hosted == nil {
		return ""
	}
	return a.hosted.server.Facts().ID
}

// wayTo returns where an invite's room is reached, the likeliest address first, and, when this app hosts it, the key
// that says so.
func (a *App) wayTo(invite signal.Invite) (addresses []string, hostKey string) {
	if h := a.own(invite); h != nil {
		return []string{h.loopback()}, h.server.HostKey()
	}
	return append(invite.Addresses(), a.advertised(invite)...), ""
}

// own returns the hosted room if it is an invite's, else nil.
func (a *App) own(invite signal.Invite) *hosted {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.hosted
	if h == nil || !invite.Pins(h.server.Fingerprint()) {
		return nil
	}
	if invite.RoomID == "" { // a short text; another copy of the app has the same key and another port
		if _, port, err := net.SplitHostPort(invite.Address); err != nil || port != strconv.Itoa(h.server.Port()) {
			return nil
		}
	} else if invite.RoomID != h.server.Facts().ID {
		return nil
	}
	return h
}
