package doctor

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// This file reads what the tools of Linux firewalls print. It is compiled everywhere, so that it is tested everywhere.

const mdnsPort = 5353

// mdnsGroup is where Earshot's questions go, RFC 6762 §3.
var mdnsGroup = netip.AddrFrom4([4]byte{224, 0, 0, 251}) //nolint:gochecknoglobals // a constant in all but type

// card is a network interface whose firewall is asked about.
type netCard struct {
	name   string
	prefix netip.Prefix // its IPv4 address; invalid when it has none
}

// neighbour is an address that another computer of the interface's network could have.
func (c netCard) neighbour() netip.Addr {
	if !c.prefix.IsValid() {
		return netip.AddrFrom4([4]byte{192, 168, 0, 2})
	}
	a := c.prefix.Masked().Addr().Next()
	if a == c.prefix.Addr() {
		a = a.Next()
	}
	return a
}

// nftFirewall says what a ruleset does with Earshot's packets; nil when it lets all of them in.
func nftFirewall(r *ruleset, cards []netCard, port int) *Firewall {
	f := &Firewall{Product: "nftables", Multicast: Yes, Port: Yes}
	var chain, protocols string
	ask := func(into *Answer, p packet) {
		in, at := r.lets(p)
		*into = and(*into, in)
		if in == No {
			if chain == "" {
				chain = at
			}
			protocols += p.protocol
		}
	}
	for _, c := range cards {
		from := c.neighbour()
		ask(&f.Multicast, packet{iface: c.name, protocol: "udp", port: mdnsPort, from: from, to: mdnsGroup, multicast: true})
		for _, protocol := range []string{"tcp", "udp"} {
			ask(&f.Port, packet{iface: c.name, protocol: protocol, port: port, from: from, to: c.prefix.Addr()})
		}
	}
	if f.Multicast == Yes && f.Port == Yes {
		return nil
	}
	f.Command = nftCommand(chain, port, protocols)
	return f
}

// parseUFW reads `ufw status verbose` in the C locale. It returns nil when ufw is off or lets Earshot in.
//
// ufw lets mDNS in by itself (/etc/ufw/before.rules) unless that was edited away.
func parseUFW(b []byte, port int) *Firewall {
	text := string(b)
	if !strings.Contains(text, "Status: active") {
		return nil
	}
	// Only "deny", "reject" and "allow" occur; the line is missing from `ufw status` without verbose.
	opened := strings.Contains(text, "Default: allow (incoming)")
	tcp, udp := yes(opened), yes(opened)
	decided := map[string]bool{}
	for line := range strings.Lines(text) {
		to, rest, ok := ufwRule(line)
		if !ok || strings.Contains(line, "(v6)") {
			continue
		}
		on, protocol, _ := strings.Cut(to, "/")
		if !portIn(on, port) {
			continue
		}
		for _, each := range []struct {
			name string
			into *Answer
		}{{"tcp", &tcp}, {"udp", &udp}} {
			if protocol != "" && protocol != each.name || decided[each.name] {
				continue
			}
			switch {
			case strings.HasPrefix(rest, "ALLOW"), strings.HasPrefix(rest, "LIMIT"):
				*each.into = Yes // for some networks at least
			default:
				*each.into = No
			}
			decided[each.name] = true // the first rule that matches counts
		}
	}
	if tcp == Yes && udp == Yes {
		return nil
	}
	return &Firewall{Product: "ufw", Multicast: Yes, Port: No, Command: fmt.Sprintf("sudo ufw allow %d", port)}
}

// ufwRule splits a line of the table: what it is for, and what is done with it.
func ufwRule(line string) (to, rest string, ok bool) {
	for _, action := range []string{"ALLOW IN", "LIMIT IN", "DENY IN", "REJECT IN"} {
		if before, after, found := strings.Cut(line, action); found {
			to, _, _ = strings.Cut(strings.TrimSpace(before), " ") // without "on eth0"
			return to, action + after, true
		}
	}
	return "", "", false
}

// portIn reports whether a port is in "7788", "7788,7790", "7780:7790", or "Anywhere".
func portIn(list string, port int) bool {
	if list == "Anywhere" {
		return true
	}
	for one := range strings.SplitSeq(list, ",") {
		low, high, isRange := strings.Cut(strings.ReplaceAll(one, "-", ":"), ":")
		if !isRange {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 == nil && err2 == nil && from <= port && port <= to {
			return true
		}
	}
	return false
}

// ufwEnabled reads /etc/ufw/ufw.conf, which everybody may, unlike ask ufw itself.
func ufwEnabled(b []byte) bool {
	for line := range strings.Lines(string(b)) {
		if strings.EqualFold(strings.TrimSpace(line), "ENABLED=yes") {
			return true
		}
	}
	return false
}

// parseZones reads `firewall-cmd --get-active-zones`: the zone of each interface.
//
//	public (default)
//	  interfaces: eth0 wlan0
func parseZones(b []byte) map[string]string {
	zones := make(map[string]string)
	zone := ""
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, " ") {
			zone, _, _ = strings.Cut(strings.TrimSpace(line), " ")
			continue
		}
		if list, ok := strings.CutPrefix(strings.TrimSpace(line), "interfaces:"); ok {
			for name := range strings.FieldsSeq(list) {
				zones[name] = zone
			}
		}
	}
	return zones
}

// parseZone reads `firewall-cmd --list-all --zone=Z`. It returns nil when the zone lets Earshot in. Rich rules are not read:
// where there are any, what the zone would keep out is not known.
func parseZone(b []byte, zone string, port int) *Firewall {
	values := make(map[string]string)
	rich, inRich := false, false
	for line := range strings.Lines(string(b)) {
		if inRich && strings.TrimSpace(line) != "" {
			rich = true
		}
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !inRich {
			values[k] = strings.TrimSpace(v)
			inRich = k == "rich rules"
		}
	}
	target, known := values["target"]
	if !known {
		return nil
	}
	f := &Firewall{Product: "firewalld", Multicast: No, Port: No}
	services, ports := strings.Fields(values["services"]), strings.Fields(values["ports"])
	open := func(protocol string, port int) bool {
		return target == "ACCEPT" || slices.ContainsFunc(ports, func(p string) bool {
			list, of, _ := strings.Cut(p, "/")
			return of == protocol && portIn(list, port)
		})
	}
	multicast, tcp, udp := slices.Contains(services, "mdns") || open("udp", mdnsPort), open("tcp", port), open("udp", port)
	f.Multicast, f.Port = yes(multicast), yes(tcp && udp)
	if multicast && tcp && udp {
		return nil
	}
	if rich {
		f.Multicast, f.Port = orUnknown(f.Multicast), orUnknown(f.Port)
	}
	if plainChain.MatchString("x x " + zone) {
		f.Command = firewalldCommand(zone, multicast, tcp && udp, port)
	}
	return f
}

func orUnknown(a Answer) Answer {
	if a == No {
		return Unknown
	}
	return a
}

// firewalldCommand opens what is closed, for now and after a restart. firewall-cmd takes ports and services in separate calls.
func firewalldCommand(zone string, multicast, through bool, port int) string {
	var lines []string
	if !through {
		lines = append(lines, fmt.Sprintf("sudo firewall-cmd --permanent --zone=%s --add-port=%d/tcp --add-port=%d/udp", zone, port, port))
	}
	if !multicast {
		lines = append(lines, fmt.Sprintf("sudo firewall-cmd --permanent --zone=%s --add-service=mdns", zone))
	}
	return strings.Join(append(lines, "sudo firewall-cmd --reload"), "\n")
}

// parseIptables reads iptables-save, and turns it into the ruleset that it is. Matches that it does not know may or may not match.
func parseIptables(b []byte) *ruleset {
	r := &ruleset{chains: make(map[string]*nftChain), sets: make(map[string][]any)}
	table := ""
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "*"):
			table = line[1:]
		case table != "filter":
		case strings.HasPrefix(line, ":"):
			fields := strings.Fields(line[1:])
			if len(fields) < 2 {
				continue
			}
			c := &nftChain{family: "ip", table: table, name: fields[0], policy: strings.ToLower(fields[1])}
			r.chains[key("ip", table, c.name)] = c
			if c.name == "INPUT" {
				r.base = append(r.base, c)
			}
		case strings.HasPrefix(line, "-A "):
			fields := strings.Fields(line[3:])
			if c := r.chains[key("ip", table, fields[0])]; c != nil {
				c.rules = append(c.rules, iptablesRule(fields[1:]))
			}
		}
	}
	return r
}

// iptablesRule turns one rule into the expressions of nft.
func iptablesRule(fields []string) []map[string]any {
	var expr []map[string]any
	protocol := "th"
	match := func(negated bool, left map[string]any, right any) {
		op := "=="
		if negated {
			op = "!="
		}
		expr = append(expr, map[string]any{"match": map[string]any{"op": op, "left": left, "right": right}})
	}
	meta := func(key string) map[string]any { return map[string]any{"meta": map[string]any{"key": key}} }
	payload := func(protocol, field string) map[string]any {
		return map[string]any{"payload": map[string]any{"protocol": protocol, "field": field}}
	}
	unknown := map[string]any{"xt": map[string]any{"type": "match", "name": "?"}}
	negated := false
	for i := 0; i < len(fields); i++ {
		value := ""
		if i+1 < len(fields) {
			value = fields[i+1]
		}
		switch fields[i] {
		case "!":
			negated = true
			continue
		case "-i":
			match(negated, meta("iifname"), strings.Replace(value, "+", "*", 1))
		case "-p":
			if value == "tcp" || value == "udp" {
				protocol = value
			}
			match(negated, meta("l4proto"), value)
		case "-s":
			match(negated, payload("ip", "saddr"), prefixOf(value))
		case "-d":
			match(negated, payload("ip", "daddr"), prefixOf(value))
		case "--dport", "--dports":
			match(negated, payload(protocol, "dport"), portsOf(value))
		case "--sport":
			match(negated, payload(protocol, "sport"), portsOf(value))
		case "--state", "--ctstate":
			set := []any{}
			for state := range strings.SplitSeq(strings.ToLower(value), ",") {
				set = append(set, state)
			}
			match(negated, map[string]any{"ct": map[string]any{"key": "state"}}, map[string]any{"set": set})
		case "-m":
			switch value {
			case "tcp", "udp", "multiport", "conntrack", "state", "comment":
			default:
				expr = append(expr, unknown)
			}
		case "-j", "-g":
			switch value {
			case "ACCEPT":
				expr = append(expr, map[string]any{"accept": nil})
			case "DROP", "REJECT":
				expr = append(expr, map[string]any{"drop": nil})
			case "RETURN":
				expr = append(expr, map[string]any{"return": nil})
			case "LOG", "NFLOG":
			default:
				expr = append(expr, map[string]any{map[string]string{"-j": "jump", "-g": "goto"}[fields[i]]: map[string]any{"target": value}})
			}
			return expr // what follows are the target's options
		default:
			negated = false
			if strings.HasPrefix(fields[i], "--") && fields[i] != "--comment" {
				expr = append(expr, unknown)
			}
			continue
		}
		negated = false
		i++
	}
	return expr
}

func prefixOf(text string) any {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return text
	}
	return map[string]any{"prefix": map[string]any{"addr": p.Addr().String(), "len": float64(p.Bits())}}
}

func portsOf(text string) any {
	set := []any{}
	for one := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(one, ":")
		if !isRange {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil {
			set = append(set, one)
			continue
		}
		set = append(set, map[string]any{"range": []any{float64(from), float64(to)}})
	}
	return map[string]any{"set": set}
}

// linuxFirewalls asks whoever runs the firewall: firewalld, ufw, or else the kernel's rules themselves, which only an
// administrator may read.
func (m machine) linuxFirewalls(ctx context.Context) []Firewall {
	if b, err := m.run(ctx, "firewall-cmd", "--state"); strings.TrimSpace(string(b)) == "running" {
		return m.firewalld(ctx)
	} else if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == firewalldRefuses {
		return []Firewall{{Product: "firewalld", Multicast: Unknown, Port: Unknown}}
	}
	if b, err := m.run(ctx, "ufw", "status", "verbose"); err == nil && strings.Contains(string(b), "Status: active") {
		return list(parseUFW(b, m.port))
	} else if err != nil {
		if conf, err := m.read("/etc/ufw/ufw.conf"); err == nil && ufwEnabled(conf) {
			return []Firewall{{Product: "ufw", Multicast: Yes, Port: Unknown, Command: fmt.Sprintf("sudo ufw allow %d", m.port)}}
		}
	}
	if b, err := m.run(ctx, "nft", "-j", "list", "ruleset"); err == nil {
		if r, err := parseNft(b); err == nil && len(r.base) > 0 {
			return list(nftFirewall(r, m.cards, m.port))
		}
	}
	if b, err := m.run(ctx, "iptables-save"); err == nil {
		f := nftFirewall(parseIptables(b), m.cards, m.port)
		if f != nil {
			f.Product, f.Command = "iptables", iptablesCommand(f, m.port)
		}
		return list(f)
	}
	return nil
}

// firewalldRefuses is the exit code of firewall-cmd for "not authorised".
const firewalldRefuses = 253

// firewalld asks about the zone of each interface, the default zone for those that are in none.
func (m machine) firewalld(ctx context.Context) []Firewall {
	b, err := m.run(ctx, "firewall-cmd", "--get-active-zones")
	if err != nil {
		return []Firewall{{Product: "firewalld", Multicast: Unknown, Port: Unknown}}
	}
	zones := parseZones(b)
	b, _ = m.run(ctx, "firewall-cmd", "--get-default-zone")
	standard := strings.TrimSpace(string(b))
	var all []Firewall
	asked := make(map[string]bool)
	for _, c := range m.cards {
		zone := cmp.Or(zones[c.name], standard)
		if zone == "" || asked[zone] {
			continue
		}
		asked[zone] = true
		b, err := m.run(ctx, "firewall-cmd", "--list-all", "--zone="+zone)
		if err != nil {
			all = append(all, Firewall{Product: "firewalld", Multicast: Unknown, Port: Unknown})
			continue
		}
		all = append(all, list(parseZone(b, zone, m.port))...)
	}
	return all
}

func list(f *Firewall) []Firewall {
	if f == nil {
		return nil
	}
	return []Firewall{*f}
}

func iptablesCommand(f *Firewall, port int) string {
	var lines []string
	if f.Port == No {
		for _, protocol := range []string{"tcp", "udp"} {
			lines = append(lines, fmt.Sprintf("sudo iptables -I INPUT -p %s --dport %d -j ACCEPT", protocol, port))
		}
	}
	if f.Multicast == No {
		lines = append(lines, fmt.Sprintf("sudo iptables -I INPUT -p udp -d %v --dport %d -j ACCEPT", mdnsGroup, mdnsPort))
	}
	return strings.Join(lines, "\n")
}

// linuxSound asks the sound server, or where none answers the kernel.
func (m machine) linuxSound(ctx context.Context) Sound {
	sources, err1 := m.run(ctx, "pactl", "list", "short", "sources")
	sinks, err2 := m.run(ctx, "pactl", "list", "short", "sinks")
	if err1 == nil && err2 == nil {
		return Sound{Microphone: yes(anyDevice(sources)), Speaker: yes(anyDevice(sinks))}
	}
	if b, err := m.read("/proc/asound/pcm"); err == nil {
		return parsePCM(b)
	}
	return Sound{}
}

// anyDevice reads `pactl list short sources` or sinks, of PulseAudio and of PipeWire: a device a line, its fields separated by tabs, the
// second its name. What a speaker plays can be recorded too, which makes no microphone (.monitor); and the sound server
// has a device of its own while there is none (auto_null).
func anyDevice(b []byte) bool {
	for line := range strings.Lines(string(b)) {
		fields := strings.Split(line, "\t")
		if len(fields) >= 2 && !strings.HasSuffix(fields[1], ".monitor") && !strings.HasPrefix(fields[1], "auto_null") {
			return true
		}
	}
	return false
}

// parsePCM reads /proc/asound/pcm, one line a device:
//
//	00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1
func parsePCM(b []byte) Sound {
	text := string(b)
	return Sound{Microphone: yes(strings.Contains(text, ": capture ")), Speaker: yes(strings.Contains(text, ": playback "))}
}
