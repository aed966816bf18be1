package app_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu/signal"
)

// logBuffer takes the lines of all loggers of a test.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startLogged starts an app that logs, and whose browser is told where to go.
func startLogged(t *testing.T, log *slog.Logger, opened *string) *app.Methods {
	t.Helper()
	a, err := app.New(app.Config{
		ConfigDir: t.TempDir(), Listen: "127.0.0.1:0", Logger: log,
		Pages: fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}},
		Open: func(url string) (string, error) {
			*opened = url
			return "Chromium", nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return app.NewMethods(a)
}

// resumeByHand joins a room, loses the connection and resumes with the token that was given for it, which it returns.
func resumeByHand(t *testing.T, room app.RoomListing) (token string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // it was just started here
	defer transport.CloseIdleConnections()
	say := func(join *signal.Join) *signal.Welcome {
		ws, _, err := websocket.Dial(t.Context(), "wss://"+room.Address+"/v1/signal", &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}}) //nolint:bodyclose // as the package says
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ws.CloseNow() }()
		ws.SetReadLimit(signal.MaxMessage)
		b, err := signal.Encode(join)
		if err != nil {
			t.Fatal(err)
		}
		if err := ws.Write(t.Context(), websocket.MessageText, b); err != nil {
			t.Fatal(err)
		}
		for {
			_, b, err := ws.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m, err := signal.DecodeEvent(b)
			if err != nil {
				t.Fatal(err)
			}
			if welcome, ok := m.(*signal.Welcome); ok {
				return welcome
			}
		}
	}
	first := say(&signal.Join{V: signal.Version, Name: "Bora", Offer: offer(t, 10)})
	if again := say(&signal.Join{V: signal.Version, Resume: first.Resume}); again.You != first.You {
		t.Errorf("%s came back as %s", first.You, again.You)
	}
	return first.Resume
}

// A host, a guest and a bridge do everything that has a secret in it; nothing of it may be in what they log.
func TestLogs_CarryNoSecrets(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
		t.Run(level.String(), func(t *testing.T) {
			var logged logBuffer
			log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: level}))
			var opened string
			mina, jun := startLogged(t, log, &opened), startLogged(t, log, &opened)
			const minaName, junName, pin, wrong = "Minerva Xenakis", "Junipero Zyx", "tea-and-4711", "coffee-0815"
			for name, m := range map[string]*app.Methods{minaName: mina, junName: jun} {
				if err := change(m, "profile", app.Profile{Name: name}); err != nil {
					t.Fatal(err)
				}
			}
			listing, err := mina.StartRoom("Kitchenette Q", pin)
			if err != nil {
				t.Fatal(err)
			}
			if got := joinCode(t, mina, listing.Ref, "page-mina", ""); got != "" {
				t.Fatalf("the host: %q", got)
			}
			if got := joinCode(t, jun, listing.Ref, "page-jun", wrong); got != signal.CodeWrongPIN {
				t.Fatalf("a wrong PIN: %q", got)
			}
			request := app.JoinRequest{Room: listing.Ref, Page: "page-jun", Offer: offer(t, 10), PIN: pin}
			reply, err := jun.Join(request)
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "the host is remembered", func() bool { return len(jun.GetHosts()) == 1 })
			if _, err := jun.OpenInBrowser(listing.Ref); err != nil {
				t.Fatal(err)
			}
			const chat = "the cake is in the drawer"
			if err := jun.Say(chat, "tag-of-a-message"); err != nil {
				t.Fatal(err)
			}
			report, err := mina.Examine()
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Findings) == 0 {
				t.Error("the doctor found nothing at all")
			}
			ufrag := func(sdp string) string {
				return strings.Fields(sdp[strings.Index(sdp, "a=ice-pwd:"):])[0][len("a=ice-pwd:"):]
			}
			_, ticket, _ := strings.Cut(opened, "#ticket=")
			ticket, _, _ = strings.Cut(ticket, "&")
			bundles := make(map[string]string) // of who hosts and of who is inside
			for who, m := range map[string]*app.Methods{"host's": mina, "guest's": jun} {
				d, err := m.GetDiagnostics("Mozilla/5.0")
				if err != nil {
					t.Fatal(err)
				}
				bundles[who] = d.Text
			}
			if err := jun.Leave(); err != nil {
				t.Fatal(err)
			}
			if err := mina.EndRoom(); err != nil {
				t.Fatal(err)
			}
			open, err := mina.StartRoom("Kitchenette R", "")
			if err != nil {
				t.Fatal(err)
			}
			resumed := resumeByHand(t, open)
			secrets := map[string]string{
				"PIN": pin, "wrong PIN": wrong, "ticket": ticket, "password of ICE, ours": ufrag(request.Offer), "and theirs": ufrag(reply.Answer), "SDP": "a=fingerprint",
				"chat": chat, "resume token": resumed,
			}
			host, _, _ := net.SplitHostPort(listing.Address)
			if level == slog.LevelInfo {
				secrets["host's name"], secrets["guest's name"], secrets["room's name"] = minaName, junName, "Kitchenette Q"
				secrets["address"] = host + ":"
			}
			for who, text := range bundles {
				if !strings.Contains(text, "msg=started") {
					t.Errorf("the %s diagnostics have no log", who)
				}
				for what, secret := range map[string]string{
					"PIN": pin, "wrong PIN": wrong, "ticket": ticket, "password of ICE": ufrag(request.Offer), "SDP": "a=fingerprint",
					"host's name": minaName, "guest's name": junName, "room's name": "Kitchenette Q", "key": listing.Fingerprint,
				} {
					if strings.Contains(text, secret) {
						t.Errorf("the %s is in the %s diagnostics:\n%s", what, who, text)
					}
				}
				if !strings.HasPrefix(host, "127.") && strings.Contains(text, host) {
					t.Errorf("the address is in the %s diagnostics:\n%s", who, text)
				}
			}
			text := logged.String()
			for what, secret := range secrets {
				if len(secret) < 4 {
					t.Errorf("no %s to look for", what)
				}
				if n := strings.Index(text, secret); n >= 0 {
					t.Errorf("the %s is in the log: %.300s", what, text[max(0, n-150):])
				}
			}
			if !strings.Contains(text, "level=") {
				t.Error("nothing was logged at all")
			}
		})
	}
}
