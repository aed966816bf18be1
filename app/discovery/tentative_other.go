//go:build !linux

package discovery

import "net/netip"

// tentative returns nothing: the system is not asked which addresses cannot be used yet. The later announcements and rounds of
// queries find what the first ones missed.
func tentative() map[netip.Addr]bool { return nil }
