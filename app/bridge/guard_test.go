package bridge_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/earshot/earshot/app/bridge"
)

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// get makes one request with any Host.
func (a *app) get(t *testing.T, method, path, host string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+a.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		request.Host = host
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func TestServe_ListensOnLoopbackOnly(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.168.1.2:0", "example.com:0", "127.0.0.2:0", "127.0.0.1", "localhost.:0"} {
		server, err := bridge.Serve(bridge.Config{Listen: listen, Target: &target{}})
		if err == nil {
			_ = server.Close()
			t.Errorf("Listen %q was accepted", listen)
		}
	}
}

func TestServe_SaysThatThePortIsTaken(t *testing.T) {
	a := start(t, nil)
	server, err := bridge.Serve(bridge.Config{Listen: a.Addr().String(), Target: &target{}})
	if err == nil {
		_ = server.Close()
		t.Fatal("two servers on one port")
	}
	if !strings.Contains(err.Error(), "in use") {
		t.Fatalf("error %q does not say why", err)
	}
}

type badTarget struct{}

func (badTarget) Sum(...int) int { return 0 }

func TestServe_RefusesAMethodThatPagesCannotCall(t *testing.T) {
	if _, err := bridge.Serve(bridge.Config{Target: badTarget{}}); err == nil || !strings.Contains(err.Error(), "Sum") {
		t.Fatalf("error %v does not name the method", err)
	}
	if _, err := bridge.Serve(bridge.Config{}); err == nil {
		t.Fatal("no target was accepted")
	}
}

func TestBadInput_36_TheHostMustBeExactlyOurs(t *testing.T) {
	a := start(t, nil)
	port := strings.TrimPrefix(a.Addr().String(), "127.0.0.1:")
	for _, host := range []string{"evil.example", "evil.example:" + port, "127.0.0.1", "127.0.0.1:1", "localhost:" + port, "[::1]:" + port, "127.0.0.1.evil.example:" + port} {
		for _, path := range []string{"/", "/bridge?token=" + a.token(t) + "&page=page-one"} {
			got := a.get(t, http.MethodGet, path, host)
			if got.status != http.StatusMisdirectedRequest || strings.Contains(got.body, "<title>") {
				t.Errorf("Host %q got %d of %s", host, got.status, path)
			}
		}
	}
	if got := a.get(t, http.MethodGet, "/", ""); got.status != http.StatusOK {
		t.Errorf("our own Host got %d", got.status)
	}
}

func TestHost_IsAlsoLocalhostWhenListeningThere(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Listen = "localhost:0" })
	port := strings.TrimPrefix(a.Addr().String(), "127.0.0.1:")
	for _, host := range []string{"localhost:" + port, "127.0.0.1:" + port} {
		got := a.get(t, http.MethodGet, "/", host)
		if got.status != http.StatusOK {
			t.Errorf("Host %q got %d", host, got.status)
		}
		if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "connect-src ws://"+host+";") {
			t.Errorf("Host %q got the policy %q", host, csp)
		}
	}
}

func TestServe_WorksOnIPv6Loopback(t *testing.T) {
	if probe, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("skipped: no IPv6 loopback here")
	} else {
		_ = probe.Close()
	}
	a := start(t, func(c *bridge.Config) { c.Listen = "[::1]:0" })
	a.open(t, "page-one").expect(`{"id":1,"method":"Nothing"}`, `{"id":1,"result":null}`)
}

func TestBadInput_36_OnlyGetAndHeadExist(t *testing.T) {
	a := start(t, nil)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "CONNECT-ISH"} {
		for _, path := range []string{"/", "/bridge?token=" + a.token(t) + "&page=page-one"} {
			if got := a.get(t, method, path, ""); got.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s got %d", method, path, got.status)
			}
		}
	}
	if got := a.get(t, http.MethodHead, "/", ""); got.status != http.StatusOK || got.body != "" {
		t.Errorf("HEAD got %d and %q", got.status, got.body)
	}
}

func TestBadInput_36_APageNeedsTheTokenItsOriginAndAnID(t *testing.T) {
	a := start(t, nil)
	token, origin := a.token(t), "http://"+a.Addr().String()
	if len(token) != 64 {
		t.Errorf("token %q is not 256 bits of hex", token)
	}
	if other := start(t, nil).token(t); other == token {
		t.Error("two launches have one token")
	}
	for name, c := range map[string]struct {
		page, token, origin string
		want                int
	}{
		"no token":      {"page-one", "", origin, http.StatusForbidden},
		"wrong token":   {"page-one", strings.Repeat("0", 64), origin, http.StatusForbidden},
		"half a token":  {"page-one", token[:32], origin, http.StatusForbidden},
		"no origin":     {"page-one", token, "", http.StatusForbidden},
		"null origin":   {"page-one", token, "null", http.StatusForbidden},
		"https origin":  {"page-one", token, strings.Replace(origin, "http:", "https:", 1), http.StatusForbidden},
		"another port":  {"page-one", token, "http://127.0.0.1:1", http.StatusForbidden},
		"another site":  {"page-one", token, "http://evil.example", http.StatusForbidden},
		"longer origin": {"page-one", token, origin + ".evil.example", http.StatusForbidden},
		"no id":         {"", token, origin, http.StatusBadRequest},
		"odd id":        {"page%20one", token, origin, http.StatusBadRequest},
		"long id":       {strings.Repeat("p", 65), token, origin, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			conn, status, err := a.dial(t, c.page, c.token, c.origin)
			if err == nil {
				_ = conn.CloseNow()
				t.Fatal("was let in")
			}
			if status != c.want {
				t.Fatalf("got %d, want %d", status, c.want)
			}
		})
	}
}

func TestFiles_HaveTheirTypeTheirCachingAndTheHeaders(t *testing.T) {
	a := start(t, nil)
	for path, want := range map[string][2]string{
		"/":                         {"text/html; charset=utf-8", "no-store"},
		"/index.html":               {"text/html; charset=utf-8", "no-store"},
		"/assets/index-B2xk93Qw.js": {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/assets/plain.css":         {"text/css; charset=utf-8", "no-cache"},
	} {
		got := a.get(t, http.MethodGet, path, "")
		h := got.header
		if got.status != http.StatusOK || h.Get("Content-Type") != want[0] || h.Get("Cache-Control") != want[1] {
			t.Errorf("%s got %d %q %q", path, got.status, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
			"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
				"font-src 'self'; media-src 'self' blob:; connect-src ws://" + a.Addr().String() + "; worker-src 'self'; " +
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		} {
			if h.Get(name) != value {
				t.Errorf("%s has %s %q", path, name, h.Get(name))
			}
		}
	}
	for _, path := range []string{"/nothing.js", "/assets", "/assets/", "/assets/odd.exe", "/../go.mod", "/%2e%2e/%2e%2e/etc/passwd.txt", "//etc/passwd", "/assets/..%5c..%5cx.js"} {
		if got := a.get(t, http.MethodGet, path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s got %d %q", path, got.status, got.body)
		}
	}
}

func TestPages_ThatWereNotBuiltAreSaidInOneSentence(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Pages = fstest.MapFS{".gitkeep": {}} })
	if a.HasPage() {
		t.Error("HasPage without index.html")
	}
	got := a.get(t, http.MethodGet, "/", "")
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "make build") || strings.Count(got.body, "\n") != 1 {
		t.Errorf("got %d %q", got.status, got.body)
	}
	if !start(t, nil).HasPage() {
		t.Error("no HasPage with index.html")
	}
}

func TestPages_ThatCarryTheirVoicesByLoopbackAreToldAndMay(t *testing.T) {
	const voice = "ws://127.0.0.1:4711"
	a := start(t, func(c *bridge.Config) { c.Voice, c.VoiceWay = voice, "loopback" })
	if url := a.URL(""); !strings.HasSuffix(url, "&voice=loopback") {
		t.Errorf("the URL is %q", url)
	}
	policy := a.get(t, http.MethodGet, "/", "").header.Get("Content-Security-Policy")
	for _, want := range []string{"script-src 'self' 'wasm-unsafe-eval';", "connect-src ws://" + a.Addr().String() + " " + voice + ";"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy is %q, without %s", policy, want)
		}
	}
}

func TestURL_EscapesTheRoom(t *testing.T) {
	a := start(t, nil)
	want := "http://" + a.Addr().String() + "/#token=" + a.token(t) + "&join=earshot%3A%2F%2F10.0.0.1%3A7788%2F%3Fn%3D%ED%9A%8C+%26x"
	want = strings.ReplaceAll(want, "+", "%20")
	if got := a.URL("earshot://10.0.0.1:7788/?n=회 &x"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
