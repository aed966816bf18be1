package app

import (
	"time"

	"github.com/earshot/earshot/app/known"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// remember notes the host of the room that we are in, and where it is now. A file that cannot be written costs nothing but
// this.
func (a *App) remember(st *stay) {
	invite, err := signal.ParseInvite(st.invite)
	if err != nil || invite.Pins(identity.FingerprintOf(a.identity)) {
		return
	}
	facts := st.session.Snapshot().Facts
	addresses := append([]string{st.session.Address()}, invite.Addresses()...)
	err = a.known.Note(known.Host{
		Fingerprint: invite.Fingerprint, HostName: facts.Host, RoomName: facts.Name, RoomID: facts.ID,
		Addresses: append(addresses, a.advertised(invite)...), Joined: time.Now(),
	})
	if err != nil {
		a.log.Warn("host_not_remembered", "error", err)
		a.tellOnce(NoticeKnownUnsaved, err)
	}
}
