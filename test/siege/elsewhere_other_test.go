//go:build !linux

package siege

import (
	"net/netip"
	"os"
	"testing"
)

// elsewhere is missing: loopback has one address.
var elsewhere netip.Addr

func signalTo(*testing.T, *os.Process, bool) {}
