package client

import (
	"context"
	"maps"

	"github.com/earshot/earshot/sfu/signal"
)

// Report tells the host what our receiver measured since the last report. It is dropped while reconnecting.
func (s *Session) Report(ctx context.Context, r signal.Report) error {
	l, err := s.current()
	if err != nil {
		return nil //nolint:nilerr // the next one says more
	}
	return l.send(ctx, &r)
}

// linksChanged merges what changed and forgets who left. It runs on the session's goroutine.
func (s *Session) linksChanged(changed map[string]signal.Link) {
	if s.links == nil {
		s.links = make(map[string]signal.Link)
	}
	maps.Copy(s.links, changed)
	s.mu.Lock()
	maps.DeleteFunc(s.links, func(id string, _ signal.Link) bool {
		_, inside := s.room.Participant(id)
		return !inside
	})
	s.mu.Unlock()
	s.cfg.OnLinks(maps.Clone(s.links))
}
