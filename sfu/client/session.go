package client

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// joinWithin bounds the whole join after the dial: the host answers in milliseconds.
	joinWithin = 5 * time.Second
	// leaveWithin is how long Leave waits for the host's bye.
	leaveWithin = time.Second
)

// Session is our stay in one room. All methods are safe for concurrent use.
type Session struct {
	cfg         Config
	log         *slog.Logger
	you         string
	resume      string
	answer      string
	fingerprint string
	cancel      context.CancelFunc
	done        chan struct{}
	news        chan struct{} // the network or the room's addresses have changed; capacity 1
	watcher     *watcher      // nil without a Network

	restarts sync.Mutex        // one restart at a time
	replies  chan restartReply // to the one who holds restarts

	chat  chat
	links map[string]signal.Link // belongs to the session's goroutine

	mu      sync.Mutex
	room    signal.Snapshot
	link    *link  // nil while reconnecting
	address string // that answered last
	path    int
	movedAt time.Time      // the last time path grew
	owed    int            // replies on link whose askers gave up
	voice   *signal.Update // the last wish, repeated after a resume
	asked   uint64         // Ask of the latest deed
	deeds   map[uint64]chan<- error
	leaving bool
	problem *signal.Problem
}

// Join connects, joins and returns once the host has welcomed us. Errors are *signal.Problem. ctx bounds the join only.
func Join(ctx context.Context, cfg Config) (*Session, error) {
	cfg = cfg.withDefaults()
	s := &Session{
		cfg: cfg, log: cfg.Logger, fingerprint: cfg.Fingerprint, address: cfg.Address,
		done: make(chan struct{}), news: make(chan struct{}, 1), replies: make(chan restartReply, 1),
	}
	if cfg.Network != nil {
		s.watcher = cfg.Network.watch(s.news)
	}
	l, welcome, err := s.enter(ctx)
	if err != nil {
		s.watcher.close()
		return nil, err
	}
	s.you, s.resume, s.answer, s.fingerprint = welcome.You, welcome.Resume, welcome.Answer, l.fingerprint
	s.room, s.link, s.address = welcome.Room, l, l.address
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = end
	go s.run(life, l)
	return s, nil
}

// enter is the way in: one try of all addresses, or when it is a return as many as ctx allows.
func (s *Session) enter(ctx context.Context) (*link, *signal.Welcome, error) {
	t := s.target()
	t.room = s.cfg.RoomID
	var l *link
	var err error
	if t.room == "" {
		l, err = dialAll(ctx, t)
	} else {
		s.watcher.hurry(true)
		l, err = redial(ctx, t, s.news)
		s.watcher.hurry(false)
	}
	if err != nil {
		return nil, nil, err
	}
	join := &signal.Join{
		V: signal.Version, Name: s.cfg.Name, Offer: s.cfg.Offer, Muted: s.cfg.Muted, Listener: s.cfg.Listener, Deafened: s.cfg.Deafened, HostKey: s.cfg.HostKey,
		Quality: &s.cfg.Quality, Recording: s.cfg.Recording,
	}
	if s.cfg.PIN != "" {
		if join.Proof, err = l.prove(ctx, s.cfg.PIN, joinWithin); err != nil {
			l.close()
			return nil, nil, err
		}
	}
	welcome, err := s.welcomed(ctx, l, join)
	if err != nil {
		l.close()
		return nil, nil, err
	}
	return l, welcome, nil
}

// welcomed joins, and waits to be let in where that is asked for.
func (s *Session) welcomed(ctx context.Context, l *link, join *signal.Join) (*signal.Welcome, error) {
	welcome, err := l.join(ctx, join, joinWithin)
	if !errors.Is(err, errWaiting) {
		return welcome, err
	}
	if s.cfg.OnWaiting == nil {
		_ = l.send(ctx, &signal.Leave{})
		return nil, signal.Problemf(signal.CodeAskFirst, "")
	}
	s.cfg.OnWaiting()
	return l.awaitWelcome(ctx, s.cfg.PingEvery, s.cfg.DeadAfter)
}

// target is where the host may be now.
func (s *Session) target() target {
	return target{fingerprint: s.fingerprint, identity: s.cfg.Identity, addresses: func() []string {
		return append([]string{s.Address()}, append(s.cfg.Addresses(), s.cfg.Address)...)
	}}
}

// You is our participant id.
func (s *Session) You() string { return s.you }

// Answer is the host's SDP answer to Config.Offer, with all its candidates.
func (s *Session) Answer() string { return s.answer }

// Fingerprint is the key that the host has shown.
func (s *Session) Fingerprint() string { return s.fingerprint }

// Address is the host:port that answered last.
func (s *Session) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// Path grows whenever media should look for a new way to the host (ICE restart), even where its own connection still
// claims to stand: Signal came back from another address of ours or to another one of the host's, this machine lost
// an address, or it got one shortly after such a move.
func (s *Session) Path() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.path
}

// Check makes the session look at once whether its connection still stands, and dial again if it is looking for the
// host: the room may have another address. It never blocks.
func (s *Session) Check() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// Snapshot returns a copy of the room as it is now.
func (s *Session) Snapshot() signal.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room.Clone()
}

// Done is closed when the stay has ended, for whatever reason.
func (s *Session) Done() <-chan struct{} { return s.done }

// Problem says why the stay ended: CodeLeft, CodeRoomEnded, CodeLost, … It is nil before Done.
func (s *Session) Problem() *signal.Problem {
	select {
	case <-s.done:
	default:
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

// Update tells the room about our voice. While reconnecting it is kept and told after the resume.
func (s *Session) Update(ctx context.Context, u signal.Update) error {
	s.mu.Lock()
	if s.voice == nil {
		s.voice = new(signal.Update)
	}
	if u.Muted != nil {
		s.voice.Muted = u.Muted
	}
	if u.Listener != nil {
		s.voice.Listener = u.Listener
	}
	if u.Deafened != nil {
		s.voice.Deafened = u.Deafened
	}
	if u.Recording != nil {
		s.voice.Recording = u.Recording
	}
	l := s.link
	s.mu.Unlock()
	if l == nil {
		return nil
	}
	return l.send(ctx, &u)
}

// RaiseHand raises our hand, or takes it down. CodeLost while reconnecting: whether it is up, the roster says, since others may
// take it down.
func (s *Session) RaiseHand(ctx context.Context, up bool) error {
	l, err := s.current()
	if err != nil {
		return err
	}
	return l.send(ctx, &signal.Update{Hand: &up})
}

// Candidate trickles one of our ICE candidates. CodeLost while reconnecting: an ICE restart follows then anyway.
func (s *Session) Candidate(ctx context.Context, c signal.Candidate) error {
	l, err := s.current()
	if err != nil {
		return err
	}
	return l.send(ctx, &c)
}

// Leave says goodbye and waits until the stay has ended; a host that does not answer is not waited for longer than 1 s.
func (s *Session) Leave() {
	s.mu.Lock()
	s.leaving = true
	l := s.link
	s.mu.Unlock()
	if l != nil {
		ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
		defer cancel()
		if l.send(ctx, &signal.Leave{}) == nil {
			select {
			case <-s.done:
				return
			case <-ctx.Done():
			}
		}
	}
	s.cancel()
	<-s.done
}

func (s *Session) current() (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == nil {
		return nil, signal.Problemf(signal.CodeLost, "reconnecting")
	}
	return s.link, nil
}

// run serves one link after the other until the stay ends.
func (s *Session) run(ctx context.Context, l *link) {
	defer close(s.done)
	defer s.watcher.close()
	defer s.cancel()
	for {
		spare, problem := s.serve(ctx, l)
		if problem == nil { // the link broke
			old := l
			l, problem = s.reconnect(ctx, old, spare)
			old.close()
			if problem == nil {
				continue
			}
		} else {
			l.close()
		}
		s.mu.Lock()
		s.link = nil
		if s.leaving {
			problem = &signal.Problem{Code: signal.CodeLeft}
		}
		s.problem = problem
		s.mu.Unlock()
		return
	}
}

// serve reads one link. It returns no problem when the link broke, and what the guard has dialled instead, if it has;
// else why the stay is over.
func (s *Session) serve(ctx context.Context, l *link) (spare *link, bye *signal.Problem) {
	ctx, cancel := context.WithCancel(ctx)
	guarded := make(chan *link, 1)
	go func() {
		defer close(guarded)
		s.guard(ctx, l, func(other *link) {
			guarded <- other
			cancel()
		})
	}()
	defer func() {
		cancel()
		if spare = <-guarded; spare != nil && bye != nil {
			spare.close()
		}
	}()
	for {
		m, err := l.next(ctx)
		if bad, ok := errors.AsType[*signal.Problem](err); ok {
			s.log.Debug("message_ignored", "error", bad)
			continue
		}
		if err != nil {
			return nil, nil
		}
		if bye := s.take(ctx, l, m); bye != nil {
			return nil, bye
		}
	}
}

// take acts on one message. It returns the problem of a bye.
func (s *Session) take(ctx context.Context, l *link, m signal.Message) *signal.Problem {
	switch m := m.(type) {
	case signal.Change:
		s.mu.Lock()
		applied := s.room.Apply(m)
		room := s.room.Clone()
		s.mu.Unlock()
		if applied {
			s.cfg.OnChange(room, m)
		} else if err := l.send(ctx, &signal.Sync{}); err != nil {
			s.log.Debug("sync_not_sent", "error", err)
		}
	case *signal.Resync:
		s.replace(m.Room)
	case *signal.Levels:
		s.cfg.OnLevels(m.Levels)
	case *signal.Links:
		s.linksChanged(m.Links)
	case *signal.Chat:
		if fresh := s.chat.take(m); len(fresh) > 0 {
			s.cfg.OnChat(fresh, m.Earlier)
		}
	case *signal.Shared:
		s.cfg.OnShared(*m)
		if m.Ask != 0 {
			s.moderated(m.Ask, nil)
		}
	case *signal.Delivery:
		s.cfg.OnDelivery(*m)
	case *signal.Protect:
		s.cfg.OnProtect(m.On)
	case *signal.Desk:
		s.cfg.OnDesk(*m)
	case *signal.Silenced:
		s.cfg.OnSilenced(*m)
	case *signal.Received:
		s.cfg.OnReceived(m.On)
	case *signal.Moderated:
		s.moderated(m.Ask, nil)
	case *signal.Restarted:
		s.reply(restartReply{answer: m.Answer})
	case *signal.Taped:
		s.reply(restartReply{answer: m.Answer})
	case *signal.Error:
		switch m.Re {
		case "restart", "tape":
			s.reply(restartReply{err: &m.Problem})
		case "say":
			s.chat.refused(&m.Problem)
		}
		if m.Re == "moderate" || m.Re == "share" {
			s.moderated(m.Ask, &m.Problem)
		}
		s.log.Debug("host_refused", "re", m.Re, "code", m.Code)
	case *signal.Bye:
		return &m.Problem
	}
	return nil
}

func (s *Session) replace(room signal.Snapshot) {
	s.mu.Lock()
	s.room = room.Clone()
	s.mu.Unlock()
	s.cfg.OnChange(room, nil)
}
