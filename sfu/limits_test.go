package sfu

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/identity"
)

func TestLimits_EachHasADefault(t *testing.T) {
	v := reflect.ValueOf(Config{}.withDefaults().Limits)
	for i := range v.NumField() {
		if v.Field(i).Int() <= 0 {
			t.Errorf("%s has no default", v.Type().Field(i).Name)
		}
	}
	if got := (Config{Capacity: 500}).withDefaults().MaxConnections; got < 500 {
		t.Errorf("a room for 500 takes %d connections", got)
	}
}

func TestRates_AllowABurstAndThenSoManyASecond(t *testing.T) {
	r := newRates(10)
	now := time.Now()
	a, b := netip.MustParseAddr("192.168.0.7"), netip.MustParseAddr("192.168.0.8")
	for i := range 10 * rateBurst {
		if !r.allow(a, now) {
			t.Fatalf("event %d of the burst was refused", i)
		}
	}
	if r.allow(a, now) {
		t.Error("one too many was allowed")
	}
	if !r.allow(b, now) {
		t.Error("another address pays for the first")
	}
	if now = now.Add(100 * time.Millisecond); !r.allow(a, now) || r.allow(a, now) {
		t.Error("not exactly one more after 100 ms")
	}
}

func TestRates_AreNotEscapedBySendingFromManyAddresses(t *testing.T) {
	r := newRates(10)
	now := time.Now()
	nth := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) } //nolint:gosec // the bytes of a number
	allowed := 0
	for i := range 10 * maxRated {
		if r.allow(nth(i), now) {
			allowed++
		}
	}
	if most := maxRated + 10*rateBurst; allowed > most {
		t.Errorf("%d were allowed, want at most %d", allowed, most)
	}
	if len(r.from) > maxRated+1 {
		t.Errorf("%d addresses are remembered", len(r.from))
	}
	// They are forgotten when they come no more.
	now = now.Add(rateBurst * time.Second)
	if !r.allow(netip.MustParseAddr("192.168.0.7"), now) || len(r.from) > 2 {
		t.Errorf("%d addresses are still remembered", len(r.from))
	}
}

func TestComputer_IsAnIPv6NetworkButNotALink(t *testing.T) {
	for a, want := range map[string]string{
		"192.168.0.7": "192.168.0.7", "::ffff:192.168.0.7": "192.168.0.7", "2001:db8::7": "2001:db8::", "fe80::7%eth0": "fe80::7", "fd00::1:2": "fd00::",
	} {
		if got := computer(netip.MustParseAddr(a)).String(); got != want {
			t.Errorf("%s is %s, want %s", a, got, want)
		}
	}
}

// limited starts a room with these limits.
func limited(t *testing.T, adjust func(*Limits)) *Server {
	t.Helper()
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Name: "Kitchen", HostName: "Mina", Listen: "127.0.0.1:0", Identity: id}
	adjust(&c.Limits)
	s, err := Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// call opens a TCP connection, says something and reports whether it was kept for a while.
func call(t *testing.T, s *Server, say string) (c net.Conn, kept bool) {
	t.Helper()
	c, err := net.Dial("tcp", s.withPort([]netip.Addr{netip.MustParseAddr("127.0.0.1")})[0])
	if errors.Is(err, syscall.ECONNRESET) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, say)
	_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	_, err = c.Read(make([]byte, 1))
	e, ok := err.(net.Error) //nolint:errorlint // Read returns the connection's own
	_ = c.SetReadDeadline(time.Time{})
	return c, ok && e.Timeout()
}

// Whoever adds a limit adds the test that holds it to its figure, and one beyond.
func TestLimits_EachHasATestOfItsName(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(b)
	}
	for field := range reflect.TypeFor[Limits]().Fields() {
		if name := "TestLimits_" + field.Name; !strings.Contains(tests.String(), "\nfunc "+name+"(t *testing.T)") {
			t.Errorf("there is no %s", name)
		}
	}
}

// halfHello and halfFrame are how TLS and ICE over TCP begin.
const halfHello, halfFrame = "\x16\x03\x01\x02\x00", "\x00\x64\x00\x01"

func TestLimits_MaxConnections(t *testing.T) {
	for _, say := range []string{"", halfFrame} {
		threeAreKept(t, say, func(l *Limits) { l.MaxConnections = 3 })
	}
}

func TestLimits_MaxHandshakes(t *testing.T) {
	for _, say := range []string{"", halfHello} {
		threeAreKept(t, say, func(l *Limits) { l.MaxHandshakes = 3 })
	}
}

func TestLimits_MaxICEConnections(t *testing.T) {
	threeAreKept(t, halfFrame, func(l *Limits) { l.MaxICEConnections = 3 })
}

// threeAreKept checks that connections are kept at the limit, dropped one beyond it, and kept again when another has gone.
func threeAreKept(t *testing.T, say string, adjust func(*Limits)) {
	t.Helper()
	s := limited(t, adjust)
	var first net.Conn
	for i := range 3 {
		conn, kept := call(t, s, say)
		if !kept {
			t.Fatalf("connection %d was dropped", i+1)
		}
		first = conn
	}
	if _, kept := call(t, s, say); kept {
		t.Error("one too many was kept")
	}
	_ = first.Close()
	for end := time.Now().Add(10 * time.Second); ; {
		if _, kept := call(t, s, say); kept {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a place that was given back stays taken")
		}
	}
}

func TestLimits_ConnectionsPerSecond(t *testing.T) {
	s := limited(t, func(l *Limits) { l.ConnectionsPerSecond = 1 })
	began := time.Now()
	var opened []net.Conn
	for range 3 * rateBurst { // all at once
		c, err := net.Dial("tcp", s.withPort([]netip.Addr{netip.MustParseAddr("127.0.0.1")})[0])
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			opened = append(opened, c)
		}
	}
	most := rateBurst + int(time.Since(began).Seconds()) // at once, but for a machine that stands still
	time.Sleep(300 * time.Millisecond)
	kept := 0
	for _, c := range opened {
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			kept++
		}
	}
	if kept < rateBurst || kept > most {
		t.Errorf("%d of %d were kept, want %d to %d", kept, 3*rateBurst, rateBurst, most)
	}
}

func TestLimits_PacketsPerSecond(t *testing.T) {
	u, _, _ := stageFor(1)
	u.perSecond = 5
	packet := func(n uint16) []byte {
		b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: opusType, SSRC: 7, SequenceNumber: n, Timestamp: uint32(n) * frame}, Payload: []byte("xvoice")}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for n := range uint16(7) {
		u.receive(packet(n), 0)
	}
	if got := u.counted.received.Load(); got != 5 || u.counted.refused.Load() != 2 {
		t.Errorf("%d received and %d refused at once", got, u.counted.refused.Load())
	}
	u.receive(packet(7), 200*time.Millisecond)
	u.receive(packet(8), 200*time.Millisecond)
	if got := u.counted.received.Load(); got != 6 || u.counted.refused.Load() != 3 {
		t.Errorf("%d received and %d refused a fifth of a second later", got, u.counted.refused.Load())
	}
}

func TestLimits_MaxSources(t *testing.T) {
	ended := make(chan struct{})
	tr := &transport{maxSources: 3, sources: make(map[uint32]struct{}), close: func() { close(ended) }}
	for _, ssrc := range []uint32{1, 2, 3, 1, 2, 3} {
		if !tr.know(ssrc) {
			t.Fatalf("source %d was refused", ssrc)
		}
	}
	select {
	case <-ended:
		t.Fatal("ended at the limit")
	default:
	}
	if tr.know(4) || len(tr.sources) != 3 {
		t.Error("one too many is known")
	}
	<-ended
}

func TestLimits_RequestsPerSecond(t *testing.T) {
	s := limited(t, func(l *Limits) { l.RequestsPerSecond = 1 })
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // its own server
	defer transport.CloseIdleConnections()
	url := "https://" + s.withPort([]netip.Addr{netip.MustParseAddr("127.0.0.1")})[0] + "/v1/room"
	statuses := make(map[int]int)
	for range 3 * rateBurst {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		statuses[res.StatusCode]++
		if res.StatusCode == http.StatusTooManyRequests && !res.Close {
			t.Error("who asks too much keeps its connection")
		}
	}
	if statuses[http.StatusOK] < rateBurst || statuses[http.StatusTooManyRequests] == 0 {
		t.Errorf("statuses %v", statuses)
	}
}

func TestPort_TakesTLS13Only(t *testing.T) {
	s := limited(t, func(*Limits) {})
	address := s.withPort([]netip.Addr{netip.MustParseAddr("127.0.0.1")})[0]
	for version, ok := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: false, tls.VersionTLS13: true} {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}) //nolint:gosec // what is tested
		if (err == nil) != ok {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
}

// What comes from where nobody is known is dropped beyond the limit, whoever it is for; who is known is not counted.
func TestLimits_ProbesPerSecond(t *testing.T) { synctest.Test(t, probesPerSecond) }

func probesPerSecond(t *testing.T) {
	s := &sockets{probes: newRates(1), invited: newInvited(1)}
	known, stranger := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	s.expected.Store(&map[netip.AddrPort]*transport{known: new(transport)})
	stun := []byte(strings.Repeat("\x00", 20))
	for i := range 3 * rateBurst {
		if dropped := s.receive(stun, stranger); dropped != (i >= rateBurst) {
			t.Errorf("packet %d of a stranger: dropped %t", i+1, dropped)
		}
		if s.receive(stun, known) {
			t.Error("somebody who is known was dropped")
		}
	}
}
