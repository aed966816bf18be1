package siege

import "net/netip"

// elsewhere is another computer's address as far as a room on loopback can tell.
var elsewhere = netip.MustParseAddr("127.0.0.66")
