package client

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/earshot/earshot/sfu/signal"
)

// dialProblem keeps a *signal.Problem that came up through the transport (a wrong fingerprint); everything else that
// keeps a connection from standing is CodeUnreachable, with the cause still to be found by errors.Is.
func dialProblem(err error) error {
	if p, ok := errors.AsType[*signal.Problem](err); ok {
		return p
	}
	return fmt.Errorf("%w%w", signal.Problemf(signal.CodeUnreachable, "%v", err), hidden{err})
}

// hidden adds a cause to an error without repeating its text.
type hidden struct{ err error }

func (hidden) Error() string   { return "" }
func (h hidden) Unwrap() error { return h.err }

// isRefused reports that the host's machine answered and nobody listens there (ECONNREFUSED, or Windows'
// WSAECONNREFUSED, 10061).
func isRefused(err error) bool {
	const wsaRefused = syscall.Errno(10061)
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused)
}
