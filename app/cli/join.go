package cli

import (
	"context"
	"errors"
	"time"

	"github.com/pion/rtp"
	"github.com/spf13/cobra"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// errIncomplete is what join returns when it stayed but did not do all of what was asked; what failed has been told.
var errIncomplete = errors.New("not everything that was asked for could be done, see above")

type joinFlags struct {
	name   string
	play   string
	loop   bool
	record string
	stay   time.Duration // 0 is until interrupted
	pin    string
	accept bool
	json   bool
}

func (r *runner) join() *cobra.Command {
	var f joinFlags
	cmd := &cobra.Command{
		Use:   "join ROOM",
		Short: "Join a room without a window",
		Long: `Join a room without a window: play an Ogg Opus file into it, record each talker to an Ogg Opus file.

ROOM is a room's name, its id, host:port or an invite: the link, its short text (EAR-…), or a message that holds one.`,
		Args: cobra.ExactArgs(1),
		RunE: r.run(func(cmd *cobra.Command, args []string) error {
			name, err := r.personName(f.name, "name")
			if err != nil {
				return err
			}
			if f.pin, err = cleanPIN(cmd, f.pin); err != nil {
				return err
			}
			f.name = name
			switch {
			case args[0] == "":
				return usagef("which room? Give its name, its id, host:port or an invite")
			case f.loop && f.play == "":
				return usagef("--loop repeats the file of --play: give both")
			case f.stay < 0:
				return usagef("--for %v: want more than 0", f.stay)
			case cmd.Flags().Changed("for") && f.stay == 0:
				return usagef("--for 0: want more than 0; leave it out to stay until interrupted")
			}
			out := r.output(f.json)
			err = r.joinRoom(cmd.Context(), args[0], f, out)
			if p, ok := errors.AsType[*signal.Problem](err); ok {
				out.event(endedEvent{Event: "ended", Code: p.Code})
				if p.Code == signal.CodeLeft { // interrupted before it was inside
					return nil
				}
			}
			return err
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "your `name` in the room (default: the one in the settings)")
	flags.StringVar(&f.play, "play", "", "Ogg Opus `file` of 20 ms packets to play into the room")
	flags.BoolVar(&f.loop, "loop", false, "play it again and again")
	flags.StringVar(&f.record, "record", "", "`directory` to record each talker in, as NAME-ID.ogg, and who spoke when, as timeline.json")
	flags.DurationVar(&f.stay, "for", 0, "how `long` to stay (default: until interrupted)")
	flags.StringVar(&f.pin, "pin", "", "`PIN` of the room; EARSHOT_PIN keeps it out of the process list")
	flags.BoolVar(&f.accept, "accept-new-host", false, "join although the room has another key than the one that was remembered for it")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one a line")
	return cmd
}

// joinRoom finds the room, joins it and stays. A *signal.Problem is why it could not join, or why the stay ended other
// than by its own wish or the host's.
func (r *runner) joinRoom(ctx context.Context, ref string, f joinFlags, out *output) error {
	setup := r.setup()
	log := setup.Logger
	s := &stay{
		flags: f, out: out, log: log, network: new(client.Network),
		hearing: make(chan heard, heardQueue), rooms: make(chan signal.Snapshot, roomQueue),
		status: make(chan bool, 16), moved: make(chan struct{}, 1), returned: make(chan entry, 1),
	}
	s.first = media.NewFirstAudio(&s.seating)
	if f.play != "" {
		player, err := media.OpenPlayer(f.play)
		if err != nil {
			return err
		}
		defer player.Close() //nolint:errcheck // read side
		s.player = player
	}
	room, err := find(ctx, ref, r.looking())
	if ctx.Err() != nil {
		return &signal.Problem{Code: signal.CodeLeft}
	}
	if err != nil {
		return err
	}
	if s.identity, err = identity.Load(setup.ConfigDir); err != nil {
		out.warn("%v: this computer joins without its key, as a guest.", err)
	}
	if err := r.checkHost(room, f.accept); err != nil {
		return err
	}
	if room.facts.PIN && f.pin == "" {
		return &signal.Problem{Code: signal.CodePINNeeded}
	}
	s.room = room
	if f.record != "" {
		if s.recorder, err = media.NewRecorder(media.RecorderConfig{Dir: f.record, Seating: &s.seating, Room: room.facts.Name, Logger: log}); err != nil {
			return err
		}
		defer s.recorder.Close() //nolint:errcheck // idempotent; the close that counts is in end
	}
	s.addresses.known = room.addresses

	s.began = time.Now()
	first, err := s.enter(ctx, false)
	if ctx.Err() != nil && err != nil {
		return &signal.Problem{Code: signal.CodeLeft}
	}
	if err != nil {
		return err
	}
	s.is(first)
	if err := r.remember(room, first.session.Address()); err != nil {
		log.Warn("host_not_remembered", "error", err)
	}
	return s.run(ctx)
}

// packet takes one packet of a seat, on that seat's goroutine.
func (s *stay) packet(seat int, p *rtp.Packet) {
	if talker, ok := s.first.Packet(seat, p); ok {
		select {
		case s.hearing <- heard{talker, time.Since(s.began)}:
		default: // nobody prints any more
		}
	}
	if s.recorder != nil {
		s.recorder.Packet(seat, p)
	}
}

// seats takes over who is here and who is heard where.
func (s *stay) seats(room signal.Snapshot) {
	s.seating.Set(room)
	if s.recorder != nil {
		s.recorder.RosterIs(room)
	}
}

// changed takes the room after a change, on the session's goroutine. When nobody prints in time the oldest state goes:
// the next one has everything that matters in it.
func (s *stay) changed(room signal.Snapshot, _ signal.Change) {
	s.seats(room)
	for {
		select {
		case s.rooms <- room:
			return
		default:
		}
		select {
		case <-s.rooms:
		default:
		}
	}
}
