package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/earshot/earshot/internal/licences"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// callWithin bounds what a page waits for on the Signal connection.
const callWithin = 5 * time.Second

// roomWindowListen is where the bridge serves the room window that Linux opens in a browser. A fixed port keeps the
// page's origin, and with it the browser's memory that the microphone is allowed.
const roomWindowListen = "127.0.0.1:7787"

// Methods are what a page may call. The same methods are bound to the Wails window and served by the bridge; errors
// reach the page as {code, detail} of signal.AsProblem. They are safe for concurrent use.
type Methods struct{ app *App }

// NewMethods returns the methods of an app.
func NewMethods(a *App) *Methods { return &Methods{a} }

// GetState returns everything but the rooms. A page calls it once it listens to events.
func (m *Methods) GetState() State { return m.app.State() }

// GetRooms returns what discovery knows now.
func (m *Methods) GetRooms() RoomList { return m.app.Rooms() }

// ChangeSettings puts the fields that change, a JSON object, has into a section of the settings, and keeps them; fields that it does
// not name stay. What is the page's to do, it does when it sees the new State: another quality takes effect with its next Restart.
// Errors: CodeBadMessage, and those of the section's check.
func (m *Methods) ChangeSettings(section string, change json.RawMessage) error {
	return m.app.keep(func(s *Settings) error { return s.change(section, change) })
}

// ResetSettings makes all settings those of a new installation, but for the user's name. The file is put aside.
func (m *Methods) ResetSettings() error { return m.app.resetSettings() }

// StartRoom hosts a room on this computer and returns its listing, to be joined like any other. A pin that is not "" has to
// be known by whoever enters. Errors: CodeBadName, CodeBadPIN, CodePortsTaken.
func (m *Methods) StartRoom(name, pin string) (RoomListing, error) { return m.app.startRoom(name, pin) }

// EndRoom ends the hosted room for everybody; it does nothing when none is hosted.
func (m *Methods) EndRoom() error {
	m.app.lockMoves()
	defer m.app.moves.Unlock()
	m.app.endRoom()
	return nil
}

// Licences returns the licences of everything that the program is made of, as text.
func (m *Methods) Licences() string { return licences.Text }

// GetHosts returns the hosts that are remembered, the last joined first.
func (m *Methods) GetHosts() []KnownHost { return m.app.hosts() }

// ForgetHosts forgets the hosts of these keys, and all of them with none given. Errors: CodeInternal when that cannot be written.
func (m *Methods) ForgetHosts(fingerprints []string) error { return m.app.forget(fingerprints) }

// HostCode returns the code of a key, to be compared aloud. Errors: CodeBadMessage when it is no fingerprint.
func (m *Methods) HostCode(fingerprint string) (HostCode, error) {
	code, err := identity.CodeOf(fingerprint)
	if err != nil {
		return HostCode{}, signal.Problemf(signal.CodeBadMessage, "%v", err)
	}
	return HostCode{code}, nil
}

// SetVerified remembers that the code of a host was compared and was right, or takes that back. Errors: as ForgetHosts.
func (m *Methods) SetVerified(fingerprint string, verified bool) error {
	return m.app.verify(fingerprint, verified)
}

// Look asks a room (listing ref, invite or host:port) for its facts. Errors: CodeBadAddress, CodeUnreachable,
// CodeFingerprintMismatch, CodeNotFound.
func (m *Methods) Look(ref string) (RoomListing, error) { return m.app.look(ref) }

// InviteCard returns a room's invite (of a listing ref, an invite or host:port) with all its addresses, as a link, a short text and
// a QR code. Errors: those of Look.
func (m *Methods) InviteCard(ref string) (InviteCard, error) { return m.app.inviteCard(ref) }

// Join enters a room with the page's offer. It is refused with CodeHostChanged when the room looks like a remembered one and has another
// key (JoinRequest.Accept), before anything is sent there. Errors: CodeBadAddress, CodeUnreachable, CodeFingerprintMismatch,
// CodeRoomFull, CodeBadOffer and what else a host may answer.
func (m *Methods) Join(req JoinRequest) (JoinReply, error) { return m.app.join(req) }

// AddCandidate trickles one of the page's ICE candidates. Errors: CodeNotInRoom, CodeLost.
func (m *Methods) AddCandidate(c Candidate) error {
	return m.call(func(ctx context.Context, st *stay) error {
		return st.session.Candidate(ctx, signal.Candidate{Candidate: c.Candidate, Mid: c.Mid})
	})
}

// Restart answers another offer of the page's connection: an ICE restart, or one that asks for the quality of now. Of a
// connection that the app made, it is an ICE restart and offer and answer are empty. Errors: CodeNotInRoom, CodeLost,
// CodeBadOffer.
func (m *Methods) Restart(offer string) (string, error) {
	var answer string
	err := m.call(func(ctx context.Context, st *stay) (err error) {
		quality := m.app.quality()
		exchange := func(offer string) (string, error) {
			return st.session.Renegotiate(ctx, signal.Restart{Offer: offer, Quality: &quality})
		}
		if st.line != nil {
			return st.line.Restart(ctx, exchange)
		}
		answer, err = exchange(offer)
		return err
	})
	return answer, err
}

// SetVoice tells the room whether we are muted, have a microphone, and hear others. Errors: CodeNotInRoom, CodeLost.
func (m *Methods) SetVoice(v Voice) error {
	return m.call(func(ctx context.Context, st *stay) error {
		return st.session.Update(ctx, signal.Update{Muted: &v.Muted, Listener: &v.Listener, Deafened: &v.Deafened})
	})
}

// RaiseHand raises our hand, or takes it down. Errors: CodeNotInRoom, CodeLost.
func (m *Methods) RaiseHand(up bool) error {
	return m.call(func(ctx context.Context, st *stay) error { return st.session.RaiseHand(ctx, up) })
}

// Report tells the room what the page's receivers measured; at most one a second. Errors: CodeNotInRoom, CodeBadMessage.
func (m *Methods) Report(r Report) error {
	return m.call(func(ctx context.Context, st *stay) error { return st.session.Report(ctx, signal.Report(r)) })
}

// Leave leaves the room; a hosted room goes on.
func (m *Methods) Leave() error {
	m.app.lockMoves()
	defer m.app.moves.Unlock()
	m.app.leave()
	return nil
}

// Dismiss takes a notice away.
func (m *Methods) Dismiss(id int) error {
	m.app.dismiss(id)
	return nil
}

// OpenInBrowser opens the page in a browser, which joins the room at once. It is for windows without
// RTCPeerConnection. Errors: CodeNoBrowser.
func (m *Methods) OpenInBrowser(ref string) (Opened, error) { return m.app.openInBrowser(ref) }

// TakeInvite returns the ref that the system asked to open, once, and "" when there is none: a link was clicked, or the
// program was started with an invite. It may be anything; Look says whether it is a room.
func (m *Methods) TakeInvite() string { return m.app.takeInvite() }

func (m *Methods) call(f func(context.Context, *stay) error) error {
	st, err := m.app.current()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	return f(ctx, st)
}

func (a *App) openInBrowser(ref string) (Opened, error) {
	if a.cfg.Open == nil {
		return Opened{}, signal.Problemf(signal.CodeNoBrowser, "")
	}
	a.lockMoves()
	b, err := a.servePages(roomWindowListen)
	if err != nil { // another copy of the app has the port
		b, err = a.servePages("127.0.0.1:0")
	}
	a.moves.Unlock()
	if err != nil {
		return Opened{}, err
	}
	name, err := a.cfg.Open(b.TicketURL(ref))
	if err != nil {
		return Opened{}, err
	}
	return Opened{Browser: name}, nil
}
