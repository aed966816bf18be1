package cli

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	heardQueue = 256 // first sounds that wait to be printed
	roomQueue  = 256 // states of the room that wait to be printed
	// mendEvery is the pause between two attempts to restart a media connection that does not stand. An attempt on a
	// LAN succeeds within a second or not at all.
	mendEvery = 3 * time.Second
	// connectWithin is how long a first media connection may take before something must be in its way.
	connectWithin = 5 * time.Second
)

// heard is the first sound of a talker.
type heard struct {
	talker media.Talker
	took   time.Duration // since began
}

// stay is the time in a room. Its loop, run, owns everything but what packet and changed touch: seating, first, the
// recorder and the channels, all of which are made for that.
type stay struct {
	flags    joinFlags
	out      *output
	log      *slog.Logger
	player   *media.Player   // nil: nothing to play
	recorder *media.Recorder // nil: nothing to record
	peer     *media.Peer
	session  *client.Session
	began    time.Time // when joining began; what took_ms counts from

	seating media.Seating
	first   *media.FirstAudio
	hearing chan heard
	rooms   chan signal.Snapshot
	status  chan bool // reconnecting

	roster       signal.Snapshot // as printed
	reconnecting bool            // Signal is away
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
func (s *stay) run(ctx context.Context, room place) error {
	inside, leave := context.WithCancel(ctx)
	defer leave()
	s.welcome(room)

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
		case <-s.session.Done():
			return s.end(leave)
		case next := <-s.rooms:
			s.tellRoster(next)
		case h := <-s.hearing:
			for len(s.rooms) > 0 { // who came in is told before that they are heard
				s.tellRoster(<-s.rooms)
			}
			s.out.event(hearingEvent{Event: "hearing", Participant: personView(h.talker), Took: toMillis(h.took)})
			s.out.say("Hearing %s.", h.talker.Name)
		case s.reconnecting = <-s.status:
			s.stopMending() // its answer would have come by the connection that is gone
			if s.reconnecting {
				s.out.say("The connection to the room is lost, getting it back…")
				continue
			}
			s.out.say("Back in the room.")
			s.mend(inside)
		case <-s.peer.Changed():
			s.media(inside, mend)
		case <-mend.C:
			if !s.connected {
				s.out.warn("no sound gets through yet. Allow UDP and TCP on the room's port in the host's firewall. Still trying.")
			}
			s.mend(inside)
		case <-s.mended():
			s.stopMending()
			if s.peer.State() != webrtc.PeerConnectionStateConnected {
				mend.Reset(mendEvery)
			}
		case err := <-s.played:
			s.played = nil
			switch {
			case err == nil:
				s.out.say("Played %s.", s.flags.play)
			case !errors.Is(err, context.Canceled):
				s.incomplete = true
				s.out.warn("playing stopped: %v", err)
			}
		case <-recorded:
			recorded = nil
			s.incomplete = true
			s.out.warn("recording stopped: %v. What was recorded is in %s; the call goes on.", s.recorder.Err(), s.flags.record)
		}
	}
}

// welcome prints that we are in, and who else is.
func (s *stay) welcome(room place) {
	took := time.Since(s.began)
	s.roster = s.session.Snapshot()
	s.seating.Set(s.roster)
	me, _ := s.roster.Participant(s.session.You())
	s.out.event(selfEvent{
		Event: "joined", You: person(me), Room: roomOf(s.roster.Facts, room.addresses, s.session.Fingerprint()), Took: toMillis(took),
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
			go func(played chan<- error) { played <- s.player.Play(inside, s.peer, s.flags.loop) }(s.played)
		}
	case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed:
		s.mend(inside)
	default: // on its way
	}
}

// mend restarts ICE when media does not stand, unless a restart is under way or Signal, which would carry it, is away.
func (s *stay) mend(inside context.Context) {
	if s.mending != nil || s.reconnecting || s.peer.State() == webrtc.PeerConnectionStateConnected {
		return
	}
	ctx, cancel := context.WithTimeout(inside, mendEvery)
	m := &mending{cancel: cancel, done: make(chan struct{})}
	s.mending = m
	go func() {
		defer close(m.done)
		if err := s.restart(ctx); err != nil {
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

func (s *stay) restart(inside context.Context) error {
	offer, err := s.peer.RestartOffer(inside)
	if err != nil {
		return err
	}
	answer, err := s.session.Restart(inside, offer)
	if err != nil {
		return err
	}
	return s.peer.Accept(answer)
}

// end leaves, lets everything finish and prints how it was.
func (s *stay) end(leave context.CancelFunc) error {
	leave()
	if s.played != nil {
		<-s.played //nolint:errcheck // it was stopped
	}
	s.session.Leave()
	s.stopMending()
	err := s.peer.Close()
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
