package sfu

import (
	"errors"
	"syscall"
)

// isNotAvailable reports EADDRNOTAVAIL, or what Windows calls it (WSAEADDRNOTAVAIL, 10049).
func isNotAvailable(err error) bool {
	const wsaNotAvailable = syscall.Errno(10049)
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, wsaNotAvailable)
}
