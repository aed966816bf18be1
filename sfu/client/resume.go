package client

import (
	"context"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// resumeWithin bounds a resume after the dial. It may be repeated, so it waits for a dead path less long than joinWithin.
const resumeWithin = 3 * time.Second

// reconnect resumes our place on a new link, spare if there is one, for as long as the host keeps it and Patience
// lasts. CodeExpired is the host's word that the place is gone: the way back is a new Join.
func (s *Session) reconnect(ctx context.Context, old, spare *link) (*link, *signal.Problem) {
	s.mu.Lock()
	s.link = nil
	leaving := s.leaving
	s.mu.Unlock()
	if leaving {
		if spare != nil {
			spare.close()
		}
		return nil, &signal.Problem{Code: signal.CodeLeft}
	}
	s.chat.lost()
	s.cfg.OnStatus(true)
	s.log.Info("signal_lost", "participant", s.you)
	s.watcher.hurry(true)
	defer s.watcher.hurry(false)
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Patience)
	defer cancel()
	for {
		l := spare
		if spare = nil; l == nil {
			var err error
			if l, err = redial(ctx, s.target(), s.news); err != nil {
				return nil, signal.Problemf(signal.CodeLost, "%v", err)
			}
		}
		welcome, err := l.join(ctx, &signal.Join{V: signal.Version, Resume: s.resume, Chat: s.chat.number()}, resumeWithin)
		if err == nil {
			s.resumed(ctx, old, l, welcome)
			return l, nil
		}
		l.close()
		if p := signal.AsProblem(err); p.Code != signal.CodeUnreachable && p.Code != signal.CodeLost {
			return nil, p
		}
		select {
		case <-ctx.Done():
			return nil, signal.Problemf(signal.CodeLost, "%v", err)
		case <-time.After(redialEvery):
		}
	}
}

func (s *Session) resumed(ctx context.Context, old, l *link, welcome *signal.Welcome) {
	s.mu.Lock()
	s.link, s.address, s.owed = l, l.address, 0
	voice := s.voice
	s.mu.Unlock()
	if voice != nil {
		if err := l.send(ctx, voice); err != nil {
			s.log.Debug("voice_not_repeated", "error", err)
		}
	}
	s.log.Info("signal_resumed", "participant", s.you)
	s.replace(welcome.Room)
	if old.local.Addr() != l.local.Addr() || old.remote != l.remote {
		s.moved()
	}
	s.cfg.OnStatus(false)
}

// moved lets media look for a new way.
func (s *Session) moved() {
	s.mu.Lock()
	s.path++
	s.movedAt = time.Now()
	s.mu.Unlock()
	s.cfg.OnMoved()
}

// unsettled reports that the last move was a short while ago.
func (s *Session) unsettled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.movedAt) < settleFor
}
