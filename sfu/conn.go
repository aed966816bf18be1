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

	"github.com/earshot/earshot/sfu/internal/cpace"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	// maxRefused is how many messages in a row may be over the rate before the connection is dropped.
	maxRefused = 200
	// flushWithin is how long the last message may take to leave.
	flushWithin = time.Second
)

// conn is one participant's Signal connection. serve reads; a second goroutine writes what waits.
type conn struct {
	server        *Server
	ws            *websocket.Conn
	wire          *cork // under ws
	local, remote netip.Addr
	key           string // fingerprint of the participant's key; "": it has shown none
	guest         bool   // it is a page of ours in somebody's browser
	limiter       *rate.Limiter
	reports       *rate.Limiter
	moderations   *rate.Limiter
	offers        *rate.Limiter
	outbox        *outbox
	heardAt       atomic.Int64            // the last sign of life, on the media clock in ns
	writing       atomic.Int64            // since when what is written waits for the other end, the same way; 0: nothing does
	askedAt       time.Duration           // the last ping; belongs to the vigil
	helpers       sync.WaitGroup          // what serve waits for
	stop          context.CancelCauseFunc // ends the connection; the room may call it

	// These belong to serve.
	entry   admission     // until the join
	settled func()        // says that the connection is no longer half-open
	ahead   chan incoming // what is read while somebody waits to be let in; nil when nothing is
	who     *participant  // after the join
}

var (
	errSlow = errors.New("participant does not read")
	errDead = errors.New("no pong")
	errBye  = errors.New("said bye")
)

// reason says why a connection ended, for the log: what the network says of it has addresses.
func reason(cause error) string {
	if errors.Is(cause, errSlow) || errors.Is(cause, errDead) {
		return cause.Error()
	}
	return "closed"
}

func newConn(s *Server, local, remote netip.Addr, session []byte) *conn {
	perSecond := s.cfg.MessagesPerSecond
	c := &conn{
		server: s, local: local, remote: remote,
		limiter:     rate.NewLimiter(rate.Limit(perSecond), 2*perSecond),
		reports:     rate.NewLimiter(rate.Every(time.Second), 2), // pages report every 2 s; timers bunch up
		moderations: rate.NewLimiter(rate.Limit(s.cfg.ModerationsPerSecond), 4*s.cfg.ModerationsPerSecond),
		offers:      rate.NewLimiter(rate.Limit(s.cfg.RestartsPerSecond), rateBurst*s.cfg.RestartsPerSecond),
		outbox:      newOutbox(s.cfg.Limits),
		entry: admission{
			gate: &s.gate, from: remote, binding: cpace.Binding{Channel: []byte(signal.PINChannel + s.Fingerprint()), Session: session},
		},
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
	// Closing what is under it ends whatever ws waits for. ws would end it with a context of each read and write as well,
	// for an allocation or two each.
	defer context.AfterFunc(ctx, func() { _ = c.wire.Close() })()
	c.helpers.Go(func() { c.write(ctx) })
	c.server.vigil.watch(c)
	closing := context.AfterFunc(server, func() { c.bye(&signal.Problem{Code: signal.CodeRoomEnded}) })
	defer closing()
	late := time.AfterFunc(c.server.cfg.JoinWithin, func() { stop(errDead) })
	c.settled = func() { late.Stop(); joined() }
	if c.join(ctx) {
		c.settled()
		c.read(ctx)
		c.server.room.dropped(c.who, c, reason(context.Cause(ctx)))
	}
	late.Stop()
	// A bye that is on its way ends the writer, which ends the rest.
	select {
	case <-ctx.Done():
	case <-time.After(flushWithin):
	}
	stop(nil)
	c.server.vigil.forget(c)
	_ = c.wire.Close()
	_ = c.ws.CloseNow()
	c.helpers.Wait()
}

// join reads the first message, which must be a join, after a prove where there is a PIN, and answers it.
func (c *conn) join(ctx context.Context) bool {
	defer c.entry.end()
	m, err := c.next()
	if prove, ok := m.(*signal.Prove); ok && err == nil {
		var proof *signal.Proof
		if proof, err = c.entry.prove(prove); err == nil {
			c.send(proof)
			m, err = c.next()
		}
	}
	if err != nil {
		c.bye(signal.AsProblem(err))
		return false
	}
	join, ok := m.(*signal.Join)
	if !ok {
		c.bye(signal.Problemf(signal.CodeNotJoined, "%s before join", signal.Kind(m)))
		return false
	}
	returns := "" // a guest whose media is gone as well
	switch {
	case join.Resume != "" && join.Offer != "" && c.guest:
		returns = join.Resume
	case join.Resume != "":
		if c.who, err = c.server.room.resume(join.Resume, join.Chat, c); err != nil {
			c.bye(signal.AsProblem(err))
			return false
		}
		return true
	}
	isHost := join.HostKey != "" && join.HostKey == c.server.hostKey && !c.guest
	switch {
	case returns != "":
		join.Name, err = c.server.room.guestOf(returns)
	case c.guest:
		err = c.entry.admitGuest(join.PIN)
	default:
		err = c.entry.admit(join, isHost)
	}
	if err != nil {
		c.bye(signal.AsProblem(err))
		return false
	}
	entry := signal.Participant{
		Name: join.Name, Key: c.key, Guest: c.guest,
		Muted: join.Muted, Listener: join.Listener, Deafened: join.Deafened, Recording: join.Recording && !c.guest,
		// Whoever has the host's key is the host, also of a room without a window.
		Host: isHost || c.key == c.server.Fingerprint(),
	}
	admitted := false
	if returns == "" {
		admitted, err = c.knock(ctx, entry)
	}
	if err != nil {
		c.bye(signal.AsProblem(err))
		return false
	}
	media, answer, err := c.server.newPeer(ctx, join, c.local, c.remote)
	if err != nil {
		c.bye(signal.AsProblem(err))
		return false
	}
	media.uplink.setMuted(join.Muted)
	p := &participant{key: c.key, from: source(c.remote), entry: entry, peer: media, conn: c, says: c.server.cfg.newSays(), updates: c.server.cfg.newUpdates()}
	if err := c.server.room.join(p, answer, admitted, returns); err != nil {
		media.close()
		c.bye(signal.AsProblem(err))
		return false
	}
	c.who = p
	return true
}

// knock asks whether the room may be entered, and waits where somebody has to decide that. Nothing of media exists meanwhile.
// admitted: somebody let it in. Errors: those of room.knock, what was decided, CodeLeft.
func (c *conn) knock(ctx context.Context, entry signal.Participant) (admitted bool, err error) {
	k, err := c.server.room.knock(entry, c.remote)
	if k == nil || err != nil {
		return false, err
	}
	c.settled()
	c.send(&signal.Waiting{})
	defer c.server.room.withdraw(k)
	for refused := 0; ; {
		select {
		case problem := <-k.verdict:
			if problem != nil {
				return false, problem
			}
			return true, nil
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case r := <-c.readAhead():
			c.ahead = nil
			if _, leave := r.message.(*signal.Leave); leave && r.err == nil {
				return false, signal.Problemf(signal.CodeLeft, "")
			}
			if _, beat := r.message.(*signal.Beat); beat && r.err == nil {
				c.send(&signal.Beat{})
				continue
			}
			problem, ours := errors.AsType[*signal.Problem](r.err)
			if r.err != nil && !ours {
				return false, r.err
			}
			if refused++; refused > maxRefused {
				return false, signal.Problemf(signal.CodeRateLimited, "")
			}
			if problem == nil {
				problem = signal.Problemf(signal.CodeNotJoined, "%s while waiting", signal.Kind(r.message))
			}
			c.send(&signal.Error{Problem: *problem, Re: signal.Kind(r.message)})
		}
	}
}

// incoming is what next has returned.
type incoming struct {
	message signal.Message
	err     error
}

// readAhead reads the next message while something else is waited for. It belongs to next if nobody takes it.
func (c *conn) readAhead() <-chan incoming {
	if c.ahead == nil {
		ahead := make(chan incoming, 1)
		c.ahead = ahead
		c.helpers.Go(func() {
			m, err := c.readOne()
			ahead <- incoming{m, err}
		})
	}
	return c.ahead
}

// read serves the participant's messages until the connection ends.
func (c *conn) read(ctx context.Context) {
	refused := 0
	for {
		m, err := c.next()
		var problem *signal.Problem
		switch {
		case errors.As(err, &problem):
			if problem.Code != signal.CodeRateLimited {
				c.send(refusal(problem, m))
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
			c.send(refusal(signal.AsProblem(err), m))
		}
	}
}

// refusal is the answer to a message that changes nothing.
func refusal(problem *signal.Problem, m signal.Message) *signal.Error {
	e := &signal.Error{Problem: *problem, Re: signal.Kind(m)}
	switch m := m.(type) {
	case *signal.Moderate:
		e.Ask = m.Ask
	case *signal.Share:
		e.Ask = m.Ask
	default:
	}
	return e
}

func (c *conn) handle(ctx context.Context, m signal.Message) error {
	if c.guest && !guestMay(m) {
		return signal.Problemf(signal.CodeForbidden, "not for guests")
	}
	switch m := m.(type) {
	case *signal.Prove:
		return signal.Problemf(signal.CodeAlreadyJoined, "prove after join")
	case *signal.Join:
		return signal.Problemf(signal.CodeAlreadyJoined, "one join for each connection")
	case *signal.Candidate:
		return c.who.peer.candidate(m)
	case *signal.Restart:
		if !c.offers.Allow() {
			return signal.Problemf(signal.CodeRateLimited, "more than %d offers a second", c.server.cfg.RestartsPerSecond)
		}
		answer, err := c.who.peer.restart(ctx, m, c.local)
		if err != nil {
			return err
		}
		c.send(&signal.Restarted{Answer: answer})
	case *signal.Update:
		return c.server.room.update(c.who, m)
	case *signal.Share:
		return c.server.room.share(c.who, m)
	case *signal.Unshare:
		c.server.room.unshare(c.who, m.ID)
	case *signal.Fetch:
		return c.server.room.fetch(c.who, m)
	case *signal.Tape:
		return c.tape(ctx, m)
	case *signal.Moderate:
		if !c.moderations.Allow() {
			return signal.Problemf(signal.CodeRateLimited, "more than %d deeds a second", c.server.cfg.ModerationsPerSecond)
		}
		if err := c.server.room.moderate(c.who, m); err != nil {
			return err
		}
		c.send(&signal.Moderated{Ask: m.Ask})
	case *signal.Report:
		if !c.reports.Allow() {
			return signal.Problemf(signal.CodeRateLimited, "more than one report a second")
		}
		c.server.room.report(c.who, *m)
	case *signal.Say:
		return c.server.room.say(c.who, m)
	case *signal.Beat:
		c.send(&signal.Beat{})
	case *signal.Sync:
		c.server.room.sync(c)
	}
	return nil
}

// next reads one message. A *signal.Problem is the message's fault and the connection goes on; any other error ends it.
func (c *conn) next() (signal.Message, error) {
	if c.ahead == nil {
		return c.readOne()
	}
	r := <-c.ahead
	c.ahead = nil
	return r.message, r.err
}

func (c *conn) readOne() (signal.Message, error) {
	kind, b, err := c.ws.Read(context.Background())
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

// bye queues the last message. The connection ends when it has arrived, or soon.
func (c *conn) bye(p *signal.Problem) {
	b, err := signal.Encode(&signal.Bye{Problem: *p})
	if err != nil {
		c.stop(err)
		return
	}
	c.enqueue(outgoing{data: b, last: true})
	time.AfterFunc(2*flushWithin, func() { c.stop(errBye) })
}

func (c *conn) enqueue(o outgoing) {
	if !c.outbox.put(o) {
		c.stop(errSlow)
	}
}

func (c *conn) write(ctx context.Context) {
	var batch []outgoing
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.outbox.more:
		}
		batch = c.outbox.take(batch)
		if err := c.writeAll(batch); err != nil {
			c.stop(err)
			return
		}
	}
}

// writeAll writes messages, in one piece. After the last one it closes the connection and returns errBye.
func (c *conn) writeAll(batch []outgoing) error {
	c.writing.Store(c.now())
	defer c.writing.Store(0)
	c.wire.in()
	last := false
	for _, o := range batch {
		if err := c.ws.Write(context.Background(), websocket.MessageText, o.data); err != nil {
			return errors.Join(err, c.wire.out())
		}
		if last = o.last; last {
			break
		}
	}
	if err := c.wire.out(); err != nil || !last {
		return err
	}
	_ = c.ws.Close(websocket.StatusNormalClosure, "") // the handshake lets the bye arrive before the connection goes
	return errBye
}

// ask pings. The pong says that the participant is there; the vigil takes it from there if none comes.
func (c *conn) ask() {
	c.helpers.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.server.cfg.DeadAfter)
		defer cancel()
		if c.ws.Ping(ctx) == nil {
			c.heard()
		}
	})
}

// heard notes that the participant is there.
func (c *conn) heard() { c.heardAt.Store(c.now()) }

// now is the time on the media clock in ns; it is never 0.
func (c *conn) now() int64 { return max(1, int64(time.Since(c.server.epoch))) }
