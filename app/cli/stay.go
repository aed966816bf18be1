package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	heardQueue = 256 // first sounds that wait to be printed
	roomQueue  = 256 // states of the room that wait to be printed
	// mendEvery is the pause between two attempts to restart a media connection that does not stand. An attempt on a
	// LAN succeeds within a few round trips or not at all.
	mendEvery = time.Second
	// mendWithin bounds the exchange of offer and answer.
	mendWithin = 3 * time.Second
	// connectWithin is how long a first media connection may take before something must be in its way.
	connectWithin = 5 * time.Second
	// healWithin is what a media connection gets to stand again by itself when Signal is back on the path that it had:
	// some of ICE's keepalives, which come every 0.5 s.
	healWithin = time.Second
)

// heard is the first sound of a talker.
type heard struct {
	talker media.Talker
	took   time.Duration // since began
}

// stay is the time in a room. Its loop, run, owns everything but what packet and changed touch: seating, first, the
// recorder, voice, addresses and the channels, all of which are made for that.
type stay struct {
	flags    joinFlags
	out      *output
	log      *slog.Logger
	identity tls.Certificate // ours; none when it could not be read
	network  *client.Network
	room     place
	player   *media.Player   // nil: nothing to play
	recorder *media.Recorder // nil: nothing to record
	peer     *media.Peer     // of the entry that counts
	session  *client.Session // of the entry that counts
	began    time.Time       // when joining began; what took_ms counts from

	voice     voice
	recording recording
	addresses addresses
	seating   media.Seating
	first     *media.FirstAudio
	hearing   chan heard
	rooms     chan signal.Snapshot
	status    chan bool      // reconnecting
	moved     chan struct{}  // the session's path has grown; capacity 1
	closing   sync.WaitGroup // peers of earlier entries
	returned  chan entry     // after comeBack; capacity 1

	roster       signal.Snapshot // as printed
	lost         time.Time       // when Signal was lost
	reconnecting bool            // Signal is away
	returning    bool            // comeBack is under way
	failed       error           // why it was in vain
	path         int             // of the session, that media has
	connected    bool            // media stood at least once
	incomplete   bool            // something that was asked for failed
	played       chan error      // nil until playing has begun
	mending      *mending        // the ICE restart under way; nil when there is none
}

// mending is one ICE restart.
type mending struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when it is over, well or not
}

// run stays until ctx is done, the time is over or the stay ends.
func (s *stay) run(ctx context.Context) error {
	inside, leave := context.WithCancel(ctx)
	defer leave()
	s.welcome()

	browser := discovery.Browse(discovery.Config{Logger: s.log})
	defer browser.Close()
	news := make(chan struct{}, 1) // the room has other addresses
	go s.addresses.follow(inside, browser, s.room, func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})

	var over <-chan time.Time
	if s.flags.stay > 0 {
		over = time.After(s.flags.stay)
	}
	mend := time.NewTimer(connectWithin)
	defer mend.Stop()
	var recorded <-chan struct{}
	if s.recorder != nil {
		recorded = s.recorder.Done()
	}
	for {
		select {
		case <-ctx.Done():
			return s.end(leave)
		case <-over:
			return s.end(leave)
		case <-s.out.broken:
			return s.end(leave)
		case <-s.ended():
			for len(s.status) > 0 {
				s.statusIs(inside, <-s.status, mend)
			}
			if s.session.Problem().Code != signal.CodeExpired {
				return s.end(leave)
			}
			s.stopMending()
			s.returning = true
			s.comeBack(inside)
		case e := <-s.returned:
			s.returning = false
			if s.failed = e.err; e.err != nil {
				return s.end(leave)
			}
			s.rejoined(e)
			mend.Reset(mendEvery)
			s.media(inside, mend)
		case <-news:
			s.session.Check()
		case next := <-s.rooms:
			s.roomIs(inside, next)
		case h := <-s.hearing:
			for len(s.rooms) > 0 { // who came in is told before that they are heard
				s.roomIs(inside, <-s.rooms)
			}
			s.out.event(hearingEvent{Event: "hearing", Participant: personView(h.talker), Took: toMillis(h.took)})
			s.out.say("Hearing %s.", h.talker.Name)
		case reconnecting := <-s.status:
			s.statusIs(inside, reconnecting, mend)
		case <-s.moved:
			s.findPath(inside)
		case <-s.peer.Changed():
			s.media(inside, mend)
		case <-mend.C:
			if !s.connected {
				s.out.warn("no sound gets through yet. Allow UDP and TCP on the room's port in the host's firewall. Still trying.")
			}
			s.mend(inside)
		case <-s.mended():
			s.stopMending()
			s.findPath(inside)
			if s.peer.State() != webrtc.PeerConnectionStateConnected {
				mend.Reset(mendEvery)
			}
		case err := <-s.played:
			s.played = nil
			s.playingEnded(err)
		case <-recorded:
			recorded = nil
			s.recordingEnded()
		}
	}
}

func (s *stay) playingEnded(err error) {
	switch {
	case err == nil:
		s.out.say("Played %s.", s.flags.play)
	case !errors.Is(err, context.Canceled):
		s.incomplete = true
		s.out.warn("playing stopped: %v", err)
	}
}

func (s *stay) recordingEnded() {
	if s.recording.forbidden.Load() {
		return // which was told
	}
	s.incomplete = true
	s.out.warn("recording stopped: %v. What was recorded is in %s; the call goes on.", s.recorder.Err(), s.flags.record)
}

// roomIs acts on a change of the room.
func (s *stay) roomIs(inside context.Context, room signal.Snapshot) {
	s.heedRules(inside, room.Rules)
	s.tellRoster(room)
}

// ended receives when the session has ended, unless a new one is on its way.
func (s *stay) ended() <-chan struct{} {
	if s.returning {
		return nil
	}
	return s.session.Done()
}

// statusIs acts on a Signal connection that dropped or is back.
func (s *stay) statusIs(inside context.Context, reconnecting bool, mend *time.Timer) {
	s.reconnecting = reconnecting
	s.stopMending() // its answer would have come by the connection that is gone
	if reconnecting {
		s.lost = time.Now()
		s.out.event(plainEvent{Event: "reconnecting"})
		s.out.say("The connection to the room is lost, getting it back…")
		return
	}
	s.out.event(resumedEvent{Event: "resumed", Took: toMillis(time.Since(s.lost))})
	s.out.say("Back in the room.")
	s.findPath(inside)
	switch s.peer.State() {
	case webrtc.PeerConnectionStateConnected:
	case webrtc.PeerConnectionStateDisconnected: // it may heal
		mend.Reset(healWithin)
	default: // failed, or a restart has given the old path up and got no answer
		s.mend(inside)
	}
}

// findPath restarts ICE at once when Signal has found another path: media's own may stay silent for seconds before it
// is noticed.
func (s *stay) findPath(inside context.Context) {
	if path := s.session.Path(); !s.reconnecting && path != s.path && s.mending == nil { // else after that
		s.path = path
		s.startMending(inside)
	}
}

// rejoined goes on with a new entry, in which we have a new id, and prints that we are in again.
func (s *stay) rejoined(e entry) {
	before := s.session.You()
	s.roster.Participants = slices.DeleteFunc(s.roster.Participants, func(p signal.Participant) bool { return p.ID == before })
	s.is(e)
	s.reconnecting = false
	next := s.session.Snapshot()
	me, _ := next.Participant(s.session.You())
	s.out.event(selfEvent{
		Event: "rejoined", You: person(me), Room: roomOf(next.Facts, s.room.addresses, s.session.Fingerprint()), Took: toMillis(time.Since(s.lost)),
	})
	s.out.say("Back in the room.")
	s.seats(next)
	s.tellRoster(next)
}

// welcome prints that we are in, and who else is.
func (s *stay) welcome() {
	took := time.Since(s.began)
	s.roster = s.session.Snapshot()
	s.seats(s.roster)
	me, _ := s.roster.Participant(s.session.You())
	s.out.event(selfEvent{
		Event: "joined", You: person(me), Room: roomOf(s.roster.Facts, s.room.addresses, s.session.Fingerprint()), Took: toMillis(took),
	})
	var others []string
	for _, p := range s.roster.Participants {
		if p.ID != me.ID {
			others = append(others, p.Name)
		}
	}
	with := "Nobody else is here yet."
	if len(others) > 0 {
		with = "With you: " + strings.Join(others, ", ") + "."
	}
	s.out.say("Joined %q as %s. %s", s.roster.Facts.Name, me.Name, with)
}

// tellRoster prints the difference to what was printed last.
func (s *stay) tellRoster(next signal.Snapshot) {
	if next.Rev < s.roster.Rev {
		return // from before the welcome was printed
	}
	for _, p := range s.roster.Participants {
		if _, still := next.Participant(p.ID); !still && p.ID != s.session.You() {
			s.out.event(personEvent{Event: "left", Participant: person(p)})
			s.out.say("%s left.", p.Name)
		}
	}
	for _, p := range next.Participants {
		if _, known := s.roster.Participant(p.ID); !known && p.ID != s.session.You() {
			s.out.event(personEvent{Event: "joined", Participant: person(p)})
			s.out.say("%s joined.", p.Name)
		}
	}
	s.roster = next
}

// media acts on a new state of the media connection.
func (s *stay) media(inside context.Context, mend *time.Timer) {
	switch s.peer.State() {
	case webrtc.PeerConnectionStateConnected:
		mend.Stop()
		if s.connected {
			return
		}
		s.connected = true
		if s.player != nil {
			s.played = make(chan error, 1)
			go func(played chan<- error) { played <- s.player.Play(inside, &s.voice, s.flags.loop) }(s.played)
		}
	case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed:
		s.mend(inside)
	default: // on its way
	}
}

// mend restarts ICE when media does not stand, unless a restart is under way or Signal, which would carry it, is away.
func (s *stay) mend(inside context.Context) {
	if s.mending == nil && !s.reconnecting && s.peer.State() != webrtc.PeerConnectionStateConnected {
		s.startMending(inside)
	}
}

func (s *stay) startMending(inside context.Context) {
	ctx, cancel := context.WithTimeout(inside, mendWithin)
	m := &mending{cancel: cancel, done: make(chan struct{})}
	s.mending = m
	peer, session := s.peer, s.session
	go func() {
		defer close(m.done)
		if err := restart(ctx, peer, session); err != nil {
			s.log.Debug("ice_restart", slog.Any("error", err))
		}
	}()
}

// mended receives when the ICE restart under way is over.
func (s *stay) mended() <-chan struct{} {
	if s.mending == nil {
		return nil
	}
	return s.mending.done
}

// stopMending ends the ICE restart under way, if there is one, and waits for it.
func (s *stay) stopMending() {
	if s.mending != nil {
		s.mending.cancel()
		<-s.mending.done
		s.mending = nil
	}
}

func restart(ctx context.Context, peer *media.Peer, session *client.Session) error {
	offer, err := peer.RestartOffer(ctx)
	if err != nil {
		return err
	}
	answer, err := session.Restart(ctx, offer)
	if err != nil {
		return err
	}
	return peer.Accept(answer)
}

// end leaves, lets everything finish and prints how it was.
func (s *stay) end(leave context.CancelFunc) error {
	leave()
	if s.played != nil {
		<-s.played //nolint:errcheck // it was stopped
	}
	left := s.returning // before the host took us back: whatever it says, that was our wish
	if s.returning {
		if e := <-s.returned; e.err == nil {
			s.is(e)
		}
	}
	s.session.Leave()
	s.stopMending()
	err := s.peer.Close()
	s.closing.Wait()
	for len(s.rooms) > 0 {
		s.tellRoster(<-s.rooms)
	}
	if s.recorder != nil {
		if recordErr := s.recorder.Close(); recordErr == nil {
			s.out.say("Recorded %s in %s.", plural(s.recorder.Files(), "talker"), s.flags.record)
		} else if !s.incomplete {
			err = errors.Join(err, recordErr)
		}
	}
	if outErr := s.out.failed(); outErr != nil {
		return outErr
	}
	problem := s.session.Problem()
	switch {
	case s.failed != nil:
		problem = signal.AsProblem(s.failed)
	case left:
		problem = &signal.Problem{Code: signal.CodeLeft}
	}
	switch problem.Code {
	case signal.CodeLeft, signal.CodeRoomEnded:
	default:
		return problem
	}
	s.out.event(endedEvent{Event: "ended", Code: problem.Code})
	s.out.say("%s", capital(sentenceOf(problem.Code)))
	if s.incomplete {
		err = errors.Join(err, errIncomplete)
	}
	return err
}
