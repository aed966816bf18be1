package doctor

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// packet is one that a firewall is asked about: a new one, from a neighbour, over IPv4.
type packet struct {
	iface     string
	protocol  string // "tcp" or "udp"
	port      int    // where it goes
	from, to  netip.Addr
	multicast bool
}

// ruleset is what `nft -j list ruleset` prints, as far as it decides on what comes in. The format is libnftables-json(5).
type ruleset struct {
	chains map[string]*nftChain // by family, table, name
	base   []*nftChain          // those that the kernel enters
	sets   map[string][]any     // elements, by family, table, name
}

type nftChain struct {
	family, table, name string
	policy              string
	rules               [][]map[string]any
}

// outcomes are what may become of a packet, as far as the rules that are understood tell.
type outcomes struct {
	accept, drop, pass bool   // pass: it leaves the chain undecided
	ends               bool   // no later rule of the chain sees it
	chain              string // "family table chain" whose rule or policy drops it
}

// maybe adds what another rule may do.
func (o *outcomes) maybe(other outcomes) {
	o.accept, o.drop, o.pass = o.accept || other.accept, o.drop || other.drop, o.pass || other.pass
	if o.chain == "" {
		o.chain = other.chain
	}
}

// maxJumps bounds how deep chains jump into each other; the kernel allows 16.
const maxJumps = 16

func parseNft(b []byte) (*ruleset, error) {
	var list struct {
		Nftables []struct {
			Chain *struct{ Family, Table, Name, Type, Hook, Policy string }
			Rule  *struct {
				Family, Table, Chain string
				Expr                 []map[string]any
			}
			Set *struct {
				Family, Table, Name string
				Elem                []any
			}
		}
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("read nft ruleset: %w", err)
	}
	r := &ruleset{chains: make(map[string]*nftChain), sets: make(map[string][]any)}
	for _, one := range list.Nftables {
		switch {
		case one.Chain != nil:
			c := &nftChain{family: one.Chain.Family, table: one.Chain.Table, name: one.Chain.Name, policy: one.Chain.Policy}
			r.chains[key(c.family, c.table, c.name)] = c
			if one.Chain.Hook == "input" && one.Chain.Type == "filter" && (c.family == "ip" || c.family == "inet") {
				r.base = append(r.base, c)
			}
		case one.Rule != nil:
			if c := r.chains[key(one.Rule.Family, one.Rule.Table, one.Rule.Chain)]; c != nil {
				c.rules = append(c.rules, one.Rule.Expr)
			}
		case one.Set != nil:
			r.sets[key(one.Set.Family, one.Set.Table, one.Set.Name)] = one.Set.Elem
		}
	}
	return r, nil
}

func key(family, table, name string) string { return family + " " + table + " " + name }

// lets says whether a packet gets in: each base chain may drop it, whatever the others say. With No comes the chain that
// drops it.
func (r *ruleset) lets(p packet) (Answer, string) {
	in := Yes
	for _, c := range r.base {
		o := r.through(c, p, 0)
		if o.pass {
			if c.policy == "drop" {
				o.drop = true
				if o.chain == "" {
					o.chain = key(c.family, c.table, c.name)
				}
			} else {
				o.accept = true
			}
		}
		switch {
		case o.drop && !o.accept:
			return No, o.chain
		case o.drop:
			in = Unknown
		}
	}
	return in, ""
}

// through follows a packet through a chain.
func (r *ruleset) through(c *nftChain, p packet, depth int) outcomes {
	var all outcomes
	for _, expr := range c.rules {
		matched := Yes
		for _, e := range expr {
			if match, ok := e["match"].(map[string]any); ok {
				matched = and(matched, r.matches(c, match, p))
			} else if xt, ok := e["xt"].(map[string]any); ok && xt["type"] == "match" {
				if xt["name"] == "conntrack" {
					matched = No // about connections that exist: ours is new
				}
				matched = and(matched, Unknown)
			}
		}
		if matched == No {
			continue
		}
		o, decides := r.verdict(c, expr, p, depth)
		if !decides {
			continue
		}
		goesOn := o.pass && !o.ends
		if goesOn {
			o.pass = false // by this rule alone it does not leave the chain
		}
		all.maybe(o)
		if matched == Yes && !goesOn {
			return all
		}
	}
	all.pass = true
	return all
}

// verdict is what a rule does with a packet that it matches; it reports false for a rule that only counts or logs.
func (r *ruleset) verdict(c *nftChain, expr []map[string]any, p packet, depth int) (outcomes, bool) {
	here := key(c.family, c.table, c.name)
	for _, e := range expr {
		for what, v := range e {
			switch what {
			case "accept":
				return outcomes{accept: true, ends: true}, true
			case "drop", "reject":
				return outcomes{drop: true, ends: true, chain: here}, true
			case "return":
				return outcomes{pass: true, ends: true}, true
			case "jump", "goto":
				to, _ := v.(map[string]any)
				name, _ := to["target"].(string)
				next := r.chains[key(c.family, c.table, name)]
				if next == nil || depth == maxJumps {
					return outcomes{accept: true, drop: true, pass: true}, true
				}
				o := r.through(next, p, depth+1)
				o.ends = what == "goto" || !o.pass
				return o, true
			case "vmap":
				return r.choose(c, v, p, depth)
			case "xt":
				target, _ := v.(map[string]any)
				switch {
				case target["type"] != "target", target["name"] == "LOG":
				case target["name"] == "REJECT":
					return outcomes{drop: true, ends: true, chain: here}, true
				default:
					return outcomes{accept: true, drop: true, pass: true}, true
				}
			case "queue":
				return outcomes{accept: true, drop: true}, true
			}
		}
	}
	return outcomes{}, false
}

// choose is a verdict map: the first entry whose key matches.
func (r *ruleset) choose(c *nftChain, v any, p packet, depth int) (outcomes, bool) {
	m, _ := v.(map[string]any)
	data, _ := m["data"].(map[string]any)
	entries, ok := data["set"].([]any)
	if !ok {
		return outcomes{accept: true, drop: true, pass: true}, true
	}
	var all outcomes
	for _, entry := range entries {
		pair, ok := entry.([]any)
		if !ok || len(pair) != 2 {
			continue
		}
		does, _ := pair[1].(map[string]any)
		matched := r.matches(c, map[string]any{"op": "==", "left": m["key"], "right": pair[0]}, p)
		if matched == No || does == nil {
			continue
		}
		o, decides := r.verdict(c, []map[string]any{does}, p, depth)
		if !decides {
			continue
		}
		all.maybe(o)
		if matched == Yes {
			all.ends = o.ends
			return all, true
		}
	}
	all.pass = true
	return all, true
}

func and(a, b Answer) Answer {
	switch {
	case a == No || b == No:
		return No
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return Yes
}

func not(a Answer) Answer {
	switch a {
	case Yes:
		return No
	case No:
		return Yes
	case Unknown:
	}
	return Unknown
}

// matches says whether a packet is one that a match means.
func (r *ruleset) matches(c *nftChain, match map[string]any, p packet) Answer {
	left, _ := match["left"].(map[string]any)
	answer := r.is(c, left, match["right"], p)
	switch match["op"] {
	case "==", "in":
		return answer
	case "!=":
		return not(answer)
	}
	return Unknown
}

// is says whether what the left side reads from the packet is, or is among, the right side.
func (r *ruleset) is(c *nftChain, left map[string]any, right any, p packet) Answer {
	switch right := right.(type) {
	case string:
		if name, ok := strings.CutPrefix(right, "@"); ok {
			elements, ok := r.sets[key(c.family, c.table, name)]
			if !ok {
				return Unknown
			}
			return r.isAny(c, left, elements, p)
		}
	case []any:
		return r.isAny(c, left, right, p)
	case map[string]any:
		if elements, ok := right["set"].([]any); ok {
			return r.isAny(c, left, elements, p)
		}
		if elem, ok := right["elem"].(map[string]any); ok {
			return r.is(c, left, elem["val"], p)
		}
	}
	for what, field := range left {
		of, _ := field.(map[string]any)
		switch what {
		case "meta":
			return p.meta(of["key"], right)
		case "ct":
			if of["key"] == "state" {
				return word(right, "new")
			}
			return No // about connections that exist
		case "payload":
			return p.payload(of["protocol"], of["field"], right)
		}
	}
	return Unknown
}

// meta compares what the kernel knows of the packet.
func (p packet) meta(key, right any) Answer {
	switch key {
	case "iifname", "iif":
		return name(right, p.iface)
	case "l4proto":
		return word(right, p.protocol)
	case "nfproto":
		return word(right, "ipv4")
	case "protocol":
		return word(right, "ip")
	case "pkttype":
		if p.multicast {
			return word(right, "multicast")
		}
		return word(right, "host")
	}
	return Unknown
}

// payload compares what stands in the packet.
func (p packet) payload(protocol, field, right any) Answer {
	switch protocol {
	case "ip":
		switch field {
		case "saddr":
			return address(right, p.from)
		case "daddr":
			return address(right, p.to)
		case "protocol":
			return word(right, p.protocol)
		}
	case "th", p.protocol:
		if field == "dport" || field == "sport" && p.multicast { // who speaks mDNS does so from its port
			return number(right, p.port)
		}
	case "tcp", "udp", "ip6", "icmp", "icmpv6", "arp", "sctp", "dccp":
		return No
	}
	return Unknown
}

func (r *ruleset) isAny(c *nftChain, left map[string]any, elements []any, p packet) Answer {
	answer := No
	for _, e := range elements {
		switch r.is(c, left, e, p) {
		case Yes:
			return Yes
		case Unknown:
			answer = Unknown
		case No:
		}
	}
	return answer
}

func yes(b bool) Answer {
	if b {
		return Yes
	}
	return No
}

func word(right any, value string) Answer {
	s, ok := right.(string)
	if !ok {
		return Unknown
	}
	return yes(s == value)
}

func name(right any, iface string) Answer {
	s, ok := right.(string)
	if !ok {
		return Unknown
	}
	if prefix, wild := strings.CutSuffix(s, "*"); wild {
		return yes(strings.HasPrefix(iface, prefix))
	}
	return yes(s == iface)
}

func number(right any, value int) Answer {
	switch right := right.(type) {
	case float64:
		return yes(int(right) == value)
	case string: // a service's name
		switch right {
		case "mdns":
			return yes(value == mdnsPort)
		}
		return yes(right == strconv.Itoa(value))
	case map[string]any:
		if r, ok := right["range"].([]any); ok && len(r) == 2 {
			low, ok1 := r[0].(float64)
			high, ok2 := r[1].(float64)
			if ok1 && ok2 {
				return yes(int(low) <= value && value <= int(high))
			}
		}
	}
	return Unknown
}

func address(right any, a netip.Addr) Answer {
	switch right := right.(type) {
	case string:
		if b, err := netip.ParseAddr(right); err == nil {
			return yes(a == b)
		}
	case map[string]any:
		if prefix, ok := right["prefix"].(map[string]any); ok {
			text, _ := prefix["addr"].(string)
			length, _ := prefix["len"].(float64)
			if b, err := netip.ParseAddr(text); err == nil {
				return yes(netip.PrefixFrom(b, int(length)).Contains(a))
			}
		}
		if r, ok := right["range"].([]any); ok && len(r) == 2 {
			low, _ := r[0].(string)
			high, _ := r[1].(string)
			from, err1 := netip.ParseAddr(low)
			to, err2 := netip.ParseAddr(high)
			if err1 == nil && err2 == nil {
				return yes(from.Compare(a) <= 0 && a.Compare(to) <= 0)
			}
		}
	}
	return Unknown
}

// plainChain is a chain whose name can stand in a command line as it is.
var plainChain = regexp.MustCompile(`^[a-z0-9]+ [A-Za-z0-9_.-]+ [A-Za-z0-9_.-]+$`)

// nftCommand lets Earshot in at the chain that keeps it out.
func nftCommand(chain string, port int, families string) string {
	if !plainChain.MatchString(chain) {
		return ""
	}
	var lines []string
	if strings.Contains(families, "tcp") {
		lines = append(lines, fmt.Sprintf("sudo nft insert rule %s tcp dport %d accept", chain, port))
	}
	if strings.Contains(families, "udp") {
		lines = append(lines, fmt.Sprintf("sudo nft insert rule %s udp dport '{ %d, %d }' accept", chain, mdnsPort, port))
	}
	return strings.Join(lines, "\n")
}
