package client

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// sayWithin is how long the host may take to pass a message on before nobody knows whether it has it.
const sayWithin = 5 * time.Second

// chat is what a session knows of the room's chat.
type chat struct {
	mu      sync.Mutex
	last    uint64   // number of the last message that came
	waiting []*asker // in the order of what they sent
}

// asker waits for a message of its own to come back. Several may wait for one tag.
type asker struct {
	tag  string
	said chan error // of size 1, sent to once
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
	one := s.chat.expect(tag)
	defer s.chat.settle(nil, func(other *asker) bool { return other == one })
	ctx, cancel := context.WithTimeout(ctx, sayWithin)
	defer cancel()
	if err := l.send(ctx, &signal.Say{Text: text, Tag: tag}); err != nil {
		return err
	}
	select {
	case err := <-one.said:
		return err
	case <-s.done:
		return s.Problem()
	case <-ctx.Done():
		return signal.Problemf(signal.CodeLost, "the host has not passed it on")
	}
}

// take hands on what came and is new.
func (c *chat) take(m *signal.Chat) []signal.ChatMessage {
	var fresh []signal.ChatMessage
	for _, said := range m.Messages {
		c.settle(nil, func(one *asker) bool { return one.tag == said.Tag })
		c.mu.Lock()
		if said.Number > c.last {
			c.last = said.Number
			fresh = append(fresh, said)
		}
		c.mu.Unlock()
	}
	return fresh
}

// refused ends the oldest wait: the host answers in the order of the questions.
func (c *chat) refused(p *signal.Problem) {
	first := true
	c.settle(p, func(*asker) bool {
		oldest := first
		first = false
		return oldest
	})
}

// lost ends all waits: the link they were asked on is gone.
func (c *chat) lost() {
	c.settle(signal.Problemf(signal.CodeLost, "the connection dropped"), func(*asker) bool { return true })
}

func (c *chat) expect(tag string) *asker {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := &asker{tag, make(chan error, 1)}
	c.waiting = append(c.waiting, one)
	return one
}

// settle ends the waits of those who are meant, nil being that the message is there.
func (c *chat) settle(problem *signal.Problem, meant func(*asker) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = slices.DeleteFunc(c.waiting, func(one *asker) bool {
		if !meant(one) {
			return false
		}
		var err error
		if problem != nil {
			err = problem
		}
		one.said <- err
		return true
	})
}

func (c *chat) number() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}
