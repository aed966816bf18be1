package doctor

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/reach"
	"github.com/earshot/earshot/internal/lan"
)

// Seen is everything that an examination saw.
type Seen struct {
	Network discovery.Inspection
	Rooms   []netip.Addr // where the rooms answer that others host
	Hosting []int        // the ports of the rooms that this computer hosts
	Reach   reach.Result
	System  System
	Sound   Sound
	Now     time.Time
}

const (
	// echoWithin is how long our own query may take back to us. It is the kernel's work and takes under a millisecond;
	// the rest is for a busy machine.
	echoWithin = 300 * time.Millisecond
	// appsWithin is how long a computer that was heard once counts: lobbies ask at least once a minute.
	appsWithin = 5 * time.Minute
)

// interfaces tells how each interface fares.
func (s Seen) interfaces() []Interface {
	list := make([]Interface, 0, len(s.Network.Interfaces))
	for _, i := range s.Network.Interfaces {
		one := Interface{
			Name: i.Name, Kind: i.Kind, Addresses: []string{}, Up: i.Up, Used: i.Browsed,
			Multicast: s.multicast(i), Apps: s.apps(i),
		}
		for _, p := range i.Prefixes {
			one.Addresses = append(one.Addresses, p.String())
		}
		for _, room := range s.Rooms {
			if on(i, room) {
				one.Rooms++
			}
		}
		list = append(list, one)
	}
	return list
}

func (s Seen) multicast(i discovery.InterfaceSeen) Multicast {
	switch {
	case !i.Browsed:
		return MulticastUnused
	case s.Reach.Unsent[i.Name] != nil, !i.Multicast:
		return MulticastNotSent
	case i.Looped.Before(i.Asked) && !s.early(i):
		return MulticastSilent
	}
	return MulticastWorks
}

// early reports whether an echo may still be on its way.
func (s Seen) early(i discovery.InterfaceSeen) bool {
	return i.Browsed && i.Looped.Before(i.Asked) && s.Now.Sub(i.Asked) < echoWithin
}

// apps counts the other computers with Earshot that were heard on an interface, but for their rooms. Most have an address of
// each family, and what belongs together is not known.
func (s Seen) apps(i discovery.InterfaceSeen) int {
	heard := make(map[netip.Addr]bool)
	for a, last := range i.Apps {
		if s.Now.Sub(last) < appsWithin {
			heard[a.WithZone("")] = true
		}
	}
	for _, a := range s.Reach.Heard[i.Name] {
		heard[a.WithZone("")] = true
	}
	v4 := 0
	for a := range heard {
		if a.Is4() {
			v4++
		}
	}
	return max(v4, len(heard)-v4)
}

// on reports whether an address is reached by an interface.
func on(i discovery.InterfaceSeen, a netip.Addr) bool {
	if a.Is6() && a.IsLinkLocalUnicast() {
		return a.Zone() == "" || a.Zone() == i.Name
	}
	return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Masked().Contains(a) })
}

// found is a finding on its way into the order.
type found struct {
	Finding
	hides bool // it may be why no room is found
}

// judge returns the findings.
//
// The order is that of what to do first. Problems come before everything else. In an empty lobby those that may be why it is
// empty follow, however harmless, because that is what somebody who looks into one asks; then warnings, notes, and what is well.
// Among equals the order is that of the code below, from the cable up: without a network nothing else counts; what the system says of its
// own firewall comes before what was measured because it can be acted on, but only where something measured bears it out; proof by
// another app comes before silence, of which our own firewall is only the likeliest reason; what keeps us from finding comes
// before what keeps others from reaching us, because everybody looks and few host.
func (s Seen) judge() []Finding {
	list := slices.Concat(s.cable(), s.hearing(), s.rooms(), s.beingReached(), s.nobody(), s.sound())
	empty := len(s.Rooms) == 0 && len(s.Hosting) == 0
	rank := func(f found) int {
		switch {
		case f.Level == Problem:
			return 0
		case empty && f.hides:
			return 1
		case f.Level == Warning:
			return 2
		case f.Level == Note:
			return 3
		}
		return 4
	}
	slices.SortStableFunc(list, func(a, b found) int { return rank(a) - rank(b) })
	if !slices.ContainsFunc(list, func(f found) bool { return f.Level == Problem || f.Level == Warning }) {
		list = slices.Insert(list, s.afterReasons(list), found{Finding: Finding{Code: AllWell, Level: Good}})
	}
	out := make([]Finding, len(list))
	for i, f := range list {
		out[i] = f.Finding
	}
	return out
}

// afterReasons is where all_well stands: a lobby that is empty although all is well wants to know why first.
func (s Seen) afterReasons(list []found) int {
	if len(s.Rooms) > 0 || len(s.Hosting) > 0 {
		return 0
	}
	n := 0
	for n < len(list) && list[n].hides {
		n++
	}
	return n
}

// used returns the interfaces that are browsed, and of those the ones that lead to other computers of the office.
func (s Seen) used() (all, out []discovery.InterfaceSeen) {
	for _, i := range s.Network.Interfaces {
		if i.Browsed && i.Up {
			all = append(all, i)
			if i.Kind.LeadsOut() {
				out = append(out, i)
			}
		}
	}
	return all, out
}

// anybody reports whether another computer with Earshot was heard or answered at all.
func (s Seen) anybody() bool {
	return len(s.Rooms) > 0 || s.Reach.By != "" || len(s.Network.Silent) > 0 ||
		slices.ContainsFunc(s.Network.Interfaces, func(i discovery.InterfaceSeen) bool { return s.apps(i) > 0 })
}

// cable: is there a network that leads anywhere?
func (s Seen) cable() []found {
	all, out := s.used()
	switch {
	case len(all) == 0:
		return []found{{Finding{Code: NoNetwork, Level: Problem, Action: s.can(ActionOpenNetwork)}, true}}
	case len(out) == 0:
		return []found{{Finding{Code: OnlyVirtual, Level: Problem, Params: interfacesParam(all), Action: s.can(ActionOpenNetwork)}, true}}
	}
	return nil
}

// hearing: does multicast go out and come in?
func (s Seen) hearing() []found {
	_, out := s.used()
	var list, blocked []found
	working := slices.ContainsFunc(out, func(i discovery.InterfaceSeen) bool { return s.multicast(i) == MulticastWorks })
	level := Problem
	if working {
		level = Warning // there is another way to the office
	}
	for _, i := range out {
		params := map[string]string{"interface": i.Name}
		switch s.multicast(i) {
		case MulticastNotSent:
			blocked = append(blocked, found{Finding{Code: MulticastNotPossible, Level: level, Params: params, Action: s.can(ActionOpenLocalNetwork)}, true})
		case MulticastSilent:
			blocked = append(blocked, found{Finding{Code: MulticastBlocked, Level: level, Params: params, Action: s.can(ActionOpenFirewall)}, true})
		case MulticastWorks, MulticastUnused:
		}
	}
	deaf := s.Reach.Unheard != "" || len(blocked) > 0 && !working

	if s.System.LocalNetwork == No {
		list = append(list, found{Finding{Code: LocalNetworkDenied, Level: Problem, Action: s.can(ActionOpenLocalNetwork)}, true})
	}
	shut := deaf || s.Reach.TCP == No || s.Reach.UDP == No
	for _, name := range s.System.PublicNetworks {
		f := found{Finding{Code: PublicNetwork, Level: Warning, Params: map[string]string{"interface": name}, Action: s.can(ActionOpenNetwork)}, true}
		if shut {
			f.Level = Problem
		}
		if s.Reach.TCP != Yes {
			list = append(list, f)
		}
	}
	for _, w := range s.System.Firewalls {
		if f, ok := s.firewall(w, deaf, len(blocked) > 0 || deaf); ok {
			list = append(list, f)
		}
	}
	if s.Reach.Unheard != "" {
		list = append(list, found{Finding{
			Code: Unheard, Level: Problem, Params: map[string]string{"name": s.Reach.Unheard}, Action: s.can(ActionOpenFirewall),
		}, true})
	}
	return append(list, blocked...)
}

// firewall tells of one firewall what it is known to do, where nothing that was measured says otherwise.
func (s Seen) firewall(w Firewall, deaf, silent bool) (found, bool) {
	params := map[string]string{"product": w.Product}
	if w.Command != "" {
		params["command"] = w.Command
	}
	port := strconv.Itoa(s.Reach.Port)
	if s.Reach.Port != 0 {
		params["port"] = port
	}
	f := found{Finding{Code: FirewallBlocks, Params: params, Action: w.Action}, deaf}
	if f.Action == ActionNone && w.Command != "" {
		f.Action = ActionCopyCommand
	}
	shut := s.Reach.TCP == No || s.Reach.UDP == No
	proven := s.Reach.TCP == Yes && s.Reach.UDP == Yes
	switch {
	case w.Multicast == No && silent, w.Port == No && shut:
		f.Level = Problem
	case w.Multicast == No && !s.anybody(), w.Port == No && !proven:
		f.Level, f.hides = Warning, w.Multicast == No
	case (w.Multicast == Unknown || w.Port == Unknown) && (silent || shut):
		f.Code, f.Level = FirewallOn, Warning
	case w.Port == Unknown && !proven:
		f.Code, f.Level = FirewallOn, Note
	default:
		return found{}, false
	}
	return f, true
}

// rooms: do those that are advertised answer?
func (s Seen) rooms() []found {
	var list []found
	for _, r := range s.Network.Silent {
		if len(r.Addresses) == 0 || r.Failures < silentAfter || s.Now.Sub(r.Heard) > time.Minute || own(s.Network, r.Addresses[0].Addr()) {
			continue // may be starting, or ending
		}
		a := r.Addresses[0]
		list = append(list, found{Finding{
			Code: RoomSilent, Level: Problem, Params: map[string]string{"address": a.Addr().String(), "port": strconv.Itoa(int(a.Port()))},
		}, true})
		if len(list) == maxSilentTold {
			break
		}
	}
	if s.Network.Crowded {
		list = append(list, found{Finding{Code: Crowded, Level: Warning}, true})
	}
	return list
}

// silentAfter is how many attempts at a room make its silence certain: the first may meet a computer that is just busy.
const silentAfter = 2

// maxSilentTold is how many silent rooms are told of: one is a firewall, three are a pattern.
const maxSilentTold = 3

// beingReached: do others get through to a room of this computer?
func (s Seen) beingReached() []found {
	r := s.Reach
	var list []found
	_, out := s.used()
	heard := slices.ContainsFunc(out, func(i discovery.InterfaceSeen) bool { return s.multicast(i) == MulticastWorks })
	if r.NotHearing != "" && heard {
		list = append(list, found{Finding{Code: NotHeardByOthers, Level: Problem, Params: map[string]string{"name": r.NotHearing}}, true})
	}
	params := map[string]string{"port": strconv.Itoa(r.Port), "by": r.By}
	add := func(code Code, level Level) {
		list = append(list, found{Finding{Code: code, Level: level, Params: params, Action: s.can(ActionAllowInFirewall)}, false})
	}
	if r.TCP == No {
		add(TCPBlocked, Problem)
	}
	if r.UDP == No {
		add(UDPBlocked, Warning) // voices take TCP then
	}
	if r.Taken != 0 && !slices.Contains(s.Hosting, r.Taken) {
		list = append(list, found{Finding{Code: PortTaken, Level: Note, Params: map[string]string{"port": strconv.Itoa(r.Taken)}}, false})
	}
	switch {
	case r.TCP == Yes && r.UDP != No:
		list = append(list, found{Finding{Code: Reachable, Level: Good, Params: params}, false})
	case r.TCP == Unknown && r.UDP == Unknown && r.Port != 0 && heard:
		list = append(list, found{Finding{Code: NobodyToAsk, Level: Note}, false})
	}
	return list
}

// nobody: why is the lobby empty although nothing stands in the way here?
func (s Seen) nobody() []found {
	all, out := s.used()
	if len(out) == 0 {
		return nil
	}
	var list []found
	heard := s.anybody()
	for _, i := range all {
		if i.Kind != lan.VPN {
			continue
		}
		f := found{Finding{Code: VPNUp, Level: Warning, Params: map[string]string{"interface": i.Name}, Action: s.can(ActionOpenNetwork)}, true}
		if heard {
			f.Level, f.hides = Note, false // it lets the LAN through
		}
		list = append(list, f)
	}
	var fine []discovery.InterfaceSeen
	count := 0
	for _, i := range out {
		if s.multicast(i) == MulticastWorks {
			fine = append(fine, i)
		}
		count += s.apps(i)
	}
	switch {
	case !heard && len(fine) > 0:
		params := interfacesParam(fine)
		params["interface"] = params["interfaces"]
		list = append(list, found{Finding{Code: NobodyHeard, Level: Warning, Params: params, Action: ActionJoinByAddress}, true})
	case count > 0 && len(s.Rooms) == 0 && len(s.Network.Silent) == 0 && len(s.Hosting) == 0:
		list = append(list, found{Finding{
			Code: AppsWithoutRooms, Level: Note, Params: map[string]string{"count": strconv.Itoa(count)}, Action: ActionStartRoom,
		}, true})
	}
	return list
}

func (s Seen) sound() []found {
	var list []found
	if s.System.Microphone == No {
		list = append(list, found{Finding{Code: MicrophoneDenied, Level: Warning, Action: s.can(ActionOpenMicrophone)}, false})
	}
	if s.Sound.Microphone == No {
		list = append(list, found{Finding{Code: NoMicrophone, Level: Warning, Action: s.can(ActionOpenSound)}, false})
	}
	if s.Sound.Speaker == No {
		list = append(list, found{Finding{Code: NoSpeaker, Level: Warning, Action: s.can(ActionOpenSound)}, false})
	}
	return list
}

// can returns the action if the system has a way for it.
func (s Seen) can(a Action) Action {
	if s.System.Actions[a] {
		return a
	}
	return ActionNone
}

func interfacesParam(list []discovery.InterfaceSeen) map[string]string {
	names := make([]string, len(list))
	for i, one := range list {
		names[i] = one.Name
	}
	return map[string]string{"interfaces": strings.Join(names, ", ")}
}
