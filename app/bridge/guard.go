package bridge

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math/bits"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"sync/atomic"

	"github.com/earshot/earshot/internal/webpage"
)

// guard decides which requests may be looked at. Its values do not change after Serve.
type guard struct {
	token   string
	tickets tickets
	hosts   map[string]bool // the Host headers that are ours, "127.0.0.1:7789"
	count   atomic.Uint64   // requests refused
}

// listenAddress returns where to listen for the address of a Config, and the host names that pages may reach it by.
func listenAddress(listen string) (address string, names []string, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", nil, fmt.Errorf("bridge: listen address %q: %w", listen, err)
	}
	switch host {
	case "127.0.0.1", "::1":
		return net.JoinHostPort(host, port), []string{host}, nil
	case "localhost":
		return net.JoinHostPort("127.0.0.1", port), []string{"127.0.0.1", host}, nil
	default:
		return "", nil, fmt.Errorf("bridge: listen address %q is not on this machine alone: use 127.0.0.1, ::1 or localhost",
			listen)
	}
}

func newGuard(addr netip.AddrPort, names []string) *guard {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
	g := &guard{token: hex.EncodeToString(secret[:]), hosts: make(map[string]bool, len(names))}
	for _, name := range names {
		g.hosts[net.JoinHostPort(name, strconv.Itoa(int(addr.Port())))] = true
		if addr.Port() == 80 { // browsers leave the default port out
			g.hosts[hostOnly(name)] = true
		}
	}
	return g
}

func hostOnly(name string) string {
	if name == "::1" {
		return "[::1]"
	}
	return name
}

// refuse returns why a request of any kind is not served, and the status to say it with; "" when it is.
func (g *guard) refuse(r *http.Request) (reason string, status int) {
	switch {
	case !g.hosts[r.Host]:
		return "wrong host", http.StatusMisdirectedRequest
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return "wrong method", http.StatusMethodNotAllowed
	default:
		return "", 0
	}
}

var pageID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// refusePage returns why a WebSocket is not opened, "" when it is. The host is known to be ours.
func (g *guard) refusePage(r *http.Request) (reason string, status int) {
	query := r.URL.Query()
	plain, ok := r.Context().Value(plainConn{}).(net.Conn)
	switch {
	case r.Header.Get("Origin") != "http://"+r.Host:
		return "wrong origin", http.StatusForbidden
	case !pageID.MatchString(query.Get("page")):
		return "wrong page id", http.StatusBadRequest
	case !ok, !g.admits(query, plain): // the last, because a ticket is good for one page
		return "wrong token", http.StatusForbidden
	default:
		return "", 0
	}
}

// same compares secrets in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// refused counts one refusal and returns the count and whether to log it: the 1st, 2nd, 4th, 8th and so on, so that a
// page that keeps trying cannot fill the log.
func (g *guard) refused() (count uint64, log bool) {
	count = g.count.Add(1)
	return count, bits.OnesCount64(count) == 1
}

// headers sets what every answer carries: the page talks to nobody but this server and voice, which is Config.Voice.
func headers(h http.Header, host, voice string) {
	connect := "ws://" + host
	if voice != "" {
		connect += " " + voice
	}
	webpage.Headers(h, connect)
}
