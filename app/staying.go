package app

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/earshot/earshot/app/voice"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	// returnWithin is how long the page may take to enter again after the host has given our place up. The host has
	// just answered, so this is for a network that goes away once more.
	returnWithin = time.Minute
	// returnTry bounds one try of it. A leave waits for the end of that.
	returnTry = 3 * time.Second
)

// join enters a room with a page's offer, leaving the one we are in, or returns to that after an absence. Errors are
// those of signal.ParseInvite and client.Join.
func (a *App) join(req JoinRequest) (JoinReply, error) {
	invite, err := signal.ParseInvite(req.Room)
	if err != nil {
		return JoinReply{}, err
	}
	if a.expired(req.Page, invite) == nil {
		if invite, err = a.checkHost(invite, req.Accept); err != nil {
			return JoinReply{}, err
		}
	}
	a.lockMoves()
	defer a.moves.Unlock()
	if a.isClosed() {
		return JoinReply{}, errClosed
	}
	if req.PIN == "" {
		req.PIN = a.knownPIN(invite)
	}
	before := a.expired(req.Page, invite)
	if before == nil {
		a.leave()
	}
	st, answer, err := a.enter(req, invite, before != nil)
	if err != nil {
		if before != nil && !mayReturn(err) {
			a.giveUp(before, err)
		}
		return JoinReply{}, err
	}
	host, _ := a.index().Host(st.session.Fingerprint())
	st.verified = !host.Verified.IsZero()
	var view Session
	a.change(func() {
		a.stay = st
		view = *st.view(&a.mirror)
	})
	a.work.Go(func() { a.watchStay(st) })
	a.work.Go(func() { a.remember(st) })
	reply := JoinReply{Answer: answer, Session: view}
	if st.line != nil {
		reply.Answer, reply.Voice = "", st.line.URL()
	}
	return reply, nil
}

// enter joins as a page asks. A return waits for the network, and enters that room or none.
func (a *App) enter(req JoinRequest, invite signal.Invite, again bool) (*stay, string, error) {
	ctx, room := context.Background(), ""
	if again {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, returnTry)
		defer cancel()
		room = invite.RoomID
	}
	addresses, hostKey := a.wayTo(invite)
	var known atomic.Pointer[signal.Invite] // grows from what was asked for to what was found
	known.Store(&invite)
	a.mu.Lock()
	name := a.settings.Profile.Name
	a.mu.Unlock()
	st := &stay{app: a, page: req.Page, pin: req.PIN}
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	onWaiting := func() { a.change(func() { a.waiting = &waiting{page: req.Page, giveUp: giveUp} }) }
	if again { // whoever let us in then has to be asked by a person
		onWaiting = nil
	}
	offer := req.Offer
	if offer == "" && req.Seats > 0 {
		var err error
		if st.line, offer, err = a.openLine(ctx, req.Seats, addresses[0]); err != nil {
			return nil, "", err
		}
	}
	session, err := client.Join(ctx, client.Config{
		Address: addresses[0], Addresses: func() []string {
			now, _ := a.wayTo(*known.Load())
			return now
		}, RoomID: room,
		Fingerprint: invite.Fingerprint, Identity: a.identity, Name: name,
		Offer: offer, Muted: req.Muted, Listener: req.Listener, Deafened: req.Deafened, HostKey: hostKey, PIN: st.pin, Quality: a.quality(), Logger: a.log,
		Network:    &a.network,
		OnChange:   func(room signal.Snapshot, _ signal.Change) { a.roomIs(st, room) },
		OnLevels:   func(levels map[string]int) { a.emit(EventLevels, Levels{Levels: levels}) },
		OnLinks:    func(links map[string]signal.Link) { a.emit(EventLinks, Links{Links: links}) },
		OnChat:     func(messages []signal.ChatMessage, earlier bool) { a.written(st, messages, earlier) },
		OnWaiting:  onWaiting,
		OnDesk:     func(d signal.Desk) { a.change(func() { st.desk = &d }) },
		OnSilenced: func(s signal.Silenced) { a.change(func() { st.silenced = s }) },
		OnReceived: func(on bool) { a.change(func() { st.received = on }) },
		OnShared:   func(m signal.Shared) { st.files.shared(st, m) },
		OnDelivery: func(m signal.Delivery) { st.files.delivered(st, m) },
		OnProtect:  func(on bool) { a.protect(st, on) },
		OnStatus:   func(reconnecting bool) { a.change(func() { st.reconnecting = reconnecting }) },
		OnMoved:    func() { a.change(func() {}) },
	})
	a.mu.Lock()
	waited := a.waiting != nil
	a.mu.Unlock()
	if waited {
		a.change(func() { a.waiting = nil })
	}
	if err == nil && st.line != nil {
		if err = st.line.Accept(session.Answer()); err != nil {
			session.Leave()
		}
	}
	if err != nil {
		if st.line != nil {
			st.line.Close()
		}
		return nil, "", err
	}
	st.session = session
	st.files.begin()
	roomID, fingerprint := session.Snapshot().Facts.ID, session.Fingerprint()
	known.Store(&signal.Invite{Address: invite.Address, Others: invite.Others, RoomID: roomID, Fingerprint: fingerprint})
	to := signal.InviteTo(append([]string{session.Address()}, addresses...), roomID, fingerprint)
	if h := a.own(to); h != nil { // others cannot use our loopback address
		to = h.server.Invite()
	}
	st.invite = to.String()
	return st, session.Answer(), nil
}

// knownPIN returns the PIN of the room that we are in, for a page that was reloaded and for the way back.
func (a *App) knownPIN(invite signal.Invite) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stay == nil || a.stay.session.Snapshot().Facts.ID != invite.RoomID || a.stay.session.Fingerprint() != invite.Fingerprint {
		return ""
	}
	return a.stay.pin
}

var errNoVoice = signal.Problemf(signal.CodeUnsupported, "this app does not carry the voice of its window")

// openLine makes a connection for a page that has none, and its offer.
func (a *App) openLine(ctx context.Context, seats int, address string) (*voice.Line, string, error) {
	if a.voice == nil {
		return nil, "", errNoVoice
	}
	host, err := netip.ParseAddrPort(address)
	line, err := a.voice.Open(seats, err == nil && host.Addr().IsLoopback())
	if err != nil {
		return nil, "", err
	}
	offer, err := line.Offer(ctx)
	if err != nil {
		line.Close()
		return nil, "", err
	}
	return line, offer, nil
}

// protect lets each frame be sent twice, or no longer: a page with a connection of its own asks the host for another answer.
func (a *App) protect(st *stay, on bool) {
	if st.line != nil {
		st.line.Protect(on)
		return
	}
	a.emit(EventProtect, Protect{On: on})
}

// expired returns our stay if the page is asking to return to it.
func (a *App) expired(page string, invite signal.Invite) *stay {
	a.mu.Lock()
	defer a.mu.Unlock()
	if st := a.stay; st != nil && st.expired && st.page == page && st.session.Snapshot().Facts.ID == invite.RoomID {
		return st
	}
	return nil
}

// mayReturn reports that another try may succeed.
func mayReturn(err error) bool {
	code := signal.AsProblem(err).Code
	return code == signal.CodeUnreachable || code == signal.CodeLost
}

// advertised returns the addresses under which discovery has an invite's room now; none when it is our own.
func (a *App) advertised(invite signal.Invite) []string {
	if invite.RoomID == "" || invite.RoomID == a.hostedID() {
		return nil
	}
	for _, r := range a.browser.Rooms() {
		if r.Facts.ID == invite.RoomID && invite.Pins(r.Fingerprint) {
			return r.Addresses
		}
	}
	return nil
}

// watchStay ends the stay when its session does, and says why unless it was our own wish; one that was only away for
// too long waits for its page to enter again.
func (a *App) watchStay(st *stay) {
	<-st.session.Done()
	if st.line != nil {
		st.line.Close()
	}
	st.files.end()
	problem := st.session.Problem()
	if problem.Code != signal.CodeExpired || st.quiet {
		a.giveUp(st, problem)
		return
	}
	a.change(func() { st.expired, st.reconnecting = true, true })
	select {
	case <-a.done:
	case <-time.After(returnWithin):
		a.giveUp(st, signal.Problemf(signal.CodeLost, "did not return"))
	}
}

// giveUp ends the stay, if it is still the one we are in.
func (a *App) giveUp(st *stay, err error) {
	problem := signal.AsProblem(err)
	a.change(func() {
		if a.stay != st {
			return
		}
		a.stay = nil
		if !st.quiet && problem.Code != signal.CodeLeft {
			a.addNotice(Notice{
				Code: problem.Code, Detail: problem.Detail, Room: st.session.Snapshot().Facts.Name, By: problem.By, Reason: problem.Reason,
			})
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
	st.stopTape(NoticeRecordingSaved)
	st.files.end()
	st.session.Leave()
}
