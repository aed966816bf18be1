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
var errProblems = errors.New("something stands in the way of rooms or voices: see what the doctor says")

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
	out := r.output(f.json)
	if !f.json {
		out.progress("Looking at this computer and its networks, %v …", f.wait)
	}
	report, err := r.look(cmd.Context(), f.wait)
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

// look examines this computer and its networks.
func (r *runner) look(ctx context.Context, wait time.Duration) (doctor.Report, error) {
	browser := discovery.Browse(r.looking())
	defer browser.Close()
	asking := reach.New(reach.Config{Name: r.userName, Logger: r.setup().Logger})
	defer asking.Close()
	d := doctor.New(doctor.Config{Browser: browser, Reach: asking, LookFor: wait})
	defer context.AfterFunc(ctx, d.Close)()
	defer d.Close()
	return d.Examine()
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

// reportText is a report for people: what was found, the first thing first, with an arrow before what to do, and below it
// what was looked at.
func reportText(report doctor.Report) string {
	const indent = "         "
	var b strings.Builder
	for _, f := range report.Findings {
		s := sentencesOf(f)
		b.WriteString(wrapped(s.what, levelMark(f.Level), indent))
		if f.Level == doctor.Good {
			continue
		}
		b.WriteString(wrapped(s.why, indent, indent))
		b.WriteString(wrapped(s.todo, "      -> ", indent))
		if command := f.Params["command"]; command != "" {
			for line := range strings.SplitSeq(command, "\n") {
				b.WriteString(indent + "  " + line + "\n") // whole, to be copied
			}
		}
	}
	b.WriteString("\nLooked at\n")
	for _, row := range lookedAt(report) {
		b.WriteString(wrapped(row, "  ", "    "))
	}
	return b.String()
}

// textWidth is how many columns a line of a report has at most: a terminal is rarely narrower.
const textWidth = 80

// wrapped breaks a text into lines, each with what stands before it; an empty text has none.
func wrapped(text, first, next string) string {
	var b strings.Builder
	line, used := first, false
	for word := range strings.FieldsSeq(text) {
		switch {
		case !used:
			line += word
		case columns(line)+1+columns(word) <= textWidth:
			line += " " + word
		default:
			b.WriteString(line + "\n")
			line = next + word
		}
		used = true
	}
	if used {
		b.WriteString(line + "\n")
	}
	return b.String()
}

func levelMark(l doctor.Level) string {
	switch l {
	case doctor.Problem:
		return "PROBLEM  "
	case doctor.Warning:
		return "WARNING  "
	case doctor.Note:
		return "Note     "
	case doctor.Good:
	}
	return "OK       "
}

// lookedAt says of each network in use how it fares, and of the port and the sound devices what is known.
func lookedAt(report doctor.Report) []string {
	var rows, off []string
	for _, i := range report.Interfaces {
		if !i.Up || !i.Used {
			off = append(off, i.Name)
			continue
		}
		rows = append(rows, fmt.Sprintf("%s (%s, %s): %s, %s, %s", i.Name, kindName(i.Kind), strings.Join(i.Addresses, ", "),
			multicastState(i.Multicast), plural(i.Rooms, "room"), plural(i.Apps, "other computer")+" with Earshot open"))
	}
	if len(off) > 0 {
		rows = append(rows, "not connected or not used: "+strings.Join(off, ", "))
	}
	if r := report.Reach; r.TCP != doctor.Unknown || r.UDP != doctor.Unknown {
		by := ""
		if r.By != "" {
			by = " by " + r.By
		}
		rows = append(rows, fmt.Sprintf("port %d, dialled%s: TCP %s, UDP %s", r.Port, by, got(r.TCP), got(r.UDP)))
	}
	if s := report.Sound; s.Microphone != doctor.Unknown || s.Speaker != doctor.Unknown {
		rows = append(rows, fmt.Sprintf("sound: microphone %s, speaker %s", there(s.Microphone), there(s.Speaker)))
	}
	return rows
}

func multicastState(m doctor.Multicast) string {
	switch m {
	case doctor.MulticastSilent:
		return "multicast does not come back"
	case doctor.MulticastNotSent, doctor.MulticastUnused:
		return "multicast cannot be sent"
	case doctor.MulticastWorks:
	}
	return "multicast works"
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
