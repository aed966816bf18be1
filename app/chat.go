package app

import (
	"context"

	"github.com/earshot/earshot/sfu/signal"
)

// chatKept is how many messages of a stay are kept for a page that is reloaded: more than a host tells newcomers of.
const chatKept = 500

// Chat is what was written in a room.
type Chat struct {
	Room     string               `json:"room"`     // id
	Messages []signal.ChatMessage `json:"messages"` // each with a number higher than those before
	// Earlier says that they were written before we came.
	Earlier bool `json:"earlier"`
}

// GetChat returns what was written in the room we are in, as far as it is kept. Errors: CodeNotInRoom.
func (m *Methods) GetChat() (Chat, error) {
	st, err := m.app.current()
	if err != nil {
		return Chat{}, err
	}
	m.app.mu.Lock()
	defer m.app.mu.Unlock()
	return Chat{
		Room:     st.session.Snapshot().Facts.ID,
		Messages: append([]signal.ChatMessage{}, st.chat...), Earlier: true,
	}, nil
}

// Say writes to the room and returns when it is there for everybody. After CodeLost nobody knows whether it arrived: it can be
// said again with the same tag, a random text of the page's, and is shown once. Other errors: CodeBadText, CodeRateLimited,
// CodeNotInRoom.
func (m *Methods) Say(text, tag string) error {
	return m.call(func(ctx context.Context, st *stay) error { return st.session.Say(ctx, text, tag) })
}

// OpenLink opens a link of the chat in the default browser: http and https alone. Errors: CodeBadAddress, CodeNoBrowser.
func (m *Methods) OpenLink(url string) error {
	if m.app.cfg.OpenLink == nil {
		return signal.Problemf(signal.CodeNoBrowser, "")
	}
	return m.app.cfg.OpenLink(url)
}

// written keeps what came, and hands it to the pages once they know of the stay: its page asks for what was before.
func (a *App) written(st *stay, messages []signal.ChatMessage, earlier bool) {
	a.mu.Lock()
	st.chat = append(st.chat, messages...)
	st.chat = st.chat[max(0, len(st.chat)-chatKept):]
	known := a.stay == st
	a.mu.Unlock()
	if known {
		a.emit(EventChat, Chat{Room: st.session.Snapshot().Facts.ID, Messages: messages, Earlier: earlier})
	}
}
