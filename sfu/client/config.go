package client

import (
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// Config is what a Session joins with.
type Config struct {
	Address string // host:port
	// Addresses returns other host:port where the room may be found now, for instance those it is advertised under. They
	// are dialled beside the one that answered last; whoever answers has to show the same key. nil: there are none. It
	// is called from several goroutines.
	Addresses func() []string
	// RoomID, when it is not "", is the room that must live there: another one is CodeNotFound. It makes Join a return
	// (package doc): it dials again and again until ctx ends.
	RoomID      string
	Fingerprint string // of the host's key; "" trusts the first key seen and pins it for the session's resumes
	Name        string // ours
	// Identity is our installation's key (package identity), which the host is shown as who we are. The zero value: none is,
	// and we cannot be told again.
	Identity  tls.Certificate
	Offer     string // SDP: one sendonly audio m-line, then the room's seats as recvonly ones
	Muted     bool   // enter muted
	Listener  bool   // enter without a microphone
	Deafened  bool   // enter without hearing anybody
	HostKey   string // sfu.Server.HostKey when our own app hosts the room
	PIN       string // of the room; it is proved, never sent, and the host has to prove it too. "": none is known
	Quality   signal.Quality
	Recording bool // what we hear is kept
	Logger    *slog.Logger

	// The callbacks come one at a time from the session's own goroutine, after Join has returned, and must not block.
	// OnChange gets the room after each change; c is nil after a resume or a resync. The snapshot is the receiver's.
	OnChange func(room signal.Snapshot, c signal.Change)
	// OnWaiting says that somebody in the room has to let us in: Join waits for that, for as long as its ctx allows. It is called
	// before Join returns. nil: we do not wait, and Join is CodeAskFirst.
	OnWaiting func()
	// OnDesk gets what only the host and moderators see, if we are one: after the join, and after each change.
	OnDesk func(signal.Desk)
	// OnSilenced says that a moderator muted us, or that this is over.
	OnSilenced func(signal.Silenced)
	// OnReceived says whether the room receives our voice, when that changes.
	OnReceived func(on bool)
	// OnLevels gets who is speaking: participant id to dBov.
	OnLevels func(map[string]int)
	// OnLinks gets how well everybody is connected, by participant id, whenever that changed. The map is the receiver's.
	OnLinks func(map[string]signal.Link)
	// OnChat gets what is written in the room, each message once and in order; earlier: it was before we came.
	OnChat func(messages []signal.ChatMessage, earlier bool)
	// OnShared gets a file that is offered to us, or by us, more than once after a resume; OnDelivery how it fares on its way to somebody.
	OnShared   func(signal.Shared)
	OnDelivery func(signal.Delivery)
	// OnProtect says whether each frame should be sent twice (RED): a Renegotiate then finds RED first in the answer.
	OnProtect func(on bool)
	// OnStatus says that the Signal connection dropped and is being resumed, or that it is back.
	OnStatus func(reconnecting bool)
	// OnMoved says that Session.Path has grown. It may come beside the others, from another goroutine.
	OnMoved func()

	// Network tells when this machine's addresses change. nil: the session finds out by missing pongs.
	Network *Network

	// PingEvery and DeadAfter are the beats; the defaults are package signal's.
	PingEvery, DeadAfter time.Duration
	// Patience is how long the host is looked for after the connection dropped: 10 minutes by default. The host keeps
	// our place for much less (signal.ResumeWithin), but only it can say so, once the network is back.
	Patience time.Duration
}

// patience is Config.Patience's default: somebody who carries the laptop to lunch comes back to a room, not to a computer that has
// been calling for an hour.
const patience = 10 * time.Minute

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.OnChange == nil {
		c.OnChange = func(signal.Snapshot, signal.Change) {}
	}
	if c.OnDesk == nil {
		c.OnDesk = func(signal.Desk) {}
	}
	if c.OnSilenced == nil {
		c.OnSilenced = func(signal.Silenced) {}
	}
	if c.OnReceived == nil {
		c.OnReceived = func(bool) {}
	}
	if c.OnLevels == nil {
		c.OnLevels = func(map[string]int) {}
	}
	if c.OnLinks == nil {
		c.OnLinks = func(map[string]signal.Link) {}
	}
	if c.OnChat == nil {
		c.OnChat = func([]signal.ChatMessage, bool) {}
	}
	if c.OnShared == nil {
		c.OnShared = func(signal.Shared) {}
	}
	if c.OnDelivery == nil {
		c.OnDelivery = func(signal.Delivery) {}
	}
	if c.OnProtect == nil {
		c.OnProtect = func(bool) {}
	}
	if c.OnStatus == nil {
		c.OnStatus = func(bool) {}
	}
	if c.OnMoved == nil {
		c.OnMoved = func() {}
	}
	if c.Addresses == nil {
		c.Addresses = func() []string { return nil }
	}
	if c.PingEvery == 0 {
		c.PingEvery = signal.PingEvery
	}
	if c.DeadAfter == 0 {
		c.DeadAfter = signal.DeadAfter
	}
	if c.Patience == 0 {
		c.Patience = patience
	}
	return c
}
