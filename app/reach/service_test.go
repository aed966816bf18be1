package reach

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu"
)

func open(t *testing.T) *Service {
	t.Helper()
	s := New(Config{Name: func() string { return "Kim" }, Listen: "127.0.0.1:0", AnswerWithin: time.Millisecond, DialWithin: 5 * time.Second})
	t.Cleanup(s.Close)
	return s
}

func listenPort(t *testing.T, r sfu.Reach) *sfu.ReachPort {
	t.Helper()
	p, err := sfu.ListenReach("127.0.0.1:0", r, open(t).cfg.Logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// Two services on the loopback interface: multicast knows its own computer's and leaves it out, so that this is the way of a host
// that is asked by HTTPS.
func TestService_AHostThatIsAskedDialsTCPAndUDP(t *testing.T) {
	host, asker := open(t), open(t)
	hosts := listenPort(t, host.Port())
	askers := listenPort(t, asker.Port())

	q := &inquiry{token: aToken, replies: make(map[string]*reply)}
	asker.mu.Lock()
	asker.inquiry = q
	asker.mu.Unlock()
	r := request{Version: 1, Token: aToken, Port: askers.Port()}
	asker.askHost(t.Context(), Host{Address: "127.0.0.1:" + strconv.Itoa(hosts.Port())}, []byte(`{"v":1,"token":"`+r.Token+`","port":`+strconv.Itoa(r.Port)+`}`), q)

	asker.mu.Lock()
	defer asker.mu.Unlock()
	got := q.replies[host.id]
	if got == nil || !got.tcp || !got.udp || got.by != "Kim" || got.told == nil || got.told.TCP != Yes {
		t.Fatalf("%+v", got)
	}
}

func TestService_APortThatNobodyOpenedIsSaidToBeShut(t *testing.T) {
	host := open(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	host.limit.begin(netip.MustParseAddr("127.0.0.1"), time.Now())
	told := host.dialBack(t.Context(), request{1, aToken, port}, netip.MustParseAddr("127.0.0.1"), "", Unknown)
	if told.TCP != No {
		t.Errorf("%+v", told)
	}
}

func TestService_RefusesOnItsPort(t *testing.T) {
	s := open(t)
	port := s.Port().Requests
	call := func(path, body string, header ...string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		r.RemoteAddr = "127.0.0.1:40000"
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		port.ServeHTTP(w, r)
		return w.Code
	}
	report := `{"v":1,"token":"` + aToken + `","id":"` + anID + `","by":"Kim","heard":"yes","tcp":"unknown","udp":"yes"}`
	for name, c := range map[string]struct {
		got, want int
	}{
		"a web page":             {call("/v1/reach", "{}", "Origin", "https://example.org"), 403},
		"no JSON":                {call("/v1/reach", "{"), 400},
		"a system port":          {call("/v1/reach", `{"v":1,"token":"`+aToken+`","port":22}`), 400},
		"10 kB":                  {call("/v1/reach", strings.Repeat(" ", 10000)+`{"v":1,"token":"`+aToken+`","port":7788}`), 400},
		"a report not asked for": {call("/v1/reached", report), 404},
		"no report":              {call("/v1/reached", "{}"), 400},
	} {
		if c.got != c.want {
			t.Errorf("%s: HTTP %d, want %d", name, c.got, c.want)
		}
	}
	s.mu.Lock()
	for range dialsPerAsker {
		s.limit.begin(netip.MustParseAddr("127.0.0.1"), time.Now())
		s.limit.end()
	}
	s.mu.Unlock()
	if got := call("/v1/reach", `{"v":1,"token":"`+aToken+`","port":7788}`); got != 429 {
		t.Errorf("one request too many: HTTP %d", got)
	}
	s.Port().Datagram([]byte(sfu.ReachPrefix+aToken+anID), netip.MustParseAddrPort("127.0.0.1:1")) // nobody asked: ignored
}

func TestService_AskIsOverInTimeAndOpensThePort(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r := s.Ask(ctx, Question{})
	if r.Port == 0 || r.TCP != Unknown || r.UDP != Unknown {
		t.Errorf("%+v", r)
	}
	if _, err := net.DialTimeout("tcp", "127.0.0.1:"+strconv.Itoa(r.Port), time.Second); err == nil {
		t.Error("the port stayed open")
	}
	s.Close()
	s.Close()
}

func TestService_AFloodOfRequestsIsNotDecodedNorAnswered(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for n := range 3 * maxDecodedSecond {
		if got := s.mayDecode(at.Add(time.Duration(n) * time.Millisecond / 2)); got != (n < maxDecodedSecond) {
			t.Fatalf("message %d: %v", n+1, got)
		}
	}
	if !s.mayDecode(at.Add(time.Second)) {
		t.Error("nothing is decoded a second later")
	}
	for range 2 * maxHeard {
		packet, err := request{Version: version, Token: rand.Text(), Port: 7788}.multicast()
		if err != nil {
			t.Fatal(err)
		}
		s.hear(discovery.Datagram{Interface: "eth0", Source: netip.MustParseAddr("127.0.0.9"), OnLink: true, Data: packet})
	}
	dials := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.limit.dials)
	}
	for deadline := time.Now().Add(10 * time.Second); dials() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody is dialled")
		}
	}
	s.Close()
	if len(s.heard) > maxHeard || dials() > dialsPerAsker {
		t.Errorf("%d requests are remembered, %d dials for one asker", len(s.heard), dials())
	}
}
