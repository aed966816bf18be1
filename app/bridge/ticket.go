package bridge

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/url"
	"sync"
	"time"
)

// A browser is started with the page's address as an argument, and the arguments of a program can be read by everybody on the
// computer for as long as it runs. So that address has no token but a ticket, which the first page that shows it exchanges for
// the token: whoever reads it later has nothing, and on Linux, where it is known whose socket calls, another user has nothing
// even if they are faster than the browser.
const (
	// ticketFor is how long a ticket may wait for its page: a browser that starts cold on a slow disk takes some 10 s.
	ticketFor = time.Minute
	// maxTickets is how many may wait at a time; of more the oldest goes. Each is one browser window that somebody opened.
	maxTickets = 8
	// tokenEvent is the event by which a page is given the token for its ticket.
	tokenEvent = "token"
)

// tickets are those that have been given out. The zero value is ready. It is safe for concurrent use.
type tickets struct {
	mu     sync.Mutex
	issued []ticket // the oldest first
}

type ticket struct {
	secret string
	until  time.Time
	page   string // that has shown it, "" for none yet: it alone may show it again, should its connection break
}

// issue returns a new ticket.
func (t *tickets) issue(now time.Time) string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
	t.mu.Lock()
	defer t.mu.Unlock()
	t.issued = append(t.issued, ticket{secret: hex.EncodeToString(secret[:]), until: now.Add(ticketFor)})
	t.issued = t.issued[max(0, len(t.issued)-maxTickets):]
	return t.issued[len(t.issued)-1].secret
}

// admit reports whether a page may come in by a ticket, which from then on is that page's.
func (t *tickets) admit(secret, page string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.issued {
		known := &t.issued[i]
		if !same(secret, known.secret) {
			continue
		}
		if now.After(known.until) || known.page != "" && known.page != page {
			return false
		}
		known.page = page
		return true
	}
	return false
}

// admits reports whether a request for a WebSocket shows the token, or a ticket, which another user's program may not.
func (g *guard) admits(query url.Values, from net.Conn) bool {
	if query.Has("ticket") {
		return !othersSocket(from) && g.tickets.admit(query.Get("ticket"), query.Get("page"), time.Now())
	}
	return same(query.Get("token"), g.token)
}

// tokenMessage is what a page that came by a ticket is told first.
func (g *guard) tokenMessage() event {
	frame, _ := json.Marshal(map[string]string{"event": tokenEvent, "data": g.token}) // text is always JSON
	return event{tokenEvent, frame}
}
