package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu/signal"
)

// page is one attached page. Four goroutines and its calls work for it, all owned by servePage: read takes calls, write
// is the only one that sends messages, beat pings, and leave closes the connection when the page's context is done.
type page struct {
	id      string
	conn    *websocket.Conn
	plain   net.Conn // under conn
	limits  Limits
	methods map[string]method
	log     *slog.Logger
	outbox  *outbox
	replies chan []byte             // unbuffered: a call holds its slot until its reply is taken
	slots   chan struct{}           // one is held by each call in flight
	stop    context.CancelCauseFunc // ends the page; a farewell as the cause is said to it
	work    sync.WaitGroup
}

// farewell is why the app ends a connection, as the page is told.
type farewell struct {
	code   websocket.StatusCode
	reason string
}

func (f farewell) Error() string { return f.reason }

// servePage is the life of one page, from its handshake until its last call has returned.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		s.refuse(w, r, "too many pages", http.StatusServiceUnavailable)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		s.cfg.Logger.Debug("no websocket", slog.Any("error", err)) // Accept has answered
		return
	}
	conn.SetReadLimit(s.cfg.Limits.MaxMessage)

	plain, ok := r.Context().Value(plainConn{}).(net.Conn)
	if !ok { // ConnContext has put it there
		_ = conn.CloseNow()
		return
	}
	ctx, stop := context.WithCancelCause(r.Context())
	p := &page{
		id: r.URL.Query().Get("page"), conn: conn, plain: plain, limits: s.cfg.Limits, methods: s.methods, outbox: newOutbox(),
		replies: make(chan []byte), slots: make(chan struct{}, s.cfg.Limits.MaxCalls), stop: stop,
	}
	p.log = s.cfg.Logger.With(slog.String("page", p.id))
	if r.URL.Query().Has("ticket") {
		p.outbox.put(s.guard.tokenMessage())
	}
	s.announce(p, true)
	p.log.Info("page attached")

	// Reading and writing outlive the page's context by the farewell, and end by the connection's.
	open := context.WithoutCancel(ctx)
	p.work.Go(func() { p.leave(ctx) })
	p.work.Go(func() { p.write(ctx, open) })
	p.work.Go(func() { p.beat(ctx) })
	p.stop(p.read(ctx, open))
	p.drain(open)
	p.work.Wait()
	p.log.Info("page gone", slog.Any("cause", context.Cause(ctx)))
	s.announce(p, false)
}

// call is what a page asks for.
type call struct {
	ID     int64             `json:"id"`
	Method string            `json:"method"`
	Args   []json.RawMessage `json:"args"`
}

// read starts the page's calls until the connection ends or the page says something that is no call.
func (p *page) read(ctx, open context.Context) error {
	for {
		kind, data, err := p.conn.Read(open)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		var c call
		switch {
		case kind != websocket.MessageText:
			return farewell{websocket.StatusUnsupportedData, "binary message"}
		case !utf8.Valid(data) || json.Unmarshal(data, &c) != nil || c.ID <= 0 || c.Method == "":
			return farewell{websocket.StatusInvalidFramePayloadData, "message is no call"}
		}
		p.startCall(ctx, c)
	}
}

// drain reads on until the connection is closed, because only a reader sees the answer to a farewell.
func (p *page) drain(open context.Context) {
	for {
		if _, _, err := p.conn.Read(open); err != nil {
			return
		}
	}
}

func (p *page) startCall(ctx context.Context, c call) {
	m, ok := p.methods[c.Method]
	if !ok {
		p.replyProblem(ctx, c.ID, signal.Problemf(signal.CodeUnsupported, "no method %q", c.Method))
		return
	}
	select {
	case p.slots <- struct{}{}:
	default:
		p.replyProblem(ctx, c.ID, signal.Problemf(signal.CodeRateLimited, "%d calls in flight", p.limits.MaxCalls))
		return
	}
	p.work.Go(func() {
		defer func() { <-p.slots }()
		value, err := p.invoke(ctx, c.Method, m, c.Args)
		if err != nil {
			p.replyProblem(ctx, c.ID, signal.AsProblem(err))
			return
		}
		frame, err := json.Marshal(struct {
			ID     int64 `json:"id"`
			Result any   `json:"result"`
		}{c.ID, value})
		if err != nil {
			p.replyProblem(ctx, c.ID, signal.Problemf(signal.CodeInternal, "result of %s: %v", c.Method, err))
			return
		}
		p.reply(ctx, frame)
	})
}

// invoke calls the method and turns a panic of it into an error.
func (p *page) invoke(ctx context.Context, name string, m method, args []json.RawMessage) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.log.ErrorContext(ctx, "bound method panicked", slog.String("method", name), slog.Any("panic", r),
				slog.String("stack", string(debug.Stack())))
			value, err = nil, signal.Problemf(signal.CodeInternal, "%s panicked", name)
		}
	}()
	return m.invoke(ctx, args)
}

func (p *page) replyProblem(ctx context.Context, id int64, problem *signal.Problem) {
	frame, err := json.Marshal(struct {
		ID    int64           `json:"id"`
		Error *signal.Problem `json:"error"`
	}{id, problem})
	if err != nil { // two strings always marshal
		p.stop(fmt.Errorf("marshal problem: %w", err))
		return
	}
	p.reply(ctx, frame)
}

// reply hands a frame to write. It waits for a page that is slow to read, which write bounds.
func (p *page) reply(ctx context.Context, frame []byte) {
	select {
	case p.replies <- frame:
	case <-ctx.Done():
	}
}

// write sends replies and events until the page's context is done or the page takes too long.
func (p *page) write(ctx, open context.Context) {
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case frame := <-p.replies:
			err = p.send(open, frame)
		case <-p.outbox.wake:
			if e, ok := p.outbox.take(); ok { // one at a time, so that replies get their turn
				err = p.send(open, e.frame)
			}
		}
		if err != nil {
			p.stop(fmt.Errorf("write: %w", err))
			return
		}
	}
}

func (p *page) send(open context.Context, frame []byte) error {
	ctx, cancel := context.WithTimeout(open, p.limits.DeadAfter)
	defer cancel()
	return p.conn.Write(ctx, websocket.MessageText, frame)
}

// beat pings the page so that a frozen browser is noticed.
func (p *page) beat(ctx context.Context) {
	ticker := time.NewTicker(p.limits.PingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		pong, cancel := context.WithTimeout(ctx, p.limits.DeadAfter)
		err := p.conn.Ping(pong)
		cancel()
		if err != nil {
			p.stop(fmt.Errorf("ping: %w", err))
			return
		}
	}
}

// leave waits for the end of the page's context, says farewell if there is one to say, and hangs up.
func (p *page) leave(ctx context.Context) {
	<-ctx.Done()
	if bye, ok := errors.AsType[farewell](context.Cause(ctx)); ok {
		deadline := time.AfterFunc(p.limits.CloseWithin, p.hangUp)
		defer deadline.Stop()
		_ = p.conn.Close(bye.code, bye.reason)
		return
	}
	p.hangUp()
	_ = p.conn.CloseNow()
}

// hangUp ends whatever waits for the connection. conn.CloseNow would wait for a conn.Close under way, up to 5 s.
func (p *page) hangUp() { _ = p.plain.Close() }
