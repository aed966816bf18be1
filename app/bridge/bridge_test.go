package bridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/earshot/earshot/app/bridge"
	"github.com/earshot/earshot/sfu/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen before it fails.
const patience = 10 * time.Second

// target is an app's bound methods, as far as the bridge can tell.
type target struct {
	held    chan struct{} // Hold returns when it is closed
	holding chan struct{} // told by each Hold that it runs
	ended   chan error    // told by Watch why its context ended
}

type pair struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func (t *target) Greet(name string) string    { return "hello " + name }
func (t *target) Double(p pair) (pair, error) { return pair{p.Name + p.Name, 2 * p.Count}, nil }
func (t *target) Nothing()                    {}
func (t *target) Fine() error                 { return nil }
func (t *target) Full() (pair, error) {
	return pair{}, signal.Problemf(signal.CodeRoomFull, "30 of 30")
}
func (t *target) Odd() error                     { return errors.New("disk on fire") }
func (t *target) Panic() string                  { panic("secret thing") }
func (t *target) Unmarshalable() any             { return func() {} }
func (t *target) Optional(p *pair, l []int) bool { return p == nil && l == nil }

func (t *target) Hold() {
	t.holding <- struct{}{}
	<-t.held
}

func (t *target) Watch(ctx context.Context, name string) (string, error) {
	t.holding <- struct{}{}
	<-ctx.Done()
	t.ended <- ctx.Err()
	return name, nil
}

// presence records what PageHere and PageGone said.
type presence struct{ said chan string }

func (p presence) here(page string) { p.said <- "here " + page }
func (p presence) gone(page string) { p.said <- "gone " + page }

func (p presence) expect(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-p.said:
		if got != want {
			t.Fatalf("presence said %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("presence said nothing, want %q", want)
	}
}

// app is one running bridge with all that it was given.
type app struct {
	*bridge.Server
	target   *target
	presence presence
	mu       sync.Mutex
	emitTo   func(string, any)
}

func (a *app) subscribe(emit func(string, any)) func() {
	a.set(emit)
	return func() { a.set(nil) }
}

func (a *app) set(emit func(string, any)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.emitTo = emit
}

func (a *app) emit(event string, payload any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.emitTo != nil {
		a.emitTo(event, payload)
	}
}

func pages() fs.FS {
	return fstest.MapFS{
		"index.html":               {Data: []byte("<!doctype html><title>Earshot</title>")},
		"assets/index-B2xk93Qw.js": {Data: []byte("export {}")},
		"assets/plain.css":         {Data: []byte("body{}")},
		"assets/odd.exe":           {Data: []byte("MZ")},
	}
}

func start(t *testing.T, change func(*bridge.Config)) *app {
	t.Helper()
	a := &app{
		target: &target{
			held: make(chan struct{}), holding: make(chan struct{}, 100), ended: make(chan error, 1),
		},
		presence: presence{make(chan string, 100)},
	}
	cfg := bridge.Config{
		Target: a.target, Subscribe: a.subscribe, PageHere: a.presence.here, PageGone: a.presence.gone, Pages: pages(),
	}
	if change != nil {
		change(&cfg)
	}
	server, err := bridge.Serve(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.Server = server
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func (a *app) token(t *testing.T) string {
	t.Helper()
	_, token, ok := strings.Cut(a.URL(""), "#token=")
	if !ok {
		t.Fatalf("no token in %q", a.URL(""))
	}
	return token
}

// browser is a page's connection, as a browser would make it.
type browser struct {
	*websocket.Conn
	t *testing.T
}

func (a *app) open(t *testing.T, page string) browser {
	t.Helper()
	conn, _, err := a.dial(t, page, a.token(t), "http://"+a.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	a.presence.expect(t, "here "+page)
	return browser{conn, t}
}

// dial opens a page's connection or returns the status it was refused with.
func (a *app) dial(t *testing.T, page, token, origin string) (conn *websocket.Conn, status int, err error) {
	t.Helper()
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, response, err := websocket.Dial(t.Context(), "ws://"+a.Addr().String()+"/bridge?token="+token+"&page="+page,
		&websocket.DialOptions{HTTPHeader: header})
	if err != nil && response != nil {
		_ = response.Body.Close()
		return nil, response.StatusCode, err
	}
	return conn, 0, err
}

func (b browser) send(text string) {
	b.t.Helper()
	if err := b.Write(b.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		b.t.Fatal(err)
	}
}

func (b browser) receive() string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	_, data, err := b.Read(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

func (b browser) expect(call, want string) {
	b.t.Helper()
	b.send(call)
	if got := b.receive(); got != want {
		b.t.Fatalf("%s was answered %s, want %s", call, got, want)
	}
}

func (b browser) expectClose(want websocket.StatusCode) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := b.Read(ctx); err != nil {
			if got := websocket.CloseStatus(err); got != want {
				b.t.Fatalf("closed with %v (%v), want %v", got, err, want)
			}
			return
		}
	}
}

// expectProblem checks the code of the answer, and that it names the call.
func (b browser) expectProblem(call string, want signal.Code) {
	b.t.Helper()
	b.send(call)
	var answer struct {
		ID    int
		Error *signal.Problem
	}
	if got := b.receive(); json.Unmarshal([]byte(got), &answer) != nil || answer.ID != 7 || answer.Error == nil ||
		answer.Error.Code != want {
		b.t.Fatalf("%s was answered %s, want id 7 and code %s", call, got, want)
	}
}

func TestCall_IsAnsweredWithWhatTheMethodReturns(t *testing.T) {
	b := start(t, nil).open(t, "page-one")
	b.expect(`{"id":1,"method":"Greet","args":["영희"]}`, `{"id":1,"result":"hello 영희"}`)
	b.expect(`{"id":2,"method":"Double","args":[{"name":"a","count":4,"new":true}]}`, `{"id":2,"result":{"name":"aa","count":8}}`)
	b.expect(`{"id":3,"method":"Nothing"}`, `{"id":3,"result":null}`)
	b.expect(`{"id":4,"method":"Fine","args":[]}`, `{"id":4,"result":null}`)
	b.expect(`{"id":5,"method":"Optional","args":[null,null]}`, `{"id":5,"result":true}`)
	b.expect(`{"id":6,"method":"Full"}`, `{"id":6,"error":{"code":"room_full","detail":"30 of 30"}}`)
	b.expect(`{"id":7,"method":"Odd"}`, `{"id":7,"error":{"code":"internal","detail":"disk on fire"}}`)
}

func TestCall_ThatDoesNotFitIsRefusedAndThePageStays(t *testing.T) {
	b := start(t, nil).open(t, "page-one")
	for call, code := range map[string]signal.Code{
		`{"id":7,"method":"Greet"}`:                          signal.CodeBadMessage,
		`{"id":7,"method":"Greet","args":["a","b"]}`:         signal.CodeBadMessage,
		`{"id":7,"method":"Greet","args":[1]}`:               signal.CodeBadMessage,
		`{"id":7,"method":"Greet","args":[null]}`:            signal.CodeBadMessage,
		`{"id":7,"method":"Double","args":[{"count":"x"}]}`:  signal.CodeBadMessage,
		`{"id":7,"method":"Double","args":[{"count":1e99}]}`: signal.CodeBadMessage,
		`{"id":7,"method":"greet","args":["a"]}`:             signal.CodeUnsupported,
		`{"id":7,"method":"String"}`:                         signal.CodeUnsupported,
		`{"id":7,"method":"Unmarshalable"}`:                  signal.CodeInternal,
	} {
		b.expectProblem(call, code)
	}
	b.expect(`{"id":8,"method":"Greet","args":["a"]}`, `{"id":8,"result":"hello a"}`)
}

func TestCall_ThatPanicsIsInternalAndTellsThePageNothing(t *testing.T) {
	b := start(t, nil).open(t, "page-one")
	b.expect(`{"id":1,"method":"Panic"}`, `{"id":1,"error":{"code":"internal","detail":"Panic panicked"}}`)
	b.expect(`{"id":2,"method":"Nothing"}`, `{"id":2,"result":null}`)
}

func TestCall_AboveTheLimitIsRefusedAtOnceWhileOthersRun(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Limits.MaxCalls = 2 })
	b := a.open(t, "page-one")
	b.send(`{"id":1,"method":"Hold"}`)
	b.send(`{"id":2,"method":"Hold"}`)
	b.expectProblem(`{"id":7,"method":"Nothing"}`, signal.CodeRateLimited)
	close(a.target.held)
	b.receive()
	b.receive()
	b.expect(`{"id":8,"method":"Nothing"}`, `{"id":8,"result":null}`)
}

func TestCall_WithAContextEndsWithItsPage(t *testing.T) {
	a := start(t, nil)
	b := a.open(t, "page-one")
	b.send(`{"id":1,"method":"Watch","args":["x"]}`)
	<-a.target.holding
	_ = b.CloseNow()
	select {
	case err := <-a.target.ended:
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("context ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the context did not end")
	}
	a.presence.expect(t, "gone page-one")
}

func TestMessage_ThatIsNoCallClosesThePage(t *testing.T) {
	a := start(t, func(c *bridge.Config) { c.Limits.MaxMessage = 1000 })
	for name, c := range map[string]struct {
		kind websocket.MessageType
		data string
		want websocket.StatusCode
	}{
		"no JSON":       {websocket.MessageText, `hello`, websocket.StatusInvalidFramePayloadData},
		"no id":         {websocket.MessageText, `{"method":"Nothing"}`, websocket.StatusInvalidFramePayloadData},
		"no method":     {websocket.MessageText, `{"id":1}`, websocket.StatusInvalidFramePayloadData},
		"args no list":  {websocket.MessageText, `{"id":1,"method":"Nothing","args":{}}`, websocket.StatusInvalidFramePayloadData},
		"deep":          {websocket.MessageText, strings.Repeat("[", 900), websocket.StatusInvalidFramePayloadData},
		"invalid UTF-8": {websocket.MessageText, "{\"id\":1,\"method\":\"Greet\",\"args\":[\"\xff\"]}", websocket.StatusInvalidFramePayloadData},
		"binary":        {websocket.MessageBinary, `{"id":1,"method":"Nothing"}`, websocket.StatusUnsupportedData},
		"too large": {
			websocket.MessageText, `{"id":1,"method":"Greet","args":["` + strings.Repeat("x", 1000) + `"]}`,
			websocket.StatusMessageTooBig,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := a.open(t, "page-one")
			if err := b.Write(t.Context(), c.kind, []byte(c.data)); err != nil {
				t.Fatal(err)
			}
			b.expectClose(c.want)
			a.presence.expect(t, "gone page-one")
		})
	}
}
