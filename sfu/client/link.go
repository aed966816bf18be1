package client

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu/signal"
)

// link is one Signal connection, joined or resumed once.
type link struct {
	ws          *websocket.Conn
	fingerprint string
	idle        func()
}

// dial opens the pinned WebSocket. Errors are *signal.Problem.
func dial(ctx context.Context, address, fingerprint string) (*link, error) {
	l := new(link)
	client, transport := httpClient(address, fingerprint, func(fp string) { l.fingerprint = fp })
	l.idle = transport.CloseIdleConnections
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "wss://earshot/v1/signal", &websocket.DialOptions{
		HTTPClient: client, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if res != nil && res.Body != nil {
			_ = res.Body.Close()
		}
		return nil, dialProblem(err)
	}
	ws.SetReadLimit(signal.MaxMessage)
	l.ws = ws
	return l, nil
}

// join sends the first message and waits for the welcome.
func (l *link) join(ctx context.Context, j *signal.Join) (*signal.Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	if err := l.send(ctx, j); err != nil {
		return nil, err
	}
	m, err := l.next(ctx)
	if err != nil {
		if p, ok := errors.AsType[*signal.Problem](err); ok {
			return nil, p
		}
		return nil, signal.Problemf(signal.CodeLost, "%v", err)
	}
	switch m := m.(type) {
	case *signal.Welcome:
		return m, nil
	case *signal.Bye:
		return nil, &m.Problem
	case *signal.Error:
		return nil, &m.Problem
	default:
		return nil, signal.Problemf(signal.CodeBadMessage, "%s instead of welcome", signal.Kind(m))
	}
}

// send writes one message; an error is CodeLost.
func (l *link) send(ctx context.Context, m signal.Message) error {
	b, err := signal.Encode(m)
	if err != nil {
		return err
	}
	if err := l.ws.Write(ctx, websocket.MessageText, b); err != nil {
		return signal.Problemf(signal.CodeLost, "%v", err)
	}
	return nil
}

// next reads one message. A *signal.Problem is the message's fault; any other error is the link's end.
func (l *link) next(ctx context.Context) (signal.Message, error) {
	_, b, err := l.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	return signal.DecodeEvent(b)
}

// beat pings until ctx ends and calls dead when a pong does not come in time.
func (l *link) beat(ctx context.Context, dead func(), every, deadAfter time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		waiting, cancel := context.WithTimeout(ctx, deadAfter-every)
		err := l.ws.Ping(waiting)
		cancel()
		if err != nil {
			dead()
			return
		}
	}
}

func (l *link) close() {
	_ = l.ws.CloseNow()
	l.idle()
}
