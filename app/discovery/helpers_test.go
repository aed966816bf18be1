package discovery

import (
	"crypto/ecdsa"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// noLeaks fails the test if a goroutine outlives it. The library's announcer may sleep on for 3.5 s after Register,
// without a socket.
func noLeaks(t testing.TB) {
	t.Helper()
	t.Cleanup(func() {
		goleak.VerifyNone(t, goleak.IgnoreAnyFunction("github.com/grandcat/zeroconf.(*Server).probe"))
	})
}

// eventually waits until what holds, and fails the test if that takes longer than within. It returns how long it took.
func eventually(t testing.TB, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !holds() {
		if time.Since(start) > within {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(start)
}

func facts(id, name string) signal.RoomFacts {
	return signal.RoomFacts{
		V: signal.Version, ID: id, Name: name, Host: "Ada", Participants: 1, People: []string{"Ada"}, Capacity: 50, Seats: 10,
	}
}

// realRoom answers GET /v1/room over TLS with a key of its own, as a host does.
type realRoom struct {
	*httptest.Server
	facts       atomic.Pointer[signal.RoomFacts]
	fingerprint string
	connections atomic.Int32
	hung        atomic.Bool // it takes questions and answers none
	key         *ecdsa.PrivateKey
	record      atomic.Pointer[string] // answer of GET /v1/record, nil for none
}

// newRoom starts a room on an address, "127.0.0.1:0" for any port of loopback.
func newRoom(t testing.TB, listen, id, name string) *realRoom {
	t.Helper()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	return newRoomOn(t, l, id, name)
}

// newRoomOn starts a room on a listener, which it owns then.
func newRoomOn(t testing.TB, l net.Listener, id, name string) *realRoom {
	t.Helper()
	cert, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	r := &realRoom{fingerprint: identity.FingerprintOf(cert)}
	r.key, _ = cert.PrivateKey.(*ecdsa.PrivateKey)
	f := facts(id, name)
	r.facts.Store(&f)
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if text := r.record.Load(); text != nil && req.URL.Path == "/v1/record" {
			_ = json.NewEncoder(w).Encode(signal.SignedRecord{Record: *text})
			return
		}
		if req.Method != http.MethodGet || req.URL.Path != "/v1/room" {
			http.NotFound(w, req)
			return
		}
		if r.hung.Load() {
			<-req.Context().Done()
			return
		}
		_ = json.NewEncoder(w).Encode(r.facts.Load())
	}))
	r.Listener = l
	r.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			r.connections.Add(1)
		}
	}
	r.StartTLS()
	t.Cleanup(r.stop)
	return r
}

func (r *realRoom) stop() {
	r.CloseClientConnections()
	r.Close()
}

func (r *realRoom) addr() netip.AddrPort { return netip.MustParseAddrPort(r.Listener.Addr().String()) }

func (r *realRoom) ad() Ad {
	f := r.facts.Load()
	return Ad{ID: f.ID, Name: f.Name, Fingerprint: r.fingerprint, Port: int(r.addr().Port())}
}

// office is an interface of a directly connected 10.1.0.0/16; lo is loopback with multicast.
var (
	office = testIface(7, "eth0", net.FlagUp|net.FlagRunning|net.FlagMulticast|net.FlagBroadcast, "10.1.0.9/16", "fe80::9/64")
	lo     = testIface(1, "lo", net.FlagUp|net.FlagRunning|net.FlagMulticast|net.FlagLoopback, "127.0.0.1/8", "::1/128")
)

func testIface(index int, name string, flags net.Flags, prefixes ...string) iface {
	i := iface{Interface: net.Interface{Index: index, Name: name, Flags: flags, MTU: 1500}}
	for _, p := range prefixes {
		i.prefixes = append(i.prefixes, netip.MustParsePrefix(p))
	}
	return i
}

// adMessage is what a room at these addresses sends by multicast.
func adMessage(t testing.TB, a Ad, goodbye bool, prefixes ...string) []byte {
	t.Helper()
	b, err := a.message(testIface(0, "", 0, prefixes...), goodbye)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pack(t testing.TB, msg *dns.Msg) []byte {
	t.Helper()
	b, err := msg.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rr(t testing.TB, s string) dns.RR {
	t.Helper()
	r, err := dns.NewRR(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fp returns a well-formed fingerprint.
func fp(c byte) string { return strings.Repeat(string(c), 43) }

func roomNames(list []Room) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.Facts.Name)
	}
	return out
}

func hasRoom(b *Browser, name string) bool { return slices.Contains(roomNames(b.Rooms()), name) }

// silentLink is a listener that hears nothing by itself.
func silentLink(i iface) *link { return &link{iface: i} }

func noRound(r round, _ func(announcement)) {
	select {
	case <-r.ctx.Done():
	case <-time.After(r.wait):
	}
}

func isQuery(data []byte) bool { _, ok := readQuery(data); return ok }
