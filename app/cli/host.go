package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/metrics"
	"github.com/earshot/earshot/app/reach"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// changeQueue is how many changes of the room wait for standard output. A full queue means that whoever reads it has
// stopped; changes are left out then, and that is said.
const changeQueue = 4096

// wrongQueue is how many wrong PINs wait in the same way; they come slowly (package sfu).
const wrongQueue = 64

type hostFlags struct {
	name     string
	hostName string
	listen   string
	seats    int
	capacity int
	pin      string
	metrics  string
	qr       bool
	json     bool
	rules    ruleFlags
}

func (r *runner) host() *cobra.Command {
	var f hostFlags
	cmd := &cobra.Command{
		Use:   "host",
		Short: "Host a room without a window, until interrupted",
		Args:  cobra.NoArgs,
		RunE: r.run(func(cmd *cobra.Command, _ []string) error {
			config, err := r.hostConfig(f)
			if err != nil {
				return err
			}
			if config.PIN, err = cleanPIN(cmd, f.pin); err != nil {
				return err
			}
			var measured []string
			if f.metrics != "" {
				if measured, err = metrics.Addresses(f.metrics); err != nil {
					return usagef("--metrics: %v", err)
				}
			}
			return r.hostRoom(cmd.Context(), config, f, measured, r.output(f.json))
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "`name` of the room (default: after the host)")
	flags.StringVar(&f.hostName, "host-name", "", "`name` of the person who hosts (default: yours)")
	flags.StringVar(&f.listen, "listen", ":"+sfu.DefaultPort, "`address` to listen on; another port is chosen when it is taken")
	flags.IntVar(&f.seats, "seats", 10, "how many voices are heard at the same `time`")
	flags.IntVar(&f.capacity, "capacity", 100, "how many participants may be `inside`")
	flags.StringVar(&f.pin, "pin", "", "`PIN` that whoever enters has to know, four digits to a passphrase; EARSHOT_PIN keeps it out of the process list")
	flags.StringVar(&f.metrics, "metrics", "", "serve Prometheus metrics and Go profiles on this `port` of this computer alone, like :9090")
	flags.BoolVar(&f.rules.lock, "lock", false, "let nobody in but this computer's user and moderators")
	flags.BoolVar(&f.rules.knock, "knock", false, "whoever enters has to be let in, by this computer's user in their app or by a moderator")
	flags.BoolVar(&f.rules.noGuests, "no-guests", false, "let nobody in who has no key of their own")
	flags.BoolVar(&f.rules.guests, "guests", false, "take people without Earshot, by their browser; each has to be let in as with --knock")
	flags.BoolVar(&f.rules.guestsFree, "guests-free", false, "the same, and let them in at once")
	flags.BoolVar(&f.rules.noRecording, "no-recording", false, "let nobody record with Earshot")
	flags.StringArrayVar(&f.rules.moderators, "moderator", nil, "`key` of a person who moderates from their app; may be given again")
	flags.BoolVar(&f.qr, "qr", false, "draw the invite as a QR code on standard error")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one a line")
	return cmd
}

// hostConfig checks what was asked for.
func (r *runner) hostConfig(f hostFlags) (sfu.Config, error) {
	hostName, err := r.personName(f.hostName, "host-name")
	if err != nil {
		return sfu.Config{}, err
	}
	if f.name == "" {
		f.name = hostName
	}
	name, err := cleanName(f.name, "name")
	if err != nil {
		return sfu.Config{}, err
	}
	if _, port, err := net.SplitHostPort(f.listen); err != nil {
		return sfu.Config{}, usagef("--listen %q: want an address like :%s", f.listen, sfu.DefaultPort)
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return sfu.Config{}, usagef("--listen %q: %q is no port, want 0 to 65535", f.listen, port)
	} else if n == 0 {
		f.listen = strings.TrimSuffix(f.listen, port) + "0"
	}
	if f.seats < 1 || f.seats > signal.MaxSeats {
		return sfu.Config{}, usagef("--seats %d: want 1 to %d", f.seats, signal.MaxSeats)
	}
	if f.capacity < 1 {
		return sfu.Config{}, usagef("--capacity %d: want at least 1", f.capacity)
	}
	return sfu.Config{Name: name, HostName: hostName, Listen: f.listen, Seats: f.seats, Capacity: f.capacity}, nil
}

// hostRoom hosts until ctx is done, with metrics where there are addresses for them.
func (r *runner) hostRoom(ctx context.Context, config sfu.Config, f hostFlags, measured []string, out *output) error {
	setup := r.setup()
	id, err := identity.Load(setup.ConfigDir)
	if err != nil {
		return err
	}
	changes := make(chan signal.Change, changeQueue)
	var missed atomic.Int64
	config.Identity, config.Logger = id, setup.Logger
	wrong := make(chan wrongPINEvent, wrongQueue)
	config.WrongPIN = func(from netip.Addr, tries int) {
		select {
		case wrong <- wrongPINEvent{Event: "wrong_pin", Address: from.String(), Tries: tries}:
		default: // the count of the next one says it
		}
	}
	rules, keeper, err := r.rules(f.rules, out)
	if err != nil {
		return err
	}
	defer keeper.Close() // after the server, which tells it
	config.Rules, config.Ruled = rules, keeper.Ruled
	config.Guests.Pages = r.Pages
	if config.Guests.Certificate, err = identity.LoadOrganisation(setup.TLSCert, setup.TLSKey); err != nil {
		return err
	}
	knocked := make(chan knockEvent, signal.MaxKnocks)
	config.Knocked = func(k signal.Knock) {
		select {
		case knocked <- knockEvent{Event: "knock", ID: k.ID, Name: k.Name, Key: k.Key}:
		default: // nobody reads
		}
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	config.Ended = end
	config.Observe = func(c signal.Change) {
		select {
		case changes <- c:
		default:
			missed.Add(1)
		}
	}
	answering := reach.New(reach.Config{Name: func() string { return config.HostName }, Listen: config.Listen, Logger: setup.Logger})
	defer answering.Close()
	config.Reach = answering.Port()
	server, err := sfu.Listen(config)
	if err != nil {
		return err
	}
	defer server.Close() //nolint:errcheck // idempotent; the close that counts is below

	var url string
	if len(measured) > 0 {
		m, err := metrics.Serve(measured, server.Stats)
		if err != nil {
			return fmt.Errorf("the metrics have no port to themselves; choose another with --metrics: %w", err)
		}
		defer m.Close() //nolint:errcheck // nothing of ours is lost with it
		url = m.URL()
	}

	facts := server.Facts()
	ad, err := discovery.Advertise(discovery.Ad{
		ID: facts.ID, Name: facts.Name, Fingerprint: server.Fingerprint(), Port: server.Port(), Epoch: facts.Epoch, PIN: facts.PIN,
	}, discovery.Config{Logger: setup.Logger})
	if err != nil {
		return err
	}
	defer ad.Close() //nolint:errcheck // as above

	if r.passOn {
		relay := discovery.StartRelay(discovery.Config{Logger: setup.Logger})
		defer relay.Close()
	}

	if _, port, _ := net.SplitHostPort(config.Listen); port != "0" && port != strconv.Itoa(server.Port()) {
		out.warn("port %s is taken by another program, the room uses port %d instead.", port, server.Port())
	}
	room := roomOf(facts, server.Addresses(), server.Fingerprint())
	room.invite(server.Invite())
	var g sfu.GuestInvite
	if rules.Guests {
		g = server.GuestInvite()
	}
	out.event(readyEvent{roomEvent{Event: "ready", Room: room}, url, g.Link})
	guests := ""
	if rules.Guests {
		if guests = g.Link; guests == "" {
			out.warn("this program was built without its page, so no guest can come.")
		} else if !g.Trusted {
			guests += "\n           (browsers warn; its certificate's SHA-256 is " + g.Certificate + ")"
		}
	}
	out.say("Room %q is open.\n  Address: %s\n  Invite:  %s\n%s%s%sPress Ctrl+C to end it.",
		room.Name, strings.Join(room.Addresses, ", "), room.Invite, line("Code", room.Code), line("Guests", guests), line("Metrics", url))
	if f.qr {
		drawn, err := drawQR(room.Invite)
		if err != nil {
			return err
		}
		out.progress("%s", drawn)
	}

	err = tellChanges(ctx, out, changes, wrong, knocked, &missed)
	if closeErr := ad.Close(); err == nil { // first nobody finds it any more, then it ends
		err = closeErr
	}
	if closeErr := server.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		out.say("The room is closed.")
	}
	return err
}

// line returns one line of what is said of an open room, or "" when there is nothing to say.
func line(what, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf("  %-9s%s\n", what+":", value)
}

// tellChanges prints who comes and goes until ctx is done.
func tellChanges(
	ctx context.Context, out *output, changes <-chan signal.Change, wrong <-chan wrongPINEvent, knocked <-chan knockEvent, missed *atomic.Int64,
) error {
	names := make(map[string]string) // of who is inside, by id
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-out.broken:
			return out.failed()
		case w := <-wrong:
			out.event(w)
			out.say("Somebody at %s tried a wrong PIN (%d so far).", w.Address, w.Tries)
		case k := <-knocked:
			out.event(k)
			out.say("%s asks to come in. Let them in from the app of this computer's user, or of a moderator.", k.Name)
		case c := <-changes:
			if n := missed.Swap(0); n > 0 {
				out.warn("%d changes of the room could not be printed: nobody read them in time.", n)
			}
			switch c := c.(type) {
			case *signal.Joined:
				names[c.Participant.ID] = c.Participant.Name
				out.event(personEvent{Event: "joined", Participant: person(c.Participant), Key: c.Participant.Key})
				out.say("%s joined, %s.", c.Participant.Name, people(len(names)))
			case *signal.Updated:
				names[c.Participant.ID] = c.Participant.Name
			case *signal.Seats:
				out.event(seatsEvent{Event: "seats", Seats: c.Seats})
			case *signal.Left:
				name := names[c.ID]
				delete(names, c.ID)
				out.event(personEvent{Event: "left", Participant: personView{ID: c.ID, Name: name}})
				out.say("%s left, %s.", name, people(len(names)))
			}
		}
	}
}

func people(n int) string {
	switch n {
	case 0:
		return "nobody is here now"
	case 1:
		return "1 person is here"
	}
	return fmt.Sprintf("%d people are here", n)
}
