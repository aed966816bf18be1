package app

import (
	"context"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

// join enters a room with a page's offer, leaving the one we are in. Errors are those of signal.ParseInvite and
// client.Join.
func (a *App) join(req JoinRequest) (JoinReply, error) {
	invite, err := signal.ParseInvite(req.Room)
	if err != nil {
		return JoinReply{}, err
	}
	a.moves.Lock()
	defer a.moves.Unlock()
	if a.isClosed() {
		return JoinReply{}, errClosed
	}
	a.leave()
	address, hostKey := a.wayTo(invite)
	a.mu.Lock()
	name := a.settings.Profile.Name
	a.mu.Unlock()

	st := &stay{page: req.Page}
	session, err := client.Join(context.Background(), client.Config{
		Address: address, Fingerprint: invite.Fingerprint, Name: name,
		Offer: req.Offer, Muted: req.Muted, Listener: req.Listener, HostKey: hostKey, Quality: a.quality(), Logger: a.log,
		OnChange:  func(signal.Snapshot, signal.Change) { a.change(func() {}) },
		OnLevels:  func(levels map[string]int) { a.emit(EventLevels, Levels{Levels: levels}) },
		OnLinks:   func(links map[string]signal.Link) { a.emit(EventLinks, Links{Links: links}) },
		OnProtect: func(on bool) { a.emit(EventProtect, Protect{On: on}) },
		OnStatus:  func(reconnecting bool) { a.change(func() { st.reconnecting = reconnecting }) },
	})
	if err != nil {
		return JoinReply{}, err
	}
	st.session = session
	invite.RoomID, invite.Fingerprint = session.Snapshot().Facts.ID, session.Fingerprint()
	st.invite = invite.String()
	if hostKey != "" { // others cannot use our loopback address
		a.mu.Lock()
		st.invite = a.hosted.server.Invite()
		a.mu.Unlock()
	}
	var view Session
	a.change(func() {
		a.stay = st
		view = *st.view()
	})
	a.work.Go(func() { a.watchStay(st) })
	return JoinReply{Answer: session.Answer(), Session: view}, nil
}

// watchStay ends the stay when its session does, and says why unless it was our own wish.
func (a *App) watchStay(st *stay) {
	<-st.session.Done()
	problem := st.session.Problem()
	a.change(func() {
		if a.stay != st {
			return
		}
		a.stay = nil
		if !st.quiet && problem.Code != signal.CodeLeft {
			a.addNotice(Notice{Code: problem.Code, Detail: problem.Detail, Room: st.session.Snapshot().Facts.Name})
		}
	})
}

// leave leaves the room we are in, if any. The caller holds moves.
func (a *App) leave() {
	st, err := a.current()
	if err != nil {
		return
	}
	a.change(func() {
		if a.stay == st {
			a.stay = nil
		}
	})
	st.session.Leave()
}
