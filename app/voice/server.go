package voice

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/client/media"
)

// WindowOrigin is the origin of the page in the window on Linux.
const WindowOrigin = "wails://wails"

// maxMessage bounds a message of the page in bytes: the header and the largest Opus packet (RFC 6716 §3.4, 3 frames of
// 1275), which no microphone sends.
const maxMessage = 4 << 10

// The two connections of a page.
const (
	voicePath = "/voice"
	soundPath = "/sound"
)

// Server accepts the voices of pages on a loopback port of its own until Close. Its methods are safe for concurrent use.
type Server struct {
	log     *slog.Logger
	host    string // 127.0.0.1:PORT
	http    *http.Server
	running sync.WaitGroup
	sound   string          // the token of the sound card, which is no stay's
	life    context.Context //nolint:containedctx // of the pages that use the sound card
	end     context.CancelFunc

	mu      sync.Mutex
	over    bool             // no page may come any more
	lines   map[string]*Line // by token
	origins map[string]bool  // of the pages that may come
}

// Serve listens on a free loopback port, for the page of WindowOrigin and those that are allowed later.
func Serve(log *slog.Logger) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("voice: %w", err)
	}
	s := &Server{
		log: log, host: listener.Addr().String(), sound: newToken(), lines: make(map[string]*Line),
		origins: map[string]bool{WindowOrigin: true},
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	s.running.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("voice_not_served", slog.Any("error", err))
		}
	})
	return s, nil
}

// Allow lets pages of another origin come too: http://127.0.0.1:PORT.
func (s *Server) Allow(origin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.origins[origin] = true
}

// Source is what a page's Content-Security-Policy must let it connect to.
func (s *Server) Source() string { return "ws://" + s.host }

func newToken() string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(secret[:])
}

// Open makes a line for a stay in a room of that many seats. loopback is for a host on this machine. Close it.
func (s *Server) Open(seats int, loopback bool) (*Line, error) {
	l := s.newLine()
	peer, err := l.newPeer(seats, loopback, l.feed.Packet)
	if err != nil {
		l.feed.Close()
		return nil, err
	}
	l.peer = peer
	s.keep(l)
	return l, nil
}

// OpenCheck makes a line for a page that hears itself in a room on this machine: what it says goes by one connection, and what it
// hears comes by another, of one seat each. Offer and Accept are of the first; the second's are Ears. Close it.
func (s *Server) OpenCheck() (*Line, error) {
	l := s.newLine()
	var err error
	if l.peer, err = l.newPeer(1, true, nil); err == nil {
		if l.Ears, err = l.newPeer(1, true, l.feed.Packet); err != nil {
			_ = l.peer.Close()
		}
	}
	if err != nil {
		l.feed.Close()
		return nil, err
	}
	s.keep(l)
	return l, nil
}

func (s *Server) newLine() *Line {
	l := &Line{server: s, token: newToken(), log: s.log, closed: make(chan struct{})}
	l.outbox = &outbox{send: l.send}
	l.feed = media.NewFeed(l.hear)
	return l
}

func (l *Line) newPeer(seats int, loopback bool, packet func(int, *rtp.Packet)) (*media.Peer, error) {
	peer, err := media.NewPeer(media.PeerConfig{Seats: seats, Loopback: loopback, Live: true, OnPacket: packet, Logger: l.log})
	if err != nil {
		return nil, fmt.Errorf("voice: %w", err)
	}
	return peer, nil
}

// keep begins a line's work.
func (s *Server) keep(l *Line) {
	l.work.Go(l.watch)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines[l.token] = l
}

// Close ends serving. The lines are to be closed first.
func (s *Server) Close() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.end()
	_ = s.http.Close() // the connections of lines are theirs
	s.running.Wait()
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	line, reason := s.lineOf(r)
	if reason != "" {
		s.log.Debug("voice_refused", slog.String("reason", reason))
		http.Error(w, reason, http.StatusForbidden)
		return
	}
	if line == nil {
		s.serveSound(w, r)
		return
	}
	// The origin has been compared, with what the app's own pages have.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(maxMessage)
	line.serve(r.Context(), conn)
}

// begin tells whether a page may still come to the sound card; then s.running.Done is to be called when it has gone.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.running.Add(1)
	}
	return !s.over
}

// lineOf returns the line that a request is for, nil when it is for the sound card, or why it is for nothing.
func (s *Server) lineOf(r *http.Request) (line *Line, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Host != s.host:
		return nil, "wrong host"
	case r.URL.Path != voicePath && r.URL.Path != soundPath || r.Method != http.MethodGet:
		return nil, "nothing else is here"
	case !s.origins[r.Header.Get("Origin")]:
		return nil, "wrong origin"
	}
	token := r.URL.Query().Get("token")
	if r.URL.Path == soundPath {
		if subtle.ConstantTimeCompare([]byte(token), []byte(s.sound)) == 0 {
			return nil, "wrong token"
		}
		return nil, ""
	}
	// Looked up, not compared byte by byte: what is guessed of a random token tells nothing of the rest.
	if line = s.lines[token]; line == nil {
		return nil, "wrong token"
	}
	return line, ""
}

// at returns the line of that URL, nil when there is none any more.
func (s *Server) at(url string) *Line {
	token, ok := strings.CutPrefix(url, s.Source()+voicePath+"?token=")
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines[token]
}

func (s *Server) forget(l *Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lines, l.token)
}
