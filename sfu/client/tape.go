package client

import (
	"context"

	"github.com/earshot/earshot/sfu/signal"
)

// Tape begins to record, or goes on over another connection: it sends the offer of a connection of its own and returns the host's
// answer. Everybody is told; Update with Recording false ends it. Errors: CodeNoRecording, CodeRecordingsFull, CodeBadOffer,
// CodeRateLimited, CodeUnsupported (an older host), CodeLost.
func (s *Session) Tape(ctx context.Context, offer string) (answer string, err error) {
	return s.negotiate(ctx, &signal.Tape{Offer: offer})
}
