package sfu

import (
	"context"
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// check is a binding request that names somebody, behind another attribute.
func check(user string) []byte {
	b := make([]byte, stunHeader, 200)
	b[1] = stunRequest
	binary.BigEndian.PutUint32(b[4:], stunCookie)
	b = append(b, 0x80, 0x22, 0, 3, 'a', 'b', 'c', 0)
	b = binary.BigEndian.AppendUint16(append(b, 0, stunUsername), uint16(len(user))) //nolint:gosec // short
	return append(b, user...)
}

func TestCheckFor_ReadsWhomACheckIsFor(t *testing.T) {
	cut := check("ours:theirs")
	response := check("ours:theirs")
	response[0] = 1
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"a check":               {check("ours:theirs"), "ours"},
		"without the other end": {check("ours"), "ours"},
		"an answer":             {response, ""},
		"cut off":               {cut[:len(cut)-1], ""},
		"half a header":         {cut[:19], ""},
		"no attributes":         {cut[:20], ""},
		"half an attribute":     {cut[:23], ""},
		"nothing":               {nil, ""},
		"media":                 {[]byte("\x80\x6f012345678901234567890123456789"), ""},
	} {
		if got := checkFor(c.b); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzCheckFor(f *testing.F) {
	f.Add(check("ours:theirs"))
	f.Add(check("")[:22])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(checkFor(b)) > len(b) {
			t.Error("more than there is")
		}
	})
}

// An address at its limit, and as many as are told apart: whoever the room has answered comes in beside them, with what it
// is sent as an answer too, and with no more than its own share.
func TestLimits_ChecksPerSecond(t *testing.T) { synctest.Test(t, checksPerSecond) }

func checksPerSecond(t *testing.T) {
	s := &sockets{probes: newRates(1), invited: newInvited(2)}
	s.expected.Store(&map[netip.AddrPort]*transport{})
	ctx, cancel := context.WithCancel(t.Context())
	joining := &transport{ctx: ctx, sockets: s}
	s.invite(joining, "ours", time.Now())

	flooding := func(last byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, last}), 9) }
	for range 2 * rateBurst {
		s.receive(check("nobody:atall"), flooding(1))
	}
	for n := range 4 * maxRated { // and from everywhere, so that a newcomer's address is nothing of its own
		s.receive(check("nobody:atall"), netip.AddrPortFrom(netip.AddrFrom4([4]byte{11, 0, byte(n >> 8), byte(n)}), 9)) //nolint:gosec // the bytes of a number
	}
	passes := func(b []byte, from netip.AddrPort) bool { return !s.receive(b, from) }
	colleague, newcomer := netip.AddrPortFrom(flooding(1).Addr(), 10), netip.MustParseAddrPort("12.0.0.1:10")
	answer := check("x")
	answer[0] = 1
	for name, c := range map[string]struct {
		b    []byte
		from netip.AddrPort
		want bool
	}{
		"a stranger beside the flood":     {check("nobody:atall"), colleague, false},
		"an answer to nobody's check":     {answer, colleague, false},
		"a stranger from somewhere else":  {check("nobody:atall"), newcomer, false},
		"no name at all":                  {check(""), newcomer, false},
		"somebody else's end in the room": {check("theirs:ours"), newcomer, false},
	} {
		if got := passes(c.b, c.from); got != c.want {
			t.Errorf("%s: passes %t", name, got)
		}
	}
	allowed := 0
	for _, from := range []netip.AddrPort{colleague, newcomer} {
		for _, b := range [][]byte{check("ours:theirs"), answer, {22, 0xfe, 0xfd}} {
			if !passes(b, from) {
				t.Errorf("%v of who is expected was dropped", b[:3])
			}
			allowed++
		}
	}
	for ; allowed < 2*rateBurst; allowed++ { // at the limit
		if !passes(check("ours:theirs"), colleague) {
			t.Errorf("check %d was dropped", allowed+1)
		}
	}
	if passes(check("ours:theirs"), colleague) || passes(check("ours:theirs"), newcomer) { // and one beyond
		t.Error("one too many passed")
	}

	s.invite(joining, "again", time.Now()) // a restart has another name
	if passes(check("ours:theirs"), colleague) || !passes(check("again:theirs"), colleague) {
		t.Error("the name before the restart is taken, or the one after it is not")
	}
	time.Sleep(time.Minute)                         // all may send again
	for port := range uint16(2 * maxInvitedPorts) { // but not from everywhere: pion keeps a candidate for each
		if got, want := passes(check("again:theirs"), netip.AddrPortFrom(netip.AddrFrom4([4]byte{13, 0, 0, byte(port)}), 9)), port < maxInvitedPorts-1; got != want {
			t.Errorf("port %d after the first: passes %t", port, got)
		}
	}
	if n := len(s.from); n != maxInvitedPorts {
		t.Errorf("%d ports are remembered", n)
	}
	cancel()
	s.disinvite(joining)
	s.invite(joining, "late", time.Now())
	if len(s.of)+len(s.by)+len(s.from) != 0 {
		t.Error("who left is still expected")
	}
}
