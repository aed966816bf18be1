package cli

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

// returnWithin is how long a way back into the room is looked for after the host has said that our place is gone. It
// has just answered, so this is for a network that goes away again.
const returnWithin = time.Minute

// entry is one time of being in the room: a stay has a new one after the host gave its place up.
type entry struct {
	peer    *media.Peer
	session *client.Session
	err     error
}

// enter joins the room, or returns to it: then it waits for the network.
func (s *stay) enter(ctx context.Context, again bool) (_ entry, err error) {
	cfg := client.Config{
		Address: s.room.addresses[0], Addresses: s.addresses.list, Fingerprint: s.room.fingerprint, PIN: s.flags.pin, Identity: s.identity,
		Name: s.flags.name, Listener: s.player == nil, Logger: s.log, Network: s.network,
		Recording: s.recorder != nil && !s.recording.forbidden.Load(),
		OnChange:  s.changed,
		OnWaiting: func() {
			s.out.event(plainEvent{Event: "waiting"})
			s.out.say("Waiting until somebody in the room lets you in…")
		},
		OnStatus: func(reconnecting bool) {
			select {
			case s.status <- reconnecting:
			default: // nobody prints any more
			}
		},
		OnMoved: func() {
			select {
			case s.moved <- struct{}{}:
			default:
			}
		},
	}
	if again {
		cfg.RoomID = s.room.facts.ID
		cfg.OnWaiting = nil
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, returnWithin)
		defer cancel()
	}
	peer, err := media.NewPeer(media.PeerConfig{
		Seats: s.room.facts.Seats, Loopback: isLoopback(s.room.addresses[0]), OnPacket: s.packet, Logger: s.log,
	})
	if err != nil {
		return entry{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, peer.Close())
		}
	}()
	if cfg.Offer, err = peer.Offer(ctx); err != nil {
		return entry{}, err
	}
	session, err := client.Join(ctx, cfg)
	if err != nil {
		return entry{}, err
	}
	if err = peer.Accept(session.Answer()); err != nil {
		session.Leave()
		return entry{}, signal.Problemf(signal.CodeBadOffer, "%v", err)
	}
	return entry{peer: peer, session: session}, nil
}

// is makes an entry the one that counts.
func (s *stay) is(e entry) {
	s.peer, s.session, s.path = e.peer, e.session, e.session.Path()
	s.voice.Store(e.peer)
}

// comeBack enters the room again, in the background; returned receives how it went.
func (s *stay) comeBack(ctx context.Context) {
	old := s.peer
	s.closing.Go(func() {
		e, err := s.enter(ctx, true)
		e.err = err
		s.returned <- e
		_ = old.Close() // its room knows it no more
	})
}

// voice is the player's way into the room, whichever entry counts.
type voice struct{ atomic.Pointer[media.Peer] }

// WriteRTP implements media.Sink. What a connection that does not stand cannot send is lost, as a voice is.
func (v *voice) WriteRTP(p *rtp.Packet) error {
	peer := v.Load()
	if err := peer.WriteRTP(p); err != nil && peer.State() == webrtc.PeerConnectionStateConnected && peer == v.Load() {
		return err
	}
	return nil
}

// addresses are those that a room is advertised under now, as far as we know.
type addresses struct {
	mu    sync.Mutex
	known []string
}

func (a *addresses) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known
}

// follow keeps the addresses up to date until ctx ends, and calls changed after each change.
func (a *addresses) follow(ctx context.Context, browser *discovery.Browser, room place, changed func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-browser.Changed():
		}
		for _, r := range browser.Rooms() {
			if r.Facts.ID != room.facts.ID || r.Fingerprint != room.fingerprint || slices.Equal(r.Addresses, a.list()) {
				continue
			}
			a.mu.Lock()
			a.known = r.Addresses
			a.mu.Unlock()
			changed()
		}
	}
}
