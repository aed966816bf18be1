package app

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/earshot/earshot/app/voice"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
)

// checkFor is how long somebody may listen to themselves: a page that forgets to end it leaves no room behind.
const checkFor = 10 * time.Minute

// CheckRequest has the offers of a page's two connections, each with one sendonly audio m-line and one recvonly: what the first says,
// the second hears. Without both the app makes the connections, for a page without RTCPeerConnection.
type CheckRequest struct {
	Page     string `json:"page"`
	Speaking string `json:"speaking"`
	Hearing  string `json:"hearing"`
}

// CheckReply has their answers.
type CheckReply struct {
	Speaking string `json:"speaking"`
	Hearing  string `json:"hearing"`
	Voice    string `json:"voice,omitempty"` // ws://…: where the page's Opus goes (package voice), if it made no offers
}

// check is a room for one person who wants to hear what a room makes of their voice: the room that everybody uses, with two
// connections of one page in it. It is advertised nowhere, is full with those two, and its PIN is known to nobody.
type check struct {
	page     string
	server   *sfu.Server
	sessions []*client.Session
	line     *voice.Line // nil when the page has connections of its own
	timer    *time.Timer
}

// StartCheck lets the page hear its own microphone by the way that voices take through a room, in place of an earlier such check, until
// EndCheck, for checkFor at most. Errors: CodeBadOffer, CodePortsTaken, CodeUnsupported.
func (m *Methods) StartCheck(req CheckRequest) (CheckReply, error) { return m.app.startCheck(req) }

// EndCheck ends it; without one it does nothing.
func (m *Methods) EndCheck() error {
	m.app.checking.Lock()
	defer m.app.checking.Unlock()
	m.app.endCheck()
	return nil
}

func (a *App) startCheck(req CheckRequest) (CheckReply, error) {
	a.checking.Lock()
	defer a.checking.Unlock()
	a.endCheck()
	if a.isClosed() {
		return CheckReply{}, errClosed
	}
	pin := rand.Text()
	server, err := sfu.Listen(sfu.Config{
		Name: "Check", HostName: "Check", Listen: ":0", Seats: 1, Capacity: 2, PIN: pin, Identity: a.identity, Logger: a.log,
	})
	if err != nil {
		return CheckReply{}, err
	}
	c := &check{page: req.Page, server: server}
	a.check = c
	reply, err := a.fillCheck(c, req, pin)
	if err != nil {
		a.endCheck()
		return CheckReply{}, err
	}
	c.timer = time.AfterFunc(checkFor, func() { a.dropCheck(func(other *check) bool { return other == c }) })
	return reply, nil
}

// fillCheck joins both connections.
func (a *App) fillCheck(c *check, req CheckRequest, pin string) (reply CheckReply, err error) {
	offers := []string{req.Speaking, req.Hearing}
	if req.Speaking == "" && req.Hearing == "" {
		if c.line, offers, err = a.openCheckLine(); err != nil {
			return reply, err
		}
	}
	for i, offer := range offers {
		session, err := a.joinCheck(c, offer, pin, i == 1)
		if err != nil {
			return reply, err
		}
		c.sessions = append(c.sessions, session)
	}
	if c.line == nil {
		return CheckReply{Speaking: c.sessions[0].Answer(), Hearing: c.sessions[1].Answer()}, nil
	}
	err = errors.Join(c.line.Accept(c.sessions[0].Answer()), c.line.Ears.Accept(c.sessions[1].Answer()))
	return CheckReply{Voice: c.line.URL()}, err
}

// openCheckLine makes the connections of a page that has none, and their offers.
func (a *App) openCheckLine() (*voice.Line, []string, error) {
	if a.voice == nil {
		return nil, nil, errNoVoice
	}
	line, err := a.voice.OpenCheck()
	if err != nil {
		return nil, nil, err
	}
	speaking, err := line.Offer(context.Background())
	if err == nil {
		var hearing string
		if hearing, err = line.Ears.Offer(context.Background()); err == nil {
			return line, []string{speaking, hearing}, nil
		}
	}
	line.Close()
	return nil, nil, err
}

func (a *App) joinCheck(c *check, offer, pin string, listener bool) (*client.Session, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	return client.Join(ctx, client.Config{
		Address:     net.JoinHostPort("127.0.0.1", strconv.Itoa(c.server.Port())),
		Fingerprint: c.server.Fingerprint(), Identity: a.identity, Name: "Check", PIN: pin,
		Offer: offer, Listener: listener, Quality: a.quality(), Logger: a.log,
	})
}

// endCheck ends the check, if there is one. The caller holds checking.
func (a *App) endCheck() {
	c := a.check
	if c == nil {
		return
	}
	a.check = nil
	if c.timer != nil {
		c.timer.Stop()
	}
	for _, session := range c.sessions {
		session.Leave()
	}
	if c.line != nil {
		c.line.Close()
	}
	if err := c.server.Close(); err != nil {
		a.log.Warn("check_not_closed_cleanly", "error", err)
	}
}

// dropCheck ends the check if it is one of those that are meant.
func (a *App) dropCheck(meant func(*check) bool) {
	a.checking.Lock()
	defer a.checking.Unlock()
	if a.check != nil && meant(a.check) {
		a.endCheck()
	}
}
