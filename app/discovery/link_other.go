//go:build !linux

package discovery

import "syscall"

// onlyJoined has nothing to do: outside Linux a socket hears only the groups that it joined itself.
func onlyJoined(_, _ string, _ syscall.RawConn) error { return nil }
