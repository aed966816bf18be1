//go:build !linux

package siege

import "net/netip"

// elsewhere is missing: loopback has one address.
var elsewhere netip.Addr
