package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Server serves the page and its WebSockets on one loopback port until Close. Its methods may be called concurrently.
type Server struct {
	cfg     Config
	guard   *guard
	methods map[string]method
	addr    netip.AddrPort
	http    *http.Server

	slots    chan struct{}           // one is held by each attached page
	presence chan presence           // pages come and go; read by keepRoster
	pages    atomic.Pointer[[]*page] // whom events are put to; swapped by keepRoster

	end     func() // ends everything once and waits
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // requests, pages included; Add only with mu held and closed false
}

// presence says that a page came or went. done is closed when that has been acted on.
type presence struct {
	page *page
	here bool
	done chan struct{}
}

// Serve starts to serve cfg.Target and cfg.Pages. It returns an error if the address is not a loopback one or is taken,
// or if the target has an exported method that a page could not call.
func Serve(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	methods, err := methodsOf(cfg.Target)
	if err != nil {
		return nil, err
	}
	address, names, err := listenAddress(cfg.Listen)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	addr, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bridge: %w", err), listener.Close())
	}
	s := &Server{
		cfg:      cfg,
		guard:    newGuard(addr, names),
		methods:  methods,
		addr:     addr,
		slots:    make(chan struct{}, cfg.Limits.MaxPages),
		presence: make(chan presence),
	}
	s.pages.Store(&[]*page{})
	s.start(listener)
	return s, nil
}

// start runs the server's own goroutines and prepares their end.
func (s *Server) start(listener net.Listener) {
	life, endLife := context.WithCancelCause(context.Background())
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		BaseContext:       func(net.Listener) context.Context { return life },
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, plainConn{}, c) },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second, // requests have no body
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
	}
	var own sync.WaitGroup
	stopRoster := make(chan struct{})
	own.Go(func() { s.keepRoster(stopRoster) })
	own.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Logger.Error("bridge stopped serving", slog.Any("error", err))
		}
	})
	cancelEvents := s.cfg.Subscribe(s.publish)
	s.end = sync.OnceFunc(func() {
		cancelEvents()
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		endLife(farewell{websocket.StatusGoingAway, "earshot is closing"})
		_ = s.http.Close() // the listener and the plain connections; pages end by their context
		s.running.Wait()
		close(stopRoster)
		own.Wait()
	})
}

// Close takes leave of every page, ends serving and waits until nothing runs any more: not even a call, so what calls
// wait for is to be ended first or by the call's context. It may be called again, but not by a method of the target.
func (s *Server) Close() error {
	s.end()
	return nil
}

// Addr returns the address that is served, as 127.0.0.1:PORT or [::1]:PORT.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// URL returns where to open the page. A join that is not empty is the room to enter at once: what Join takes as a room.
// Whoever has the URL can use the app: it goes to a browser or to the user, never into a log.
func (s *Server) URL(join string) string { return s.url("token="+s.guard.token, join) }

// TicketURL is URL for the arguments of a browser, which others can read: it opens one page, once, within a minute.
func (s *Server) TicketURL(join string) string {
	return s.url("ticket="+s.guard.tickets.issue(time.Now()), join)
}

func (s *Server) url(fragment, join string) string {
	if join != "" {
		// A space must become %20, not +, so that decodeURIComponent and URLSearchParams read the same.
		fragment += "&join=" + strings.ReplaceAll(url.QueryEscape(join), "+", "%20")
	}
	if s.cfg.Voice != "" {
		fragment += "&voice=" + s.cfg.VoiceWay
	}
	return "http://" + s.addr.String() + "/#" + fragment
}

// plainConn is the key under which a request's context holds its net.Conn.
type plainConn struct{}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		http.Error(w, "Earshot is closing.", http.StatusServiceUnavailable)
		return
	}
	defer s.running.Done()

	if reason, status := s.guard.refuse(r); reason != "" {
		w.Header().Set("Allow", "GET, HEAD")
		s.refuse(w, r, reason, status)
		return
	}
	headers(w.Header(), r.Host, s.cfg.Voice)
	if r.URL.Path != "/bridge" {
		s.servePages(w, r)
		return
	}
	if reason, status := s.guard.refusePage(r); reason != "" {
		s.refuse(w, r, reason, status)
		return
	}
	s.servePage(w, r)
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, reason string, status int) {
	if count, log := s.guard.refused(); log {
		s.cfg.Logger.WarnContext(r.Context(), "refused a request to the bridge", slog.String("reason", reason),
			slog.Uint64("refused_so_far", count))
	}
	http.Error(w, reason, status)
}

// publish puts one event to every page. It runs on the app's goroutine.
func (s *Server) publish(name string, payload any) {
	pages := *s.pages.Load()
	if len(pages) == 0 {
		return
	}
	frame, err := json.Marshal(struct {
		Event string `json:"event"`
		Data  any    `json:"data"`
	}{name, payload})
	if err != nil {
		s.cfg.Logger.Error("event is no JSON", slog.String("event", name), slog.Any("error", err))
		return
	}
	for _, p := range pages {
		p.outbox.put(event{name, frame})
	}
}

// keepRoster owns which pages are attached, until stop; every page is gone by then.
func (s *Server) keepRoster(stop <-chan struct{}) {
	type place struct {
		newest      *page
		connections int // more than one while a page that was replaced is on its way out
	}
	places := make(map[string]place)
	var pages []*page
	for {
		var change presence
		select {
		case <-stop:
			return
		case change = <-s.presence:
		}
		p := change.page
		at := places[p.id]
		if change.here {
			pages = append(slices.Clip(pages), p)
			if at.newest != nil {
				at.newest.stop(farewell{CloseReplaced, "replaced"})
			}
			at.newest = p
			at.connections++
		} else {
			pages = without(pages, p)
			at.connections--
		}
		list := pages
		s.pages.Store(&list)
		switch {
		case at.connections == 0:
			delete(places, p.id)
			s.cfg.PageGone(p.id)
		case change.here && at.connections == 1:
			places[p.id] = at
			s.cfg.PageHere(p.id)
		default:
			places[p.id] = at
		}
		close(change.done)
	}
}

// without returns a new list of pages without p.
func without(pages []*page, p *page) []*page {
	rest := make([]*page, 0, len(pages))
	for _, other := range pages {
		if other != p {
			rest = append(rest, other)
		}
	}
	return rest
}

// announce tells keepRoster of a page and waits until it is known.
func (s *Server) announce(p *page, here bool) {
	done := make(chan struct{})
	s.presence <- presence{page: p, here: here, done: done}
	<-done
}
