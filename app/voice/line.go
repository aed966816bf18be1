package voice

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/client/media"
)

const (
	voiceHeader = 5 // bytes before the Opus of the page's packets
	// writeWithin is how long a page may take to accept a packet, as long as the bridge waits for one: a page that stands
	// still for longer has no voice either way, and finds its way back by itself.
	writeWithin = 5 * time.Second
)

// Line is the voice of one stay: a connection to the room's host, and at most one page that speaks and hears by it.
// Its methods are safe for concurrent use, but one offer or answer at a time.
type Line struct {
	server *Server
	token  string
	log    *slog.Logger
	peer   *media.Peer
	Ears   *media.Peer // what is heard comes by it; nil: by the peer
	feed   *media.Feed
	outbox *outbox
	page   atomic.Pointer[end]
	work   sync.WaitGroup

	closeOnce sync.Once
	closed    chan struct{}

	mu   sync.Mutex
	over bool // guarded by mu: no page may come any more
}

// end is a page that speaks and hears by a line.
type end struct {
	conn *websocket.Conn
	card bool // it is that of the sound card: packets come and go with its ticks
}

// URL is where the page connects to. Whoever has it can speak and hear in the room.
func (l *Line) URL() string { return l.server.Source() + "/voice?token=" + l.token }

// Offer returns the offer to join with.
func (l *Line) Offer(ctx context.Context) (string, error) { return l.peer.Offer(ctx) }

// Accept takes the host's answer.
func (l *Line) Accept(answer string) error { return l.peer.Accept(answer) }

// Restart looks for a new way to the host: exchange takes an offer there and returns the answer.
func (l *Line) Restart(ctx context.Context, exchange func(offer string) (answer string, err error)) error {
	offer, err := l.peer.RestartOffer(ctx)
	if err != nil {
		return err
	}
	answer, err := exchange(offer)
	if err != nil {
		return err
	}
	return l.peer.Accept(answer)
}

// Protect sends each frame more than once, or once again, as the host wishes.
func (l *Line) Protect(on bool) { l.peer.Protect(on) }

// Close ends the line and waits until nothing of it runs.
func (l *Line) Close() {
	l.closeOnce.Do(func() {
		l.server.forget(l)
		l.mu.Lock()
		l.over = true
		l.mu.Unlock()
		close(l.closed)
		for _, peer := range []*media.Peer{l.peer, l.Ears} {
			if peer == nil {
				continue
			}
			if err := peer.Close(); err != nil {
				l.log.Debug("voice_not_closed", slog.Any("error", err))
			}
		}
		l.feed.Close()
		l.outbox.close()
		l.work.Wait()
	})
}

// serve is the life of a page's connection. A second one takes over from the first.
func (l *Line) serve(ctx context.Context, conn *websocket.Conn) {
	defer conn.CloseNow() //nolint:errcheck // it is over
	if !l.begin() {
		return
	}
	defer l.work.Done()
	page := &end{conn: conn}
	l.take(page)
	defer l.page.CompareAndSwap(page, nil)
	ctx, cancel := l.whileOpen(ctx)
	defer cancel()
	if err := l.listen(ctx, conn); err != nil {
		l.log.Debug("voice_of_page_ended", slog.Any("error", err))
	}
}

// take makes a page the line's, instead of the one before, and tells it how the connection to the host is.
func (l *Line) take(page *end) {
	before := l.page.Swap(page)
	if before != nil && !before.card {
		_ = before.conn.CloseNow()
	}
	l.outbox.hold(page.card)
	l.tell(page.conn)
}

// attach lets the page of the sound card speak and hear by its ticks, until detach.
func (l *Line) attach(conn *websocket.Conn) *end {
	page := &end{conn: conn, card: true}
	l.take(page)
	return page
}

func (l *Line) detach(page *end) { l.page.CompareAndSwap(page, nil) }

// begin tells whether a page may still come; then l.work.Done is to be called when it has gone.
func (l *Line) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.work.Add(1)
	}
	return !l.over
}

// whileOpen returns a context that is done when the line is closed, too.
func (l *Line) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-l.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

var (
	errNoVoice  = errors.New("not a packet of a microphone")
	errNoAnswer = errors.New("not an answer to a tick")
)

// listen passes on what the page says until it is gone.
func (l *Line) listen(ctx context.Context, conn *websocket.Conn) error {
	for {
		kind, b, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if kind != websocket.MessageBinary {
			return errNoVoice
		}
		if err = l.speak(b); err != nil {
			return err
		}
	}
}

// speak sends a packet of the microphone. What cannot be sent is lost.
func (l *Line) speak(b []byte) error {
	if len(b) <= voiceHeader {
		return errNoVoice
	}
	err := l.peer.Speak(media.Voice{
		Marker: b[0]&0x80 != 0, Level: b[0] & 0x7f, Timestamp: binary.BigEndian.Uint32(b[1:]), Payload: b[voiceHeader:],
	})
	if err != nil {
		l.log.Debug("voice_not_sent", slog.Any("error", err))
	}
	return nil
}

// hear is given packets, on the feed's goroutine. While the page does not take them, the feed drops what comes.
func (l *Line) hear(h media.Heard) {
	if l.page.Load() != nil {
		l.outbox.add(h)
	}
}

// send gives packets to the page.
func (l *Line) send(message []byte) {
	if page := l.page.Load(); page != nil {
		write(page.conn, websocket.MessageBinary, message)
	}
}

// watch tells the page how the connection to the host is.
func (l *Line) watch() {
	for {
		select {
		case <-l.closed:
			return
		case <-l.peer.Changed():
			if page := l.page.Load(); page != nil {
				l.tell(page.conn)
			}
		}
	}
}

func (l *Line) tell(conn *websocket.Conn) { tellState(conn, l.peer.State()) }

func tellState(conn *websocket.Conn, state webrtc.PeerConnectionState) {
	write(conn, websocket.MessageText, fmt.Appendf(nil, `{"state":%q}`, stateOf(state)))
}

func write(conn *websocket.Conn, kind websocket.MessageType, b []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	if err := conn.Write(ctx, kind, b); err != nil {
		_ = conn.CloseNow()
	}
}

// stateOf is a connection's state in the page's words.
func stateOf(state webrtc.PeerConnectionState) string {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		return "connected"
	case webrtc.PeerConnectionStateDisconnected:
		return "interrupted"
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		return "failed"
	default:
		return "connecting"
	}
}
