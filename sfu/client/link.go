package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu/signal"
)

// link is one Signal connection, joined or resumed once.
type link struct {
	ws          *websocket.Conn
	address     string         // as dialled
	local       netip.AddrPort // our end
	remote      netip.AddrPort
	fingerprint string
	tls         *tls.ConnectionState
	idle        func()
}

// dial opens the pinned WebSocket at one of t's addresses and shows our key to whoever has the pinned one. A room that is not
// "" must be the one that lives there, else it is CodeNotFound. The TCP connect may take connectWithin, all of it dialTimeout. Errors are *signal.Problem.
func dial(ctx context.Context, t target, address string, connectWithin time.Duration) (*link, error) {
	l := &link{address: address}
	client, transport := httpClient(address, t.fingerprint, func(fp string) { l.fingerprint = fp })
	if len(t.identity.Certificate) > 0 {
		// TLS 1.3 sends it encrypted, and only after the host has proved its key.
		transport.TLSClientConfig.Certificates = []tls.Certificate{t.identity}
	}
	l.idle = transport.CloseIdleConnections
	connect := (&net.Dialer{Timeout: connectWithin}).DialContext
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := connect(ctx, "tcp", address)
		if err == nil {
			l.local, l.remote = addrPort(c.LocalAddr()), addrPort(c.RemoteAddr())
		}
		return c, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if t.room != "" { // over the connection that the WebSocket takes then
		facts, err := fetchFacts(ctx, client)
		if err == nil && facts.ID != t.room {
			err = signal.Problemf(signal.CodeNotFound, "another room is at %s now", address)
		}
		if err != nil {
			l.idle()
			return nil, err
		}
	}
	ws, res, err := websocket.Dial(ctx, "wss://earshot/v1/signal", &websocket.DialOptions{
		HTTPClient: client, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if res != nil && res.Body != nil {
			_ = res.Body.Close()
		}
		l.idle()
		return nil, dialProblem(err)
	}
	ws.SetReadLimit(signal.MaxMessage)
	l.ws, l.tls = ws, res.TLS
	return l, nil
}

// addrPort returns an end of a TCP connection, IPv4 unmapped.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// join sends the first message and waits for the welcome.
func (l *link) join(ctx context.Context, j *signal.Join, within time.Duration) (*signal.Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return ask[*signal.Welcome](ctx, l, j)
}

// errWaiting says that somebody in the room has to let us in first.
var errWaiting = errors.New("waiting to be let in")

// ask sends a message and waits for its answer, which is the next message. Errors are *signal.Problem.
func ask[Answer signal.Message](ctx context.Context, l *link, question signal.Message) (none Answer, err error) {
	if err := l.send(ctx, question); err != nil {
		return none, err
	}
	m, err := l.next(ctx)
	if err != nil {
		if p, ok := errors.AsType[*signal.Problem](err); ok {
			return none, p
		}
		return none, signal.Problemf(signal.CodeLost, "%v", err)
	}
	switch m := m.(type) {
	case Answer:
		return m, nil
	case *signal.Waiting:
		return none, errWaiting
	case *signal.Bye:
		return none, &m.Problem
	case *signal.Error:
		return none, &m.Problem
	default:
		return none, signal.Problemf(signal.CodeBadMessage, "%s in answer to %s", signal.Kind(m), signal.Kind(question))
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

func (l *link) close() {
	_ = l.ws.CloseNow()
	l.idle()
}
