package cli

import (
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/earshot/earshot/sfu/client/load"
	"github.com/earshot/earshot/sfu/signal"
)

// maxLoad bounds --participants: each takes a socket, some goroutines and half a megabyte.
const maxLoad = 2000

type loadFlags struct {
	participants, talkers, decrypt int
	stay                           time.Duration
	pattern, silence               string
	joinRate                       float64
	atOnce, hostPID                int
	json                           bool
}

func (r *runner) load() *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "load [ROOM]",
		Short: "Fill a room with participants and measure it",
		Long: `Fill a room with participants that talk by a pattern, and measure what arrives: joins, delay, loss, order, and what the
host spends on it. Participants leave when the time is over, or at Ctrl+C.

ROOM is a room's name, its id, host:port or an invite; it may be left out where there is just one room. People inside
hear the load as noise or silence: it is not made for rooms in use.

Patterns of talking (--pattern):
  always   a packet of 80 bytes (Opus at 32 kbit/s) every 20 ms
  speech   talk spurts of 1.0 s and pauses of 1.6 s on average (ITU-T P.59), with Opus' DTX in the pauses
Those who do not talk (--silence):
  dtx      an open microphone in a quiet room: a packet of one byte every 400 ms
  muted    nothing at all

Delay is from the sending of a packet to its arrival at another participant's socket, on Linux by the kernel's clock.
All but --decrypt participants only count packets by the clear part of their headers, so that the load stays cheap.`,
		Args: cobra.MaximumNArgs(1),
		RunE: r.run(func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			ref := "" // the only one
			if len(args) > 0 {
				ref = args[0]
			}
			return r.loadRoom(cmd.Context(), ref, f, r.output(f.json))
		}),
	}
	flags := cmd.Flags()
	flags.IntVarP(&f.participants, "participants", "n", 10, "how `many` participants join")
	flags.IntVarP(&f.talkers, "talkers", "t", 3, "how `many` of them talk")
	flags.DurationVar(&f.stay, "for", 10*time.Second, "how `long` to measure, from when everybody is inside")
	flags.StringVar(&f.pattern, "pattern", string(load.Always), "how talkers talk: always or speech")
	flags.StringVar(&f.silence, "silence", string(load.DTX), "what the others send: dtx or muted")
	flags.IntVar(&f.decrypt, "decrypt", 2, "how `many` participants decrypt and check every packet")
	flags.IntVar(&f.atOnce, "at-once", 8, "how `many` join at the same time")
	flags.Float64Var(&f.joinRate, "join-rate", 0, "joins a `second` at most (default: no limit)")
	flags.IntVar(&f.hostPID, "host-pid", 0, "the host's `process` (default: the one that listens on the room's port on this computer)")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	return cmd
}

// check refuses what makes no sense.
func (f loadFlags) check() error {
	switch {
	case f.participants < 1 || f.participants > maxLoad:
		return usagef("--participants %d: want 1 to %d", f.participants, maxLoad)
	case f.talkers < 0:
		return usagef("--talkers %d: want 0 or more", f.talkers)
	case f.talkers > f.participants:
		return usagef("--talkers %d: there are only %d participants, see --participants", f.talkers, f.participants)
	case f.stay <= 0:
		return usagef("--for %v: want more than 0", f.stay)
	case f.decrypt < 0:
		return usagef("--decrypt %d: want 0 or more", f.decrypt)
	case f.atOnce < 1:
		return usagef("--at-once %d: want at least 1", f.atOnce)
	case f.joinRate < 0 || math.IsNaN(f.joinRate) || math.IsInf(f.joinRate, 0):
		return usagef("--join-rate %v: want 0 or more", f.joinRate)
	case f.hostPID < 0:
		return usagef("--host-pid %d: want the number of a process", f.hostPID)
	case f.pattern != string(load.Always) && f.pattern != string(load.Speech):
		return usagef("--pattern %q: want always or speech", f.pattern)
	case f.silence != string(load.DTX) && f.silence != string(load.Muted):
		return usagef("--silence %q: want dtx or muted", f.silence)
	}
	return nil
}

// loadRoom finds the room, fills it and tells how it was.
func (r *runner) loadRoom(ctx context.Context, ref string, f loadFlags, out *output) error {
	log := r.setup().Logger
	room, err := find(ctx, ref, r.looking())
	if ctx.Err() != nil {
		return &signal.Problem{Code: signal.CodeLeft}
	}
	if err != nil {
		return err
	}
	if room.facts.PIN {
		return usagef("the room %q has a PIN: fill one that has none", room.facts.Name)
	}
	if left := room.facts.Capacity - room.facts.Participants; left < f.participants {
		return signal.Problemf(signal.CodeRoomFull, "%d of %d places are free", max(0, left), room.facts.Capacity)
	}
	if f.hostPID == 0 {
		f.hostPID = hostOf(room.addresses[0])
	}
	result, err := load.Run(ctx, load.Config{
		Entrance: &load.Room{Address: room.addresses[0], Fingerprint: room.fingerprint, Seats: room.facts.Seats},
		Address:  room.addresses[0], Participants: f.participants, Talkers: f.talkers, For: f.stay,
		Pattern: load.Pattern(f.pattern), Silence: load.Silence(f.silence), Decrypt: f.decrypt,
		AtOnce: f.atOnce, JoinRate: f.joinRate, HostPID: f.hostPID, Logger: log,
		Progress: func(p load.Progress) { out.progress("%s", progressLine(p, f)) },
	})
	if err != nil {
		if ctx.Err() == nil {
			return err
		}
		out.warn("interrupted before everybody was inside: there is nothing to measure yet.")
		result.Participants, result.Talkers = f.participants, f.talkers
	}
	tellLoad(out, result)
	out.event(result.Event())
	if result.Gone > 0 {
		return fmt.Errorf("%d of %d participants were lost on the way", result.Gone, result.Participants)
	}
	return out.failed()
}

// hostOf returns the process that serves an address of this machine; 0 when that is not to be found out.
func hostOf(address string) int {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !isOurs(host) {
		return 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	pid, err := load.FindHost(n)
	if err != nil || pid == os.Getpid() {
		return 0
	}
	return pid
}

// isOurs reports an address of this computer: one that can be listened on.
func isOurs(host string) bool {
	l, err := net.ListenPacket("udp", net.JoinHostPort(host, "0")) //nolint:noctx // binds at once
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

func progressLine(p load.Progress, f loadFlags) string {
	if p.Measured == 0 {
		return fmt.Sprintf("%d of %d inside…", p.Inside, f.participants)
	}
	line := fmt.Sprintf("%v of %v: %.0f packets/s sent, %.0f received, %d lost",
		p.Measured.Round(time.Second), f.stay, p.SentPerS, p.ArrivedPerS, p.Lost)
	if p.Gone > 0 {
		line += fmt.Sprintf(", %d participants gone", p.Gone)
	}
	return line
}

// tellLoad says the result for people.
func tellLoad(out *output, r load.Result) {
	lines := []string{
		fmt.Sprintf("Participants  %d, %d talking, %.1f s", r.Participants, r.Talkers, r.Seconds),
		fmt.Sprintf("Joins         %.0f/s; welcome p50 %v, p99 %v", r.JoinsPerSecond, short(r.WelcomeP50), short(r.WelcomeP99)),
	}
	if r.Joins > 0 {
		lines = append(lines, fmt.Sprintf("              first sound p50 %v, p99 %v, of %d", short(r.JoinP50), short(r.JoinP99), r.Joins))
	} else {
		lines = append(lines, "              first sound: nobody talked all the time for anybody to hear")
	}
	if r.Delays > 0 {
		lines = append(lines, fmt.Sprintf("Delay         p50 %v, p99 %v, of %d packets", short(r.DelayP50), short(r.DelayP99), r.Delays))
	} else {
		lines = append(lines, "Delay         nothing to measure it on: nobody talked, or nobody decrypted")
	}
	perSecond := func(n int64) float64 { return float64(n) / max(r.Seconds, 1e-9) }
	lines = append(lines,
		fmt.Sprintf("Packets       %d sent (%.0f/s), %d received (%.0f/s)", r.Sent, perSecond(r.Sent), r.Received, perSecond(r.Received)),
		fmt.Sprintf("              %d lost, %d out of order, %d twice", r.Lost, r.OutOfOrder, r.Duplicates))
	if r.HostKnown {
		cpu := 1e6 * r.HostCPU.Seconds()
		line := fmt.Sprintf("Host          %.1f %% of a processor, %.0f µs a second for each participant",
			cpu/max(r.Seconds, 1e-9)/1e4, cpu/max(r.Seconds, 1e-9)/float64(r.Participants))
		if r.Received > 0 {
			line += fmt.Sprintf(", %.2f µs for each received packet", cpu/float64(r.Received))
		}
		lines = append(lines, line, fmt.Sprintf("              %.1f ms for each join, %.1f MB resident, %.2f MB for each participant",
			1e3*r.HostJoinCPU.Seconds()/float64(r.Participants),
			float64(r.HostMemory)/1e6, float64(r.HostMemoryGrew)/1e6/float64(r.Participants)))
	} else {
		lines = append(lines, "Host          unknown: its process is not on this computer, or not visible (see --host-pid)")
	}
	out.say("%s", strings.Join(lines, "\n"))
}

// short is a duration with three digits that count.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(100 * time.Nanosecond).String()
	case d < time.Second:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
