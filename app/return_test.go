package app_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// cable leads to a host's TCP port until it is pulled.
type cable struct {
	net.Listener
	pulled atomic.Bool
	work   sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func newCable(t *testing.T, target string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{Listener: l}
	c.work.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil || c.pulled.Load() {
				_ = in.Close()
				continue
			}
			c.mu.Lock()
			c.conns = append(c.conns, in, out)
			c.mu.Unlock()
			c.work.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
			c.work.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		c.pull()
		c.work.Wait()
	})
	return c
}

func (c *cable) pull() {
	c.pulled.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// away joins a room whose host keeps a place for 50 ms, pulls the cable for longer, and waits for the app to say that
// the page has to enter again.
func away(t *testing.T) (*app.App, *app.Methods, *sfu.Server, app.JoinReply) {
	t.Helper()
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	host, err := sfu.Listen(sfu.Config{
		Name: "Kitchen", HostName: "Mina", Listen: "127.0.0.1:0", Identity: id, ResumeWithin: 50 * time.Millisecond,
		PIN: "4711", // the way back needs it again, and the page does not know it
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	wire := newCable(t, net.JoinHostPort("127.0.0.1", portOf(host)))
	a, m := start(t, t.TempDir())
	invite := signal.Invite{Address: wire.Addr().String(), RoomID: host.Facts().ID, Fingerprint: host.Fingerprint()}
	reply, err := m.Join(app.JoinRequest{Room: invite.String(), Page: "page", Offer: offer(t, 10), PIN: "4711"})
	if err != nil {
		t.Fatal(err)
	}
	wire.pull()
	eventually(t, "the host gives the place up", func() bool { return host.Facts().Participants == 0 })
	wire.pulled.Store(false)
	eventually(t, "the page is asked to enter again", func() bool {
		s := a.State().Session
		return s != nil && s.Rejoin && s.Status == app.StatusReconnecting
	})
	return a, m, host, reply
}

func portOf(s *sfu.Server) string {
	_, port, _ := net.SplitHostPort(s.Addresses()[0])
	return port
}

func TestApp_EntersAgainAfterALongAbsence(t *testing.T) {
	a, m, host, before := away(t)
	reply, err := m.Join(app.JoinRequest{Room: before.Session.Invite, Page: "page", Offer: offer(t, 10), Muted: true})
	if err != nil {
		t.Fatal(err)
	}
	s := a.State().Session
	if s == nil || s.Rejoin || s.Status != app.StatusJoined || s.You == before.Session.You || reply.Answer == "" {
		t.Errorf("session %+v", s)
	}
	if host.Facts().Participants != 1 || len(a.State().Notices) != 0 {
		t.Errorf("%d participants, notices %v", host.Facts().Participants, a.State().Notices)
	}
}

func TestApp_StaysLeftWhenThePageLeavesInsteadOfReturning(t *testing.T) {
	a, m, host, _ := away(t)
	if err := m.Leave(); err != nil {
		t.Fatal(err)
	}
	if s := a.State(); s.Session != nil || len(s.Notices) != 0 {
		t.Errorf("state %+v", s)
	}
	if host.Facts().Participants != 0 {
		t.Error("somebody is inside")
	}
}
