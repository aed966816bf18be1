package client

import (
	"context"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// sayWithin is how long the host may take to pass a message on before nobody knows whether it has it.
const sayWithin = 5 * time.Second

// chat is what a session knows of the room's chat.
type chat struct {
	mu      sync.Mutex
	last    uint64                  // number of the last message that came
	waiting map[string]chan<- error // by tag: who waits for a message of its own to come back
	order   []string                // the tags in the order they were sent
}

// Say writes to the room and returns once the host has passed it on. The same tag again is the same message: after
// CodeLost, which says that nobody knows whether it arrived, it may be said again. Other errors: CodeBadText,
// CodeRateLimited, what else a host answers.
func (s *Session) Say(ctx context.Context, text, tag string) error {
	text, err := signal.CleanText(text)
	if err != nil {
		return err
	}
	l, err := s.current()
	if err != nil {
		return err
	}
	said := s.chat.expect(tag)
	defer s.chat.forget(tag)
	ctx, cancel := context.WithTimeout(ctx, sayWithin)
	defer cancel()
	if err := l.send(ctx, &signal.Say{Text: text, Tag: tag}); err != nil {
		return err
	}
	select {
	case err := <-said:
		return err
	case <-s.done:
		return s.Problem()
	case <-ctx.Done():
		return signal.Problemf(signal.CodeLost, "the host has not passed it on")
	}
}

// take hands on what came and is new.
func (c *chat) take(m *signal.Chat) []signal.ChatMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh := m.Messages[:0]
	for _, said := range m.Messages {
		c.settle(said.Tag, nil)
		if said.Number > c.last {
			c.last = said.Number
			fresh = append(fresh, said)
		}
	}
	return fresh
}

// refused ends the oldest wait: the host answers in the order of the questions.
func (c *chat) refused(p *signal.Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.order) > 0 {
		c.settle(c.order[0], p)
	}
}

// lost ends all waits: the link they were asked on is gone.
func (c *chat) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.order) > 0 {
		c.settle(c.order[0], signal.Problemf(signal.CodeLost, "the connection dropped"))
	}
}

func (c *chat) expect(tag string) <-chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := make(chan error, 1)
	if c.waiting == nil {
		c.waiting = make(map[string]chan<- error)
	}
	c.waiting[tag] = said
	c.order = append(c.order, tag)
	return said
}

func (c *chat) forget(tag string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(tag, nil)
}

func (c *chat) settle(tag string, err error) {
	said, ok := c.waiting[tag]
	if !ok {
		return
	}
	said <- err
	delete(c.waiting, tag)
	for i, one := range c.order {
		if one == tag {
			c.order = append(c.order[:i], c.order[i+1:]...)
			return
		}
	}
}

func (c *chat) number() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}
