package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/app/reach"
	"github.com/earshot/earshot/internal/lan"
)

// errProblems says that the doctor has found some; they have been told.
var errProblems = errors.New("something stands in the way of rooms or voices, see above")

type doctorFlags struct {
	wait time.Duration
	json bool
}

func (r *runner) doctor() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say why rooms are not found or voices not heard, and what to do",
		Long: `Say why rooms are not found or voices not heard, and what to do.

Looks at each network, at the port of a room, at the system's firewall and at the sound devices, and asks other Earshots
on the network to dial this computer. Exit codes: 0 nothing stands in the way, 1 something does, 2 called wrongly.`,
		Args: cobra.NoArgs,
		RunE: r.run(func(cmd *cobra.Command, _ []string) error {
			if f.wait <= 0 {
				return usagef("--wait %v: want more than 0", f.wait)
			}
			return r.examine(cmd, f)
		}),
	}
	cmd.Flags().DurationVar(&f.wait, "wait", 3*time.Second, "how `long` to listen to the network")
	cmd.Flags().BoolVar(&f.json, "json", false, "print events as JSON, one a line")
	return cmd
}

// The events of a report.
type (
	interfaceEvent struct {
		Event string `json:"event"` // interface
		doctor.Interface
	}
	reachEvent struct {
		Event string `json:"event"` // reach
		doctor.Reach
	}
	soundEvent struct {
		Event string `json:"event"` // sound
		doctor.Sound
	}
	findingEvent struct {
		Event string `json:"event"` // finding
		doctor.Finding
	}
	doneEvent struct {
		Event    string `json:"event"` // done
		Problems int    `json:"problems"`
	}
)

func (r *runner) examine(cmd *cobra.Command, f doctorFlags) error {
	setup, out := r.setup(), r.output(f.json)
	browser := discovery.Browse(discovery.Config{Logger: setup.Logger})
	defer browser.Close()
	if !f.json {
		out.progress("Looking at this computer and its networks, %v …", f.wait)
	}
	asking := reach.New(reach.Config{Name: r.userName, Logger: setup.Logger})
	defer asking.Close()
	d := doctor.New(doctor.Config{Browser: browser, Reach: asking, LookFor: f.wait})
	defer context.AfterFunc(cmd.Context(), d.Close)()
	defer d.Close()
	report, err := d.Examine()
	if err != nil {
		return err
	}
	problems := tellReport(out, report)
	if err := out.failed(); err != nil {
		return err
	}
	if problems > 0 {
		return errProblems
	}
	return nil
}

// tellReport prints a report and returns how many problems it has.
func tellReport(out *output, report doctor.Report) (problems int) {
	for _, i := range report.Interfaces {
		out.event(interfaceEvent{"interface", i})
	}
	out.event(reachEvent{"reach", report.Reach})
	out.event(soundEvent{"sound", report.Sound})
	for _, f := range report.Findings {
		out.event(findingEvent{"finding", f})
		if f.Level == doctor.Problem {
			problems++
		}
	}
	out.event(doneEvent{"done", problems})
	if !out.json {
		out.say("%s", strings.TrimSuffix(reportText(report), "\n"))
	}
	return problems
}

// reportText is a report for people: what was found, the first thing first, and below it what was looked at.
func reportText(report doctor.Report) string {
	var b strings.Builder
	for _, f := range report.Findings {
		s := sentencesOf(f)
		fmt.Fprintf(&b, "%s %s\n", levelMark(f.Level), s.what)
		if f.Level == doctor.Good {
			continue
		}
		for _, line := range []string{s.why, s.todo} {
			if line != "" {
				fmt.Fprintf(&b, "          %s\n", line)
			}
		}
		if command := f.Params["command"]; command != "" {
			for line := range strings.SplitSeq(command, "\n") {
				fmt.Fprintf(&b, "            %s\n", line)
			}
		}
	}
	b.WriteString("\nLooked at\n")
	for _, row := range lookedAt(report) {
		fmt.Fprintf(&b, "  %s\n", row)
	}
	return b.String()
}

func levelMark(l doctor.Level) string {
	switch l {
	case doctor.Problem:
		return "PROBLEM  "
	case doctor.Warning:
		return "careful  "
	case doctor.Note:
		return "note     "
	case doctor.Good:
	}
	return "well     "
}

func lookedAt(report doctor.Report) []string {
	var rows []string
	for _, i := range report.Interfaces {
		row := i.Name + ", " + kindName(i.Kind)
		if len(i.Addresses) > 0 {
			row += ", " + strings.Join(i.Addresses, " ")
		}
		rows = append(rows, row+": "+interfaceState(i))
	}
	if len(report.Interfaces) == 0 {
		rows = append(rows, "no network interface")
	}
	if p := report.Reach.Port; p != 0 {
		rows = append(rows, fmt.Sprintf("port %d, dialled by %s: TCP %s, UDP %s", p, orNobody(report.Reach.By), got(report.Reach.TCP), got(report.Reach.UDP)))
	}
	return append(rows, fmt.Sprintf("sound: microphone %s, speaker %s", there(report.Sound.Microphone), there(report.Sound.Speaker)))
}

func interfaceState(i doctor.Interface) string {
	switch {
	case !i.Up:
		return "not connected"
	case !i.Used:
		return "not used"
	}
	state := "multicast works"
	switch i.Multicast {
	case doctor.MulticastSilent:
		state = "multicast does not come back"
	case doctor.MulticastNotSent, doctor.MulticastUnused:
		state = "multicast cannot be sent"
	case doctor.MulticastWorks:
	}
	return fmt.Sprintf("%s; %s, %s", state, plural(i.Rooms, "room"), plural(i.Apps, "other computer")+" with Earshot open")
}

func kindName(k lan.Kind) string {
	switch k {
	case lan.WiFi:
		return "Wi-Fi"
	case lan.VPN:
		return "VPN"
	case lan.Virtual:
		return "virtual"
	case lan.Ethernet, lan.Loopback:
	}
	return "network"
}

func orNobody(by string) string {
	if by == "" {
		return "nobody"
	}
	return by
}

func got(a doctor.Answer) string {
	switch a {
	case doctor.Yes:
		return "gets through"
	case doctor.No:
		return "does not get through"
	case doctor.Unknown:
	}
	return "not known"
}

func there(a doctor.Answer) string {
	switch a {
	case doctor.Yes:
		return "found"
	case doctor.No:
		return "not found"
	case doctor.Unknown:
	}
	return "not known"
}
