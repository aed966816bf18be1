package sfu

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// sendQueue is how many messages may wait for a participant: at 10 levels a second and a join storm of 100, some
	// seconds' worth. One that is further behind is dropped and resumes with a fresh snapshot.
	sendQueue = 256
	// maxRefused is how many messages in a row may be over the rate before the connection is dropped.
	maxRefused = 200
	// flushWithin is how long the last message may take to leave.
	flushWithin = time.Second
)

// conn is one participant's Signal connection. serve reads; a second goroutine writes the queue; a third pings.
type conn struct {
	server        *Server
	ws            *websocket.Conn
	local, remote netip.Addr
	limiter       *rate.Limiter
	reports       *rate.Limiter
	queue         chan outgoing
	heardAt       atomic.Int64            // the last sign of life, on the media clock in ns
	stop          context.CancelCauseFunc // ends the connection; the room may call it

	who *participant // after the join; belongs to serve
}

type outgoing struct {
	data []byte
	last bool
}

var (
	errSlow = errors.New("participant does not read")
	errDead = errors.New("no pong")
	errBye  = errors.New("said bye")
)

func newConn(s *Server, local, remote netip.Addr) *conn {
	perSecond := s.cfg.MessagesPerSecond
	c := &conn{
		server: s, local: local, remote: remote,
		limiter: rate.NewLimiter(rate.Limit(perSecond), 2*perSecond),
		reports: rate.NewLimiter(rate.Every(time.Second), 2), // pages report every 2 s; timers bunch up
		queue:   make(chan outgoing, sendQueue),
	}
	c.heard()
	return c
}

// serve runs the connection to its end. joined is called when it is no longer half-open.
func (c *conn) serve(server context.Context, joined func()) {
	// The connection's context outlives the server's by the time that a bye needs to leave.
	ctx, stop := context.WithCancelCause(context.WithoutCancel(server))
	c.stop = stop
	c.ws.SetReadLimit(signal.MaxMessage)
	var helpers sync.WaitGroup
	helpers.Go(func() { c.write(ctx) })
	helpers.Go(func() { c.ping(ctx) })
	closing := context.AfterFunc(server, func() { c.bye(&signal.Problem{Code: signal.CodeRoomEnded}) })
	defer closing()
	late := time.AfterFunc(c.server.cfg.JoinWithin, func() { stop(errDead) })
	if c.join(ctx) {
		late.Stop()
		joined()
		c.read(ctx)
	}
	late.Stop()
	if c.who != nil {
		c.server.room.dropped(c.who, c)
	}
	// A bye that is on its way ends the writer, which ends the rest.
	select {
	case <-ctx.Done():
	case <-time.After(flushWithin):
	}
	stop(nil)
	helpers.Wait()
	_ = c.ws.CloseNow()
}

// join reads the first message, which must be a join, and answers it.
func (c *conn) join(ctx context.Context) bool {
	m, err := c.next(ctx)
	if err != nil {
		c.bye(signal.AsProblem(err))
		return false
	}
	join, ok := m.(*signal.Join)
	if !ok {
		c.bye(signal.Problemf(signal.CodeNotJoined, "%s before join", signal.Kind(m)))
		return false
	}
	if join.Resume != "" {
		if c.who, err = c.server.room.resume(join.Resume, c); err != nil {
			c.bye(signal.AsProblem(err))
			return false
		}
		return true
	}
	media, answer, err := c.server.newPeer(ctx, join, c.local, c.remote)
	if err != nil {
		c.bye(signal.AsProblem(err))
		return false
	}
	media.uplink.setMuted(join.Muted)
	p := &participant{
		entry: signal.Participant{
			Name: join.Name, Muted: join.Muted, Listener: join.Listener,
			Host: join.HostKey != "" && join.HostKey == c.server.hostKey,
		},
		peer: media, conn: c,
	}
	if err := c.server.room.join(p, answer); err != nil {
		media.close()
		c.bye(signal.AsProblem(err))
		return false
	}
	c.who = p
	return true
}

// read serves the participant's messages until the connection ends.
func (c *conn) read(ctx context.Context) {
	refused := 0
	for {
		m, err := c.next(ctx)
		var problem *signal.Problem
		switch {
		case errors.As(err, &problem):
			if problem.Code != signal.CodeRateLimited {
				c.send(&signal.Error{Problem: *problem, Re: signal.Kind(m)})
				continue
			}
			switch refused++; {
			case refused == 1: // one answer for a whole flood
				c.send(&signal.Error{Problem: *problem})
			case refused > maxRefused:
				c.bye(problem)
				return
			}
			continue
		case err != nil:
			return
		}
		refused = 0
		if _, leave := m.(*signal.Leave); leave {
			c.server.room.left(c.who, signal.CodeLeft)
			return
		}
		if err := c.handle(ctx, m); err != nil {
			c.send(&signal.Error{Problem: *signal.AsProblem(err), Re: signal.Kind(m)})
		}
	}
}

func (c *conn) handle(ctx context.Context, m signal.Message) error {
	switch m := m.(type) {
	case *signal.Join:
		return signal.Problemf(signal.CodeAlreadyJoined, "one join for each connection")
	case *signal.Candidate:
		return c.who.peer.candidate(m)
	case *signal.Restart:
		answer, err := c.who.peer.restart(ctx, m, c.local)
		if err != nil {
			return err
		}
		c.send(&signal.Restarted{Answer: answer})
	case *signal.Update:
		c.server.room.update(c.who, m)
	case *signal.Report:
		if !c.reports.Allow() {
			return signal.Problemf(signal.CodeRateLimited, "more than one report a second")
		}
		c.server.room.report(c.who, *m)
	case *signal.Sync:
		c.server.room.sync(c)
	}
	return nil
}

// next reads one message. A *signal.Problem is the message's fault and the connection goes on; any other error ends it.
func (c *conn) next(ctx context.Context) (signal.Message, error) {
	kind, b, err := c.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	c.heard()
	if !c.limiter.Allow() {
		return nil, signal.Problemf(signal.CodeRateLimited, "more than %d messages a second", c.server.cfg.MessagesPerSecond)
	}
	if kind != websocket.MessageText {
		return nil, signal.Problemf(signal.CodeBadMessage, "binary frame")
	}
	return signal.DecodeRequest(b)
}

// send queues a message. It never blocks: the connection of a participant who does not read is ended.
func (c *conn) send(m signal.Message) {
	if b, err := signal.Encode(m); err == nil {
		c.sendEncoded(b)
	}
}

func (c *conn) sendEncoded(b []byte) { c.enqueue(outgoing{data: b}) }

// bye queues the last message.
func (c *conn) bye(p *signal.Problem) {
	b, err := signal.Encode(&signal.Bye{Problem: *p})
	if err != nil {
		c.stop(err)
		return
	}
	c.enqueue(outgoing{data: b, last: true})
}

func (c *conn) enqueue(o outgoing) {
	select {
	case c.queue <- o:
	default:
		c.stop(errSlow)
	}
}

func (c *conn) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-c.queue:
			if err := c.writeOne(ctx, o); err != nil {
				c.stop(err)
				return
			}
		}
	}
}

func (c *conn) writeOne(ctx context.Context, o outgoing) error {
	wait := c.server.cfg.DeadAfter
	if o.last {
		wait = flushWithin
	}
	writing, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := c.ws.Write(writing, websocket.MessageText, o.data); err != nil {
		return err
	}
	if !o.last {
		return nil
	}
	// The close handshake lets the bye arrive before the connection goes; one who does not take part is cut off.
	cut := time.AfterFunc(flushWithin, func() { _ = c.ws.CloseNow() })
	defer cut.Stop()
	_ = c.ws.Close(websocket.StatusNormalClosure, "")
	return errBye
}

// ping ends the connection when nothing was heard for DeadAfter, whatever TCP still hopes for. The participant pings as
// well, and each of its pings is as good as a pong: one that does so is not asked.
func (c *conn) ping(ctx context.Context) {
	every, deadAfter := c.server.cfg.PingEvery, c.server.cfg.DeadAfter
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		silent := time.Since(c.server.epoch) - time.Duration(c.heardAt.Load())
		if silent < every+every/2 {
			continue
		}
		pinging, cancel := context.WithTimeout(ctx, deadAfter-min(silent, deadAfter-every/2))
		err := c.ws.Ping(pinging)
		cancel()
		if err != nil {
			c.stop(errDead)
			return
		}
		c.heard()
	}
}

// heard notes that the participant is there.
func (c *conn) heard() { c.heardAt.Store(int64(time.Since(c.server.epoch))) }
