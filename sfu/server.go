package sfu

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"golang.org/x/time/rate"

	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/internal/pionlog"
	"github.com/earshot/earshot/sfu/signal"
)

// Server hosts one room. All methods are safe for concurrent use.
type Server struct {
	cfg       Config
	log       *slog.Logger
	pionLog   logging.LoggerFactory
	epoch     time.Time // zero of the media clock
	port      int
	hostKey   string
	http      *http.Server
	plain     *http.Server // sends browsers to https
	mux       udpMux
	iceTCP    *ice.TCPMuxDefault
	sockets   *sockets
	door      *door
	room      *room
	pending   pending
	guests    pending
	guestRate *rate.Limiter
	gate      gate
	vigil     *vigil
	record    record
	// The certificate of the room's DTLS and its fingerprint. One serves all participants, who learn it through their
	// pinned Signal connection; it dies with the room.
	mediaCert        tls.Certificate
	mediaFingerprint string

	ctx    context.Context //nolint:containedctx // the server's own life, ended by Close
	cancel context.CancelFunc
	work   sync.WaitGroup
	close  func() error
}

// Listen opens the room's port and serves until Close. Errors: CodeBadName, CodeBadPIN, CodePortsTaken, or what the system says of
// the address.
func Listen(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	var err error
	if cfg.Name, err = signal.CleanName(cfg.Name); err != nil {
		return nil, fmt.Errorf("name room: %w", err)
	}
	if cfg.HostName, err = signal.CleanName(cfg.HostName); err != nil {
		return nil, fmt.Errorf("name host: %w", err)
	}
	if cfg.PIN != "" {
		if cfg.PIN, err = signal.CleanPIN(cfg.PIN); err != nil {
			return nil, fmt.Errorf("host room: %w", err)
		}
	}
	if cfg.Seats < 1 || cfg.Seats > signal.MaxSeats {
		return nil, fmt.Errorf("host room: %d seats, want 1 to %d", cfg.Seats, signal.MaxSeats)
	}
	if cfg.Capacity < 1 {
		return nil, fmt.Errorf("host room: capacity %d, want at least 1", cfg.Capacity)
	}
	if err := cfg.Rules.check(); err != nil {
		return nil, fmt.Errorf("host room by rules: %w", err)
	}
	if len(cfg.Identity.Certificate) == 0 {
		return nil, errors.New("host room: no identity")
	}
	mediaCert, err := identity.New()
	if err != nil {
		return nil, fmt.Errorf("host room: %w", err)
	}
	tcp, udp, err := listenBoth(cfg.Listen)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	bound, _ := tcp.Addr().(*net.TCPAddr)
	s := &Server{
		cfg: cfg, log: cfg.Logger, pionLog: pionlog.Factory(cfg.Logger), epoch: time.Now(), port: bound.Port,
		hostKey: rand.Text(), ctx: ctx, cancel: cancel,
		sockets: udp, mediaCert: mediaCert, mediaFingerprint: fingerprintText(mediaCert),
	}
	udp.reach, udp.probes, udp.invited = cfg.Reach, newRates(cfg.ProbesPerSecond), newInvited(cfg.ChecksPerSecond)
	s.mux = newUDPMux(udp, s.pionLog.NewLogger("mux"))
	s.door = openDoor(tcp, cfg.Limits, cfg.Guests.Pages != nil)
	s.iceTCP = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: s.door.ice, Logger: s.pionLog.NewLogger("mux"),
		ReadBufferSize: 64, WriteBufferSize: iceTCPQueue, FirstStunBindTimeout: doorWithin, AliveDurationForConnFromStun: doorWithin,
	})
	s.room = newRoom(cfg, s.epoch)
	s.pending.limit, s.guests.limit, s.guestRate = cfg.MaxPending, cfg.MaxGuests, newGuestRate(cfg.Limits)
	s.gate.pin, s.gate.wrong = cfg.PIN, cfg.WrongPIN
	s.vigil = newVigil(cfg, s.epoch)
	s.close = sync.OnceValue(s.shutdown)

	routes := http.NewServeMux()
	routes.HandleFunc("GET /v1/room", s.serveFacts)
	routes.HandleFunc("GET /v1/record", s.serveRecord)
	routes.HandleFunc("GET /v1/signal", s.serveSignal)
	routes.HandleFunc("PUT /v1/files/{key}", s.serveFile)
	routes.HandleFunc("GET /v1/files/{key}", s.serveFile)
	cfg.Reach.routes(routes)
	s.routesForGuests(routes)
	requests := newRates(cfg.RequestsPerSecond)
	s.http = newHTTP(polite(routes, requests, s.fromGuestPage), s.log)
	s.http.TLSConfig = newTLS(cfg.Identity, cfg.Guests.Certificate)
	s.plain = newHTTP(polite(s.guestsOnly(toGuestPage), requests, s.fromGuestPage), s.log)
	s.work.Go(s.room.run)
	s.work.Go(func() { s.room.tend(ctx) })
	s.work.Go(func() { s.vigil.run(ctx) })
	s.work.Go(func() { _ = s.http.ServeTLS(s.door.tls, "", "") }) // returns when Close closes it
	s.work.Go(func() { _ = s.plain.Serve(s.door.plain) })         // the same
	s.log.Info("room_open", "room", s.room.id, "port", s.port)
	return s, nil
}

// Port is the TCP and UDP port number.
func (s *Server) Port() int { return s.port }

// Fingerprint is what participants pin.
func (s *Server) Fingerprint() string { return identity.FingerprintOf(s.cfg.Identity) }

// HostKey marks the participant who joins with it as the host. It is for the app that runs the server, nobody else.
func (s *Server) HostKey() string { return s.hostKey }

// Facts returns the room's public facts as they are now.
func (s *Server) Facts() signal.RoomFacts { return *s.room.facts.Load() }

// Addresses returns this machine's IP:PORT as they are now, the likeliest to reach first; loopback only when there is
// nothing else.
func (s *Server) Addresses() []string { return s.withPort(hostAddresses()) }

func (s *Server) withPort(ips []netip.Addr) []string {
	if len(ips) == 0 {
		ips = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	out := make([]string, len(ips))
	for i, ip := range ips {
		out[i] = netip.AddrPortFrom(ip, uint16(s.port)).String() //nolint:gosec // a port
	}
	return out
}

// Invite returns what joins this room without discovery, with the machine's addresses as they are now.
func (s *Server) Invite() signal.Invite {
	return signal.InviteTo(s.withPort(shareableAddresses()), s.room.id, s.Fingerprint())
}

// Close says bye with CodeRoomEnded to everybody, closes the port and waits for all that the server started.
func (s *Server) Close() error { return s.close() }

func (s *Server) shutdown() error {
	s.room.end()
	s.cancel()
	err := errors.Join(s.http.Close(), s.plain.Close(), s.iceTCP.Close(), s.mux.Close(), s.door.close())
	s.work.Wait()
	s.log.Info("room_closed", "room", s.room.id)
	return err
}

func (s *Server) serveFacts(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(s.room.facts.Load()) // the other end is gone: nobody to tell
}

func (s *Server) serveSignal(w http.ResponseWriter, r *http.Request) { s.serveConn(w, r, false) }

// serveConn serves a Signal connection, of an app or of a guest's page.
func (s *Server) serveConn(w http.ResponseWriter, r *http.Request, guest bool) {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if err != nil || !ok {
		http.Error(w, "no address", http.StatusInternalServerError)
		return
	}
	from := remote.Addr().Unmap()
	release, ok := s.pending.enter(from.WithZone(""))
	if !ok {
		http.Error(w, "too many connections that have not joined", http.StatusTooManyRequests)
		return
	}
	defer release()
	session, err := r.TLS.ExportKeyingMaterial(signal.PINExporter, nil, signal.PINExporterSize)
	if err != nil {
		http.Error(w, "no TLS 1.3", http.StatusInternalServerError)
		return
	}
	c := newConn(s, local.AddrPort().Addr().Unmap(), from, session)
	if c.guest = guest; !guest {
		c.key = keyOf(r.TLS)
	}
	under := &corked{ResponseWriter: w}
	c.ws, err = websocket.Accept(under, r, &websocket.AcceptOptions{
		CompressionMode: websocket.CompressionDisabled,
		OnPingReceived:  func(context.Context, []byte) bool { c.heard(); return true },
	})
	if err != nil {
		return // Accept has answered
	}
	c.wire = under.cork
	s.work.Add(1)
	defer s.work.Done()
	c.serve(s.ctx, release) //nolint:contextcheck // a stay outlives the request that opened it and ends with the server
}

// quiet lowers what net/http logs (TLS handshakes of port scanners) to debug.
type quiet struct{ slog.Handler }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	if !q.Enabled(ctx, r.Level) {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}
