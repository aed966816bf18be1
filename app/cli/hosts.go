package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/earshot/earshot/app/known"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// hostView is one remembered host.
type hostView struct {
	Fingerprint string   `json:"fingerprint"`
	Code        string   `json:"code"` // the symbols of its key, to be compared aloud
	Host        string   `json:"host"`
	Room        string   `json:"room"`
	Addresses   []string `json:"addresses"`
	First       string   `json:"first"` // RFC 3339; "" is never
	Joined      string   `json:"joined"`
	Verified    string   `json:"verified"`
}

// hostEvent is one remembered host, or ourselves.
type hostEvent struct {
	Event string   `json:"event"` // host, self
	Host  hostView `json:"host"`
}

func (r *runner) hosts() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "hosts",
		Short: "List the hosts whose keys are remembered, and this computer's own code",
		Args:  cobra.NoArgs,
		RunE:  r.run(func(*cobra.Command, []string) error { return r.listHosts(r.output(json)) }),
	}
	cmd.PersistentFlags().BoolVar(&json, "json", false, "print events as JSON, one a line")
	var all bool
	forget := &cobra.Command{
		Use:   "forget KEY...",
		Short: "Forget hosts, by their fingerprint or its first 8 characters or more",
		RunE: r.run(func(_ *cobra.Command, keys []string) error {
			if all == (len(keys) > 0) {
				return usagef("which host? Give fingerprints, as \"earshot hosts\" prints them, or --all")
			}
			return r.forgetHosts(keys, all, r.output(json))
		}),
	}
	forget.Flags().BoolVar(&all, "all", false, "forget all of them")
	cmd.AddCommand(forget)
	return cmd
}

// keysLast moves the fingerprints that begin with a dash, one of 64, behind a "--" where hosts are forgotten: they are no flags.
func keysLast(args []string) []string {
	at := slices.Index(args, "forget")
	if at < 1 || !slices.Contains(args[:at], "hosts") || slices.Contains(args, "--") {
		return args
	}
	rest := slices.Clone(args)
	var keys []string
	rest = slices.DeleteFunc(rest, func(arg string) bool {
		key := len(arg) >= minKey && arg[0] == '-' && strings.Trim(arg, base64url) == "" && strings.ContainsAny(arg, unlikeFlags)
		if key {
			keys = append(keys, arg)
		}
		return key
	})
	if len(keys) == 0 {
		return args
	}
	return append(append(rest, "--"), keys...)
}

// The alphabet of fingerprints, and what of it no flag of ours has.
const (
	unlikeFlags = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	base64url   = unlikeFlags + "abcdefghijklmnopqrstuvwxyz-"
)

func (r *runner) listHosts(out *output) error {
	dir := r.setup().ConfigDir
	hosts, err := known.In(dir).List()
	if err != nil {
		out.warn("%v", err)
	}
	own, err := identity.Load(dir)
	if err != nil {
		return err
	}
	self, err := viewOf(known.Host{Fingerprint: identity.FingerprintOf(own), HostName: r.userName()})
	if err != nil {
		return err
	}
	out.event(hostEvent{"self", self})
	out.say("This computer\n  %s\n  %s", self.Code, self.Fingerprint)
	for _, h := range hosts {
		view, err := viewOf(h)
		if err != nil {
			return err
		}
		out.event(hostEvent{"host", view})
		verified := ""
		if view.Verified != "" {
			verified = ", code compared on " + day(h.Verified)
		}
		since := ""
		if view.First != "" {
			since = ", known since " + day(h.First)
		}
		out.say("%s, %q\n  %s\n  %s\n  last joined on %s%s%s, at %s", view.Host, view.Room, view.Code, view.Fingerprint,
			day(h.Joined), since, verified, strings.Join(view.Addresses, ", "))
	}
	return out.failed()
}

func viewOf(h known.Host) (hostView, error) {
	code, err := identity.CodeOf(h.Fingerprint)
	if err != nil {
		return hostView{}, err
	}
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	v := hostView{
		Fingerprint: h.Fingerprint, Code: code.String(), Host: h.HostName, Room: h.RoomName, Addresses: h.Addresses,
		First: date(h.First), Joined: date(h.Joined), Verified: date(h.Verified),
	}
	if v.Addresses == nil {
		v.Addresses = []string{}
	}
	return v, nil
}

func day(t time.Time) string { return t.Local().Format(time.DateOnly) }

// minKey is how much of a fingerprint must be given: 48 bits, which no two of 256 hosts share by chance.
const minKey = 8

func (r *runner) forgetHosts(keys []string, all bool, out *output) error {
	remembered := known.In(r.setup().ConfigDir)
	hosts, err := remembered.List()
	if err != nil {
		out.warn("%v", err)
	}
	var gone []string
	for _, key := range keys {
		found := ""
		for _, h := range hosts {
			if len(key) >= minKey && strings.HasPrefix(h.Fingerprint, key) {
				found = h.Fingerprint
			}
		}
		if found == "" {
			return signal.Problemf(signal.CodeNotFound, "no host with the key %.64q is remembered", key)
		}
		gone = append(gone, found)
	}
	if all {
		gone = nil
	}
	if err := remembered.Forget(gone...); err != nil {
		return err
	}
	n := len(gone)
	if all {
		n = len(hosts)
	}
	out.say("Forgot %s.", plural(n, "host"))
	return out.failed()
}

// checkHost refuses a room that looks like one of a remembered host and has another key, unless that was accepted. Nothing but the question
// for its facts has been sent to it.
func (r *runner) checkHost(room place, accepted bool) error {
	setup := r.setup()
	index, err := known.In(setup.ConfigDir).Index()
	if err != nil {
		setup.Logger.Warn("known_hosts_not_used", "error", err)
	}
	if own, err := identity.Load(setup.ConfigDir); err == nil && identity.FingerprintOf(own) == room.fingerprint {
		return nil
	}
	host, by, changed := index.Changed(known.Seen{
		Fingerprint: room.fingerprint, HostName: room.facts.Host, RoomName: room.facts.Name, RoomID: room.facts.ID, Address: room.asked,
	})
	if !changed || accepted {
		return nil
	}
	before, err := viewOf(host)
	if err != nil {
		return err
	}
	now, err := viewOf(known.Host{Fingerprint: room.fingerprint})
	if err != nil {
		return err
	}
	like := map[known.By]string{
		known.ByRoom: "the same room id", known.ByNames: "the same names", known.ByAddress: "the same address",
	}[by]
	return signal.Problemf(signal.CodeHostChanged, "%s\n  %s", fmt.Sprintf("known, %s: %s, %q, last joined on %s\n    %s", like, host.HostName, host.RoomName,
		day(host.Joined), before.Code), fmt.Sprintf("now: %s, %q\n    %s\n  If it is right, join again with --accept-new-host.", room.facts.Host, room.facts.Name, now.Code))
}
