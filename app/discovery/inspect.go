package discovery

import (
	"net/netip"
	"time"

	"github.com/earshot/earshot/internal/lan"
)

// Inspection is what a Browser has seen of each network: what a doctor goes by. Times are zero for never; they and the
// addresses belong to the time since the network last changed.
type Inspection struct {
	Interfaces []InterfaceSeen // all of the machine but loopback, in the system's order
	Silent     []SilentRoom    // rooms that are advertised and do not answer, the latest heard first; at most 16
	Crowded    bool            // more rooms are advertised than are looked at; see Status
}

// InterfaceSeen is one network interface.
type InterfaceSeen struct {
	Name      string
	Kind      lan.Kind
	Prefixes  []netip.Prefix // its addresses, IPv4 unmapped, no zones
	Up        bool           // administratively and with a carrier
	Multicast bool           // can multicast at all
	Browsed   bool           // is one of those that are browsed on
	Listening bool           // its mDNS listener is open
	Asked     time.Time      // when a query of ours was last sent on it
	Looped    time.Time      // when one was last heard back
	// Apps are the other computers that asked for rooms on it, and when they last did; at most 64.
	Apps map[netip.Addr]time.Time
}

// SilentRoom is a room that is advertised and does not answer under any of its addresses.
type SilentRoom struct {
	Source    netip.Addr // who advertised it
	Addresses []netip.AddrPort
	Heard     time.Time // last advertisement
	Failures  int       // attempts without an answer since it last answered
}
