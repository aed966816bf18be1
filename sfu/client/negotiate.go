package client

import (
	"context"

	"github.com/earshot/earshot/sfu/signal"
)

type restartReply struct {
	answer string
	err    error
}

// Restart sends an offer with new ICE credentials and returns the host's answer.
func (s *Session) Restart(ctx context.Context, offer string) (string, error) {
	return s.Renegotiate(ctx, signal.Restart{Offer: offer})
}

// Renegotiate sends another offer of the same m-lines, with or without another quality, and returns the host's answer.
func (s *Session) Renegotiate(ctx context.Context, m signal.Restart) (string, error) {
	return s.negotiate(ctx, &m)
}

// negotiate sends a message that has an offer and returns the host's answer to that.
func (s *Session) negotiate(ctx context.Context, m signal.Message) (string, error) {
	s.restarts.Lock()
	defer s.restarts.Unlock()
	l, err := s.current()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	if err := l.send(ctx, m); err != nil {
		return "", err
	}
	select {
	case r := <-s.replies:
		return r.answer, r.err
	case <-s.done:
		return "", s.Problem()
	case <-ctx.Done():
		s.giveUpReply(l)
		return "", signal.Problemf(signal.CodeLost, "no answer to the %s", signal.Kind(m))
	}
}

// giveUpReply makes the reply that was waited for on l nobody's.
func (s *Session) giveUpReply(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.replies: // it came just now
	default:
		if s.link == l { // else it never comes
			s.owed++
		}
	}
}

// reply hands an answer to the one who waits for it. Replies come in the order of the questions, so those of askers who
// gave up are counted off first.
func (s *Session) reply(r restartReply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owed > 0 {
		s.owed--
		return
	}
	select {
	case s.replies <- r:
	default: // nobody asked
	}
}
