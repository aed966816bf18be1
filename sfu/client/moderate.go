package client

import (
	"context"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// moderateWithin bounds the exchange over a deed: the host answers in milliseconds.
const moderateWithin = 5 * time.Second

// Moderate has the host do something to the room or to somebody in it; its Ask is set here. When it returns nil it is done.
// Errors: CodeForbidden, CodeNobody, CodeAlreadySo, CodeNoKey, CodeListFull, CodeBadReason, CodeUnsupported (an older host), and
// CodeLost while reconnecting or when no answer came.
func (s *Session) Moderate(ctx context.Context, m signal.Moderate) error {
	return s.askAbout(ctx, string(m.Do), func(ask uint64) signal.Message {
		m.Ask = ask
		return &m
	})
}

// askAbout sends a question that has a number and waits for its answer.
func (s *Session) askAbout(ctx context.Context, what string, question func(ask uint64) signal.Message) error {
	l, err := s.current()
	if err != nil {
		return err
	}
	answer := make(chan error, 1)
	s.mu.Lock()
	s.asked++
	ask := s.asked
	if s.deeds == nil {
		s.deeds = make(map[uint64]chan<- error)
	}
	s.deeds[ask] = answer
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.deeds, ask)
		s.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, moderateWithin)
	defer cancel()
	if err := l.send(ctx, question(ask)); err != nil {
		return err
	}
	select {
	case err := <-answer:
		return err
	case <-s.done:
		return s.Problem()
	case <-ctx.Done():
		return signal.Problemf(signal.CodeLost, "no answer to %s", what)
	}
}

// moderated hands the answer to a deed to the one who waits for it.
func (s *Session) moderated(ask uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer := s.deeds[ask]; answer != nil {
		delete(s.deeds, ask)
		answer <- err
	}
}

// awaitWelcome waits until somebody in the room lets us in, for as long as ctx allows, and pings meanwhile: a host that is gone
// decides nothing. When ctx ends the host is told that we do not wait any more. Errors are those of a join.
func (l *link) awaitWelcome(ctx context.Context, every, deadAfter time.Duration) (*signal.Welcome, error) {
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-reading.Done():
				return
			case <-ctx.Done():
				goodbye, cancel := context.WithTimeout(reading, leaveWithin)
				_ = l.send(goodbye, &signal.Leave{}) // its bye is the answer that the reading below waits for
				<-goodbye.Done()
				cancel()
				stop()
				return
			case <-tick.C:
			}
			// It outlives a welcome that comes meanwhile: cancelled in the middle of a write, it would break the connection.
			pong, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadAfter)
			err := l.ws.Ping(pong)
			cancel()
			if err != nil {
				stop()
				return
			}
		}
	}()
	for {
		m, err := l.next(reading)
		if err != nil {
			if ctx.Err() != nil {
				return nil, signal.Problemf(signal.CodeLeft, "gave up waiting")
			}
			return nil, signal.Problemf(signal.CodeLost, "%v", err)
		}
		switch m := m.(type) {
		case *signal.Welcome:
			return m, nil
		case *signal.Bye:
			return nil, &m.Problem
		default: // not for those who wait
		}
	}
}
