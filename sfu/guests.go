package sfu

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/earshot/earshot/internal/webpage"
	"github.com/earshot/earshot/sfu/signal"
)

// Guests have no Earshot. Their browser loads the page from the room's own port and speaks Signal with it, as an app does, but for what
// guestMay leaves out. So a guest is one more participant under one more set of rules, and the host's app is not involved.

// Guests is what guests are served. Without pages there are none.
type Guests struct {
	// Pages holds index.html and what it loads, as a frontend build leaves them.
	Pages fs.FS
	// Certificate is the organisation's, which browsers that ask for one of its names are shown; nil is none. Apps are always
	// shown Config.Identity, which they pin.
	Certificate *tls.Certificate
}

const (
	// guestPath is where guests' pages are. What begins otherwise is for apps, but for "/", which leads there because people type it.
	guestPath   = "/guest/"
	guestSignal = guestPath + "signal"
	// guestFileWithin is how long one file may take: the largest, of some hundred kB, at 30 kB/s.
	guestFileWithin = 30 * time.Second
)

// guestMay reports whether a message is one that guests may send, after their join. They decide nothing for others, and neither record nor
// send files: both belong to an app, which has a key that it can be held to.
func guestMay(m signal.Message) bool {
	switch m := m.(type) {
	case *signal.Update:
		return m.Recording == nil
	case *signal.Candidate, *signal.Restart, *signal.Report, *signal.Say, *signal.Sync, *signal.Beat, *signal.Leave:
		return true
	default:
		return false
	}
}

// routesForGuests adds what guests' browsers ask for.
func (s *Server) routesForGuests(routes *http.ServeMux) {
	if s.cfg.Guests.Pages == nil {
		return
	}
	routes.HandleFunc("GET /{$}", s.guestsOnly(toGuestPage))
	routes.HandleFunc("GET "+guestPath+"room", s.guestsOnly(s.serveFacts))
	routes.HandleFunc("GET "+guestSignal, s.guestsOnly(s.serveGuest))
	routes.HandleFunc("GET "+guestPath, s.guestsOnly(s.serveGuestPage))
}

// guestsOnly lets browsers through that were asked for this computer by its address, or by a name that the organisation's certificate has
// for it: no web page can have a name of its own lead here and speak with its visitors' rights (DNS rebinding).
func (s *Server) guestsOnly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.isOurs(r.Host):
			http.Error(w, "Open this page by the address that you were given.", http.StatusMisdirectedRequest)
		case !s.takesGuests():
			doorstep(w, r)
		default:
			next(w, r)
		}
	}
}

// takesGuests reports that guests may come, if they are let in.
func (s *Server) takesGuests() bool {
	rules := s.room.lastRules.Load().Rules
	return rules.Guests && !rules.NoGuests
}

// isOurs reports whether a Host header names this computer.
func (s *Server) isOurs(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = strings.Trim(hostPort, "[]")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	c := s.cfg.Guests.Certificate
	return c != nil && c.Leaf.VerifyHostname(host) == nil
}

// fromGuestPage reports that a request with an Origin comes from a guest's page of ours, and is for one.
func (s *Server) fromGuestPage(r *http.Request) bool {
	return s.cfg.Guests.Pages != nil && strings.HasPrefix(r.URL.Path, guestPath) && r.Header.Get("Origin") == "https://"+r.Host
}

func toGuestPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "https://"+r.Host+guestPath, http.StatusFound)
}

func (s *Server) serveGuestPage(w http.ResponseWriter, r *http.Request) {
	webpage.Headers(w.Header(), "'self' wss://"+r.Host)
	name := strings.TrimPrefix(path.Clean(r.URL.Path), strings.TrimSuffix(guestPath, "/"))
	if name = strings.TrimPrefix(name, "/"); name == "" {
		name = "index.html"
	}
	ctx, cancel := context.WithTimeout(r.Context(), guestFileWithin)
	defer cancel()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(guestFileWithin))
	webpage.Serve(&slowed{ResponseWriter: w, ctx: ctx, rate: s.guestRate}, r, s.cfg.Guests.Pages, name)
}

// slowed writes at the pace that all guests' pages share.
type slowed struct {
	http.ResponseWriter
	ctx  context.Context //nolint:containedctx // of one answer
	rate *rate.Limiter
}

// Write implements io.Writer. It fails at once where its turn would come too late.
func (s *slowed) Write(b []byte) (n int, err error) {
	for piece := range slices.Chunk(b, filePiece) {
		if err := s.rate.WaitN(s.ctx, len(piece)); err != nil {
			return n, err
		}
		written, err := s.ResponseWriter.Write(piece)
		if n += written; err != nil {
			return n, err
		}
	}
	return n, nil
}

func newGuestRate(l Limits) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(l.GuestBytesPerSecond), max(filePiece, 4*l.GuestBytesPerSecond))
}

// serveGuest is serveSignal for a guest's page. Its Origin was compared with our own address (polite), so a WebSocket that another site
// opens never gets here.
func (s *Server) serveGuest(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "" {
		http.Error(w, "for our own page alone", http.StatusForbidden)
		return
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "no address", http.StatusInternalServerError)
		return
	}
	release, ok := s.guests.enter(from.Addr().Unmap().WithZone(""))
	if !ok {
		http.Error(w, "too many guests", http.StatusTooManyRequests)
		return
	}
	defer release()
	s.serveConn(w, r, true)
}

// browserTLS returns what a client is shown. Apps, which offer no ALPN, get base: the pinned key, and the question for theirs. Browsers are not
// asked for a certificate, which would open a dialog where the user has some, and get the organisation's for its names.
func browserTLS(base *tls.Config, organisation *tls.Certificate) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	plain := base.Clone()
	plain.ClientAuth, plain.VerifyConnection = tls.NoClientCert, nil
	named := plain
	if organisation != nil {
		named = plain.Clone()
		named.Certificates = []tls.Certificate{*organisation}
	}
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		switch {
		case len(hello.SupportedProtos) == 0:
			return nil, nil //nolint:nilnil // nil is the config that asks
		case organisation != nil && organisation.Leaf.VerifyHostname(nameOf(hello)) == nil:
			return named, nil
		default:
			return plain, nil
		}
	}
}

// nameOf is what a browser asked for: a name, or, since addresses are not sent, the one it came to.
func nameOf(hello *tls.ClientHelloInfo) string {
	if hello.ServerName != "" {
		return hello.ServerName
	}
	if local, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok {
		return local.AddrPort().Addr().Unmap().String()
	}
	return "-"
}

// GuestInvite leads a browser to a room.
type GuestInvite struct {
	// Link is https://HOST:PORT: a name of the organisation's certificate, or an address of this computer.
	Link string
	// Trusted says that it is a name of the organisation's certificate, which browsers do not warn of.
	Trusted bool
	// Certificate is the SHA-256 of the certificate that the browser is shown, in the form in which browsers show it: AB:CD:…
	Certificate string
}

// GuestInvite returns what to give to guests; the zero value when this server has no pages for them.
func (s *Server) GuestInvite() GuestInvite {
	if s.cfg.Guests.Pages == nil {
		return GuestInvite{}
	}
	port := strconv.Itoa(s.Port())
	host, _, _ := net.SplitHostPort(s.Invite().Address)
	g := GuestInvite{Link: "https://" + net.JoinHostPort(host, port), Certificate: shownAs(s.cfg.Identity.Leaf.Raw)}
	c := s.cfg.Guests.Certificate
	if c == nil {
		return g
	}
	names := slices.DeleteFunc(slices.Clone(c.Leaf.DNSNames), func(name string) bool { return strings.Contains(name, "*") })
	switch {
	case len(names) > 0:
		g.Link = "https://" + net.JoinHostPort(names[0], port)
	case c.Leaf.VerifyHostname(host) != nil:
		return g
	}
	g.Trusted, g.Certificate = true, shownAs(c.Leaf.Raw)
	return g
}

// shownAs is the fingerprint of a certificate as browsers show it.
func shownAs(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// doorstepStyle and its hash in the policy are all that the page of a room without guests has beside its words.
const doorstepStyle = `:root{color-scheme:light dark}body{display:grid;place-content:center;gap:.75rem;min-height:90vh;margin:0 1.5rem;` +
	`font:1.0625rem/1.5 system-ui,sans-serif;text-align:center;word-break:keep-all}h1{margin:0;font-size:1.5rem;letter-spacing:-.02em}p{margin:0;max-width:30rem}`

func doorstepHash() string {
	sum := sha256.Sum256([]byte(doorstepStyle))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// doorstep tells a browser that this room takes no guests now.
func doorstep(w http.ResponseWriter, r *http.Request) {
	language, title, text := "en", "This room takes no guests",
		"Ask its host to let people in without the app, then open this page again. With Earshot on your computer you can join in the usual way."
	if korean := strings.Index(r.Header.Get("Accept-Language"), "ko"); korean >= 0 {
		if english := strings.Index(r.Header.Get("Accept-Language"), "en"); english < 0 || korean < english {
			language, title, text = "ko", "손님을 받지 않는 방이에요",
				"방을 연 사람에게 앱 없이도 들어올 수 있게 해 달라고 한 뒤 이 페이지를 다시 열어 주세요. 내 컴퓨터에 Earshot이 있으면 평소처럼 들어올 수 있어요."
		}
	}
	h := w.Header()
	webpage.Headers(h, "'none'")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src '"+doorstepHash()+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`+
		`<title>Earshot</title><style>%s</style><body><h1>%s</h1><p>%s</p></body></html>`, language, doorstepStyle, title, text)
}
