package sfu

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path"
	"time"
)

const (
	// headerWithin is how long a TLS handshake may take, and a request's header after it; requestWithin a whole request, and
	// its answer. Apps send them in one piece; 5 s cover retransmissions on a bad Wi-Fi.
	headerWithin  = 5 * time.Second
	requestWithin = 10 * time.Second
	// maxHeader bounds a request's header in bytes: those of apps have 300.
	maxHeader = 8 << 10
)

// newTLS returns what the port shows apps, which pin id and are asked for their own key, and browsers.
func newTLS(id tls.Certificate, organisation *tls.Certificate) *tls.Config {
	c := &tls.Config{Certificates: []tls.Certificate{id}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	askForKey(c)
	c.GetConfigForClient = browserTLS(c, organisation)
	return c
}

// newHTTP returns a server behind a room's port. It serves a door's connections.
func newHTTP(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       requestWithin, // a WebSocket has no such limits: net/http takes them off
		WriteTimeout:      requestWithin,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(quiet{log.Handler()}, slog.LevelDebug),
		ConnState:         entered,
	}
}

// polite refuses what no app asks, and no page of ours (ours), before anything is looked for.
func polite(routes http.Handler, requests *rates, ours func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		switch {
		case err != nil || !requests.allow(from.Addr(), time.Now()):
			w.Header().Set("Connection", "close") // another one costs a handshake, and they are counted too
			http.Error(w, "too many requests", http.StatusTooManyRequests)
		case r.Header.Get("Origin") != "" && !ours(r):
			// Apps send no Origin. A web page does, and no page of others has business here.
			http.Error(w, "not for web pages", http.StatusForbidden)
		case r.URL.Path != path.Clean(r.URL.Path) && r.URL.Path != guestPath: // which http.ServeMux would redirect
			http.NotFound(w, r)
		default:
			routes.ServeHTTP(w, r)
		}
	})
}

// entered tells the door of a connection's first request.
func entered(c net.Conn, state http.ConnState) {
	if state != http.StateActive {
		return
	}
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	if seen, ok := c.(*seenConn); ok {
		seen.entered()
	}
}
