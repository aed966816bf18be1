package sfu

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	// stunCookie is in each STUN message at byte 4, stunHeader is how long its header is, and stunUsername the attribute in which a
	// binding request names both ends (RFC 8489 §5, §14.3; RFC 8445 §7.2.2: the one that is asked first).
	stunCookie   = 0x2112a442
	stunHeader   = 20
	stunRequest  = 0x0001
	stunUsername = 0x0006
	// maxInvitedPorts is from how many addresses and ports the checks of one connection may come until ICE is restarted, because
	// pion keeps a candidate for each: a computer has one for each address, and another when its NAT forgets it.
	maxInvitedPorts = 64
)

// invited are the connections that were answered on Signal, by the ICE name (ufrag) that the answer gave our end. Whoever
// names it in a check was told it through TLS, so it gets in while strangers at its address, or forging one, send more than
// they may: a colleague behind the same NAT, another program of the same computer.
type invited struct {
	perSecond float64 // packets for each

	mu   sync.Mutex
	of   map[*transport]string // the name of each one's end
	by   map[string]*guest
	from map[netip.AddrPort]*guest // where their checks came from: answers to ours name nobody
}

type guest struct {
	allowance
	ports []netip.AddrPort
}

func newInvited(perSecond int) *invited {
	return &invited{perSecond: float64(perSecond), of: make(map[*transport]string), by: make(map[string]*guest), from: make(map[netip.AddrPort]*guest)}
}

// invite lets checks in that name the ufrag, and no more those that name the one before.
func (i *invited) invite(t *transport, ufrag string, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.disinviteLocked(t)
	if t.ctx.Err() == nil { // else nobody would take it back
		i.of[t] = ufrag
		i.by[ufrag] = &guest{allowance: allowance{left: i.perSecond * rateBurst, at: now}}
	}
}

// disinvite is for a connection whose context has ended.
func (i *invited) disinvite(t *transport) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.disinviteLocked(t)
}

func (i *invited) disinviteLocked(t *transport) {
	ufrag, ok := i.of[t]
	if !ok {
		return
	}
	for _, port := range i.by[ufrag].ports {
		delete(i.from, port)
	}
	delete(i.by, ufrag)
	delete(i.of, t)
}

// let reports whether a packet may pass: one of somebody invited, from not too many ports, who has not sent too many or whose
// address has not; one of anybody else if their address has not.
func (i *invited) let(b []byte, from netip.AddrPort, address *rates, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	g := i.from[from]
	if g == nil {
		if g = i.by[checkFor(b)]; g == nil {
			return address.allow(from.Addr(), now)
		}
		if len(g.ports) == maxInvitedPorts {
			return false
		}
		g.ports = append(g.ports, from)
		i.from[from] = g
	}
	return address.allow(from.Addr(), now) || g.take(i.perSecond, now)
}

// checkFor returns whom a STUN binding request is for, "" for anything else.
func checkFor(b []byte) (ufrag string) {
	if len(b) < stunHeader || binary.BigEndian.Uint16(b) != stunRequest || binary.BigEndian.Uint32(b[4:]) != stunCookie {
		return ""
	}
	for b = b[stunHeader:]; len(b) >= 4; {
		kind, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; length > len(b) {
			return ""
		}
		if kind == stunUsername {
			ufrag, _, _ = strings.Cut(string(b[:length]), ":")
			return ufrag
		}
		b = b[min(len(b), (length+3)&^3):]
	}
	return ""
}
