//go:build !linux

package bridge

import "net"

// othersSocket reports false: on Windows other users do not see a program's arguments, and on macOS nothing says whose socket
// calls.
func othersSocket(net.Conn) bool { return false }
