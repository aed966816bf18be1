package reach

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu"
)

// Config is what a Service is made of. Everything but Name may be left out.
type Config struct {
	// Name is the name of this app's user, for people at the other end. Required.
	Name func() string
	// Listen is where a room would be hosted: ":7788" by default.
	Listen string
	Logger *slog.Logger

	// How long an answer by multicast is put off at most, so that not a whole office dials: 300 ms by default.
	AnswerWithin time.Duration
	// DialWithin bounds one dial: 1 s by default, a LAN handshake and one lost SYN less its second.
	DialWithin time.Duration
	// AskFor bounds a check: 2.4 s by default.
	AskFor time.Duration
}

// Service is one app's part in this: it dials others who ask, and asks. It is safe for concurrent use.
type Service struct {
	cfg    Config
	id     string // of this app, new with each start
	group  *discovery.Group
	ctx    context.Context //nolint:containedctx // ends with Close
	cancel context.CancelFunc
	all    sync.WaitGroup

	asking sync.Mutex // one check at a time

	mu      sync.Mutex
	closed  bool
	limit   limit
	second  time.Time // the messages in decoded were read after this
	decoded int
	heard   map[string]*asked // requests by multicast, by token; at most maxHeard
	inquiry *inquiry          // our own check, nil when none is under way
}

// New starts answering. The caller must Close.
func New(cfg Config) *Service {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Listen = cmp.Or(cfg.Listen, ":"+sfu.DefaultPort)
	cfg.AnswerWithin = cmp.Or(cfg.AnswerWithin, 300*time.Millisecond)
	cfg.DialWithin = cmp.Or(cfg.DialWithin, time.Second)
	cfg.AskFor = cmp.Or(cfg.AskFor, 2400*time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	s := &Service{cfg: cfg, id: rand.Text(), ctx: ctx, cancel: cancel, heard: make(map[string]*asked)}
	started := make(chan struct{})
	s.group = discovery.OpenGroup(discovery.Config{Logger: cfg.Logger}, func(d discovery.Datagram) {
		<-started // hear answers by the group
		s.hear(d)
	})
	close(started)
	return s
}

// Close stops answering and waits. It is idempotent.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.group.Close()
	s.all.Wait()
}

// Port is what the port of a room needs to take part; see sfu.Config.
func (s *Service) Port() sfu.Reach {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /v1/reach", s.serveRequest)
	routes.HandleFunc("POST /v1/reached", s.serveReport)
	return sfu.Reach{Requests: noPages(routes), Datagram: s.datagram}
}

// noPages refuses web pages, which send an Origin, as a room's Signal does.
func noPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			http.Error(w, "not for web pages", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hear takes in what was said by multicast.
func (s *Service) hear(d discovery.Datagram) {
	asked, told, err := (*request)(nil), (*report)(nil), errMalformed
	if bytes.Contains(d.Data, recordMark) && s.mayDecode(time.Now()) {
		asked, told, err = parseMulticast(d.Data)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inquiry != nil {
		s.inquiry.multicast(d, told)
	}
	switch {
	case err != nil || s.closed:
	case told != nil:
		if a := s.heard[told.Token]; a != nil {
			a.answers++
		}
	case d.OnLink && (s.inquiry == nil || s.inquiry.token != asked.Token):
		s.considerLocked(*asked, d)
	}
}

// maxDecodedSecond is how many messages of this protocol are decoded within a second. A check by one computer takes under ten;
// a flood of them costs no more than a few milliseconds of processor time a second.
const maxDecodedSecond = 200

func (s *Service) mayDecode(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.second) >= time.Second {
		s.second, s.decoded = now, 0
	}
	s.decoded++
	return s.decoded <= maxDecodedSecond
}

// goLocked runs f on a goroutine that Close waits for.
func (s *Service) goLocked(f func()) {
	if !s.closed {
		s.all.Go(f)
	}
}

func remote(r *http.Request) (netip.Addr, bool) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return from.Addr().Unmap(), err == nil
}
