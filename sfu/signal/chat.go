package signal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// MaxChatText is the length of one chat message in bytes of UTF-8: 4,000 Latin letters or 1,333 Hangul syllables, a
	// page of text. Escaped as JSON, where '<' takes six bytes, five of them fit into MaxMessage.
	MaxChatText = 4000
	// MaxChatLines is how many lines one message may have: a screen of them.
	MaxChatLines = 60
	// maxTag is the length of a tag in bytes; a page's own has 24.
	maxTag = 64
	// maxChatBatch is how many messages one Chat may carry.
	maxChatBatch = 100
)

// Say is one chat message to the room.
type Say struct {
	Text string `json:"text"`
	// Tag is the sender's own, random one: a message that is sent again, because nobody knows whether it arrived, is
	// shown once.
	Tag string `json:"tag"`
}

// Chat carries chat messages in their order. After a Welcome comes what was said before.
type Chat struct {
	Messages []ChatMessage `json:"messages"`
	// Earlier says that they were said before this participant came: they are not news.
	Earlier bool `json:"earlier,omitempty"`
}

// ChatMessage is one message of a room's chat.
type ChatMessage struct {
	Number uint64 `json:"n"`    // from 1, without gaps; the host's order is everybody's
	At     int64  `json:"at"`   // ms since 1970 on the host's clock
	From   string `json:"from"` // participant id, perhaps of somebody who has left
	Name   string `json:"name"` // the sender's then
	Text   string `json:"text"` // plain text, never markup
	Tag    string `json:"tag,omitempty"`
	Guest  bool   `json:"guest,omitempty"` // the sender was a guest
}

// CleanText returns a message fit to show: NFC, lines ended by "\n", without control and format characters but those that
// emoji need, no more than one empty line in a row, nothing around it. It returns CodeBadText when nothing is left, and for
// more than MaxChatText bytes or MaxChatLines lines.
func CleanText(text string) (string, error) {
	if len(text) > 4*MaxChatText || !utf8.ValidString(text) {
		return "", Problemf(CodeBadText, "not UTF-8, or over %d bytes", MaxChatText)
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\t", "    ").Replace(text)
	text = norm.NFC.String(strings.Map(func(r rune) rune {
		const joiner = '\u200d'
		if r != '\n' && r != joiner && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r)) {
			return -1
		}
		return r
	}, text))
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line != "" || (len(lines) > 0 && lines[len(lines)-1] != "") {
			lines = append(lines, line)
		}
	}
	text = strings.TrimSpace(strings.Join(lines, "\n"))
	switch {
	case strings.Trim(text, "\u200d\n ") == "":
		return "", Problemf(CodeBadText, "empty")
	case len(text) > MaxChatText:
		return "", Problemf(CodeBadText, "%d bytes, limit %d", len(text), MaxChatText)
	case len(lines) > MaxChatLines:
		return "", Problemf(CodeBadText, "%d lines, limit %d", len(lines), MaxChatLines)
	}
	return text, nil
}

func (m *Say) validate() (err error) {
	if m.Tag == "" || len(m.Tag) > maxTag {
		return Problemf(CodeBadMessage, "tag of %d bytes, limit %d", len(m.Tag), maxTag)
	}
	m.Text, err = CleanText(m.Text)
	return err
}

// validate cleans in place: a hostile host must not reach the screens of others with it either.
func (m *Chat) validate() error {
	if len(m.Messages) > maxChatBatch {
		return Problemf(CodeBadMessage, "%d chat messages, limit %d", len(m.Messages), maxChatBatch)
	}
	for i := range m.Messages {
		if err := m.Messages[i].validate(); err != nil {
			return err
		}
	}
	return nil
}

func (c *ChatMessage) validate() (err error) {
	if c.Number == 0 || len(c.From) > 64 || len(c.Tag) > maxTag {
		return Problemf(CodeBadMessage, "chat message without a number, or a field too long")
	}
	if c.Name, err = CleanName(c.Name); err != nil {
		return err
	}
	c.Text, err = CleanText(c.Text)
	return err
}
