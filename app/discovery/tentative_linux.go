package discovery

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
)

// tentative returns the IPv6 addresses that cannot be used yet, or never will: for the first second or two the kernel asks whether
// somebody else has them (RFC 4862 §5.4), and nothing can be sent from them or received. Without this a network of IPv6 alone
// would be looked at too early, and not again when it can be used.
func tentative() map[netip.Addr]bool {
	table, err := os.ReadFile("/proc/thread-self/net/if_inet6")
	if err != nil {
		return nil // no IPv6
	}
	return parseTentative(table)
}

// parseTentative reads lines of address, index, prefix length, scope, flags and name, all but the last in hexadecimal.
func parseTentative(table []byte) map[netip.Addr]bool {
	// if_addr.h
	const dadFailed, optimistic, tentative = 0x08, 0x04, 0x40
	var out map[netip.Addr]bool
	for line := range bytes.Lines(table) {
		fields := bytes.Fields(line)
		if len(fields) < 5 {
			continue
		}
		flags, err := strconv.ParseUint(string(fields[4]), 16, 32)
		if err != nil || flags&(dadFailed|tentative) == 0 || flags&optimistic != 0 {
			continue
		}
		raw, err := hex.DecodeString(string(fields[0]))
		if a, ok := netip.AddrFromSlice(raw); err == nil && ok {
			if out == nil {
				out = make(map[netip.Addr]bool)
			}
			out[a] = true
		}
	}
	return out
}
