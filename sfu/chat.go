package sfu

import (
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/earshot/earshot/sfu/signal"
)

// chatBatch is about how many bytes of text go into one message: escaped as JSON, six times as many, they stay under
// signal.MaxMessage.
const chatBatch = 12 << 10

// chat is what was said in writing, as far as it is kept. It belongs to the room's goroutine.
type chat struct {
	messages []signal.ChatMessage // in their order
	bytes    int                  // of their texts
	last     uint64               // number of the last one
}

// add numbers a message and keeps it, and lets the oldest go that are over the bounds.
func (c *chat) add(m signal.ChatMessage, cfg *Config) signal.ChatMessage {
	c.last++
	m.Number = c.last
	c.messages = append(c.messages, m)
	c.bytes += len(m.Text)
	for len(c.messages) > cfg.ChatKept || c.bytes > cfg.ChatKeptBytes {
		c.bytes -= len(c.messages[0].Text)
		c.messages = slices.Delete(c.messages, 0, 1)
	}
	return m
}

// after returns what came after the message of that number, in pieces that fit into a message each.
func (c *chat) after(number uint64) [][]signal.ChatMessage {
	var pieces [][]signal.ChatMessage
	bytes := 0
	for _, m := range c.messages {
		if m.Number <= number {
			continue
		}
		if bytes += len(m.Text) + signal.MaxName; len(pieces) == 0 || bytes > chatBatch {
			pieces, bytes = append(pieces, nil), len(m.Text)+signal.MaxName
		}
		i := len(pieces) - 1
		pieces[i] = append(pieces[i], m)
	}
	return pieces
}

// tagged returns the message that was sent with a tag.
func (c *chat) tagged(tag string) (signal.ChatMessage, bool) {
	for _, m := range slices.Backward(c.messages) {
		if m.Tag == tag {
			return m, true
		}
	}
	return signal.ChatMessage{}, false
}

// say passes on what a participant writes, once for each tag. Errors: CodeRateLimited.
func (r *room) say(p *participant, m *signal.Say) error {
	var problem error
	r.do(func() {
		if !slices.Contains(r.roster, p) {
			return // its bye is on the way
		}
		if known, ok := r.chat.tagged(m.Tag); ok {
			if p.conn != nil {
				p.conn.send(&signal.Chat{Messages: []signal.ChatMessage{known}})
			}
			return
		}
		if !p.says.Allow() {
			problem = signal.Problemf(signal.CodeRateLimited, "more than one chat message in %v", r.cfg.ChatEvery)
			return
		}
		said := r.chat.add(signal.ChatMessage{
			At: time.Now().UnixMilli(), From: p.entry.ID, Name: p.entry.Name, Text: m.Text, Tag: m.Tag, Guest: p.entry.Guest,
		}, &r.cfg)
		r.broadcast(&signal.Chat{Messages: []signal.ChatMessage{said}}, nil)
	})
	return problem
}

// tellChat sends a new connection what it does not have. earlier: it is somebody's first.
func (r *room) tellChat(c *conn, have uint64, earlier bool) {
	for _, messages := range r.chat.after(have) {
		c.send(&signal.Chat{Messages: messages, Earlier: earlier})
	}
}

// newSays bounds what one participant writes.
func (c *Config) newSays() *rate.Limiter {
	return rate.NewLimiter(rate.Every(c.ChatEvery), c.ChatBurst)
}
