//go:build linux

package bridge_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/earshot/earshot/app/bridge"
	"github.com/earshot/earshot/app/voice"
	"github.com/earshot/earshot/test/siege/talking"
)

// attack is what a page of another site tries, knowing our port and even our token. Each attempt ends in one word.
const attack = `<!doctype html><title>another site</title><body><script>
const app = %q, token = %q, voice = %q, room = %q;
const port = address => address.split(':')[1];
const socket = url => new Promise(done => {
  const s = new WebSocket(url);
  s.onopen = () => done('OPEN');
  s.onerror = () => done('refused');
});
const load = (tag, url) => new Promise(done => {
  const e = document.createElement(tag);
  e.onload = () => done('LOADED');
  e.onerror = () => done('refused');
  e.src = url;
  document.head.append(e);
});
// What a frame shows cannot be seen from here; that it ran would show in the presence of its page.
const frame = url => new Promise(done => {
  const e = document.createElement('iframe');
  e.onload = () => { try { done(e.contentWindow.location.href === url ? 'READ' : 'blank'); } catch { done('opaque'); } };
  e.src = url;
  document.body.append(e);
});
const beacon = url => navigator.sendBeacon(url, 'x') ? 'sent' : 'refused';
const ask = (url, options) => fetch(url, options).then(r => r.text().then(t => t || r.type), () => 'refused');
(async () => {
  const results = {
    socket: await socket('ws://' + app + '/bridge?token=' + token + '&page=attacker1'),
    read: await ask('http://' + app + '/'),
    post: await ask('http://' + app + '/bridge?token=' + token + '&page=attacker1', {method: 'POST', mode: 'no-cors', body: '{"id":1,"method":"Nothing"}'}),
    script: await load('script', 'http://' + app + '/assets/index-B2xk93Qw.js'),
    image: await load('img', 'http://' + app + '/icon.png'),
    frame: await frame('http://' + app + '/#token=' + token), // whose script would attach itself
    cookies: await ask('http://' + app + '/', {credentials: 'include'}),
    preflight: await ask('http://' + app + '/bridge', {method: 'PUT', headers: {'X-Token': token}}),
    beacon: beacon('http://' + app + '/bridge?token=' + token + '&page=attacker1'),
    rebound: await socket('ws://rebound.example:' + port(app) + '/bridge?token=' + token + '&page=attacker1'),
    reboundRead: await ask('http://rebound.example:' + port(app) + '/', {mode: 'no-cors'}),
    voice: await socket('ws://' + voice + '/voice?token=' + token),
    voicePost: await ask('http://' + voice + '/voice?token=' + token, {method: 'POST', mode: 'no-cors', body: 'x'}),
    voiceRead: await ask('http://' + voice + '/voice?token=' + token),
    roomRead: await ask('https://' + room + '/v1/room'), // the public port of a room
    roomSignal: await socket('wss://' + room + '/v1/signal'),
    roomPlain: await socket('ws://' + room + '/v1/signal'),
    roomRebound: await ask('https://rebound.example:' + port(room) + '/v1/room', {mode: 'no-cors'}),
    voiceRebound: await socket('ws://rebound.example:' + port(voice) + '/voice?token=' + token),
  };
  await fetch('/results?' + new URLSearchParams(results));
})();
</script>`

// own is the product's side of the same test: the page that the bridge serves does get through, in the same browser.
const own = `(async () => {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  const s = new WebSocket('ws://' + location.host + '/bridge?token=' + token + '&page=ownpage1');
  s.onopen = () => s.send('{"id":1,"method":"Greet","args":["it works"]}');
})()`

func TestBadInput_36_AnotherSitesPageInChromium(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("skipped: needs Chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	talk := talking.Start(t, nil)
	a := start(t, func(c *bridge.Config) {
		c.Pages = ownPage()
	})
	lines, err := voice.Serve(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	results := make(chan url.Values, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, attack, a.Addr().String(), a.token(t), strings.TrimPrefix(lines.Source(), "ws://"), talk.Address())
		case "/results":
			results <- r.URL.Query()
		}
	}))
	defer site.Close()

	browse := func(address string) (stop func()) {
		browsing, stopBrowsing := context.WithCancel(ctx)
		command := exec.CommandContext(browsing, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
			"--remote-debugging-port=0", "--ignore-certificate-errors", // a room's is nobody's
			"--user-data-dir="+t.TempDir(),
			"--host-resolver-rules=MAP rebound.example 127.0.0.1", address)
		// Asked to end, Chromium ends its children too, so that none writes into a directory that is being removed.
		command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
		command.WaitDelay = 10 * time.Second
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		return func() {
			stopBrowsing()
			_ = command.Wait()
		}
	}

	stop := browse(site.URL)
	select {
	case got := <-results:
		for name, want := range map[string]string{
			"socket": "refused", "read": "refused", "script": "refused", "image": "refused", "frame": "opaque", "cookies": "refused",
			"preflight": "refused", "rebound": "refused", "voice": "refused", "voiceRead": "refused", "voiceRebound": "refused",
			"roomRead": "refused", "roomSignal": "refused", "roomPlain": "refused",
			// These are sent without asking and answered with nothing that a page can see; presence and the count say what came of it.
			"post": "opaque", "beacon": "sent", "reboundRead": "opaque", "roomRebound": "opaque", "voicePost": "opaque",
		} {
			if got.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, got.Get(name), want)
			}
		}
	case <-ctx.Done():
		t.Error("the other site's page did not finish")
	}
	stop()
	select {
	case said := <-a.presence.said:
		t.Errorf("an attack attached a page: %s", said)
	default:
	}

	talk.Undisturbed(t)

	stop = browse(a.URL(""))
	defer stop()
	select {
	case said := <-a.presence.said:
		if !strings.HasPrefix(said, "here ownpage1") {
			t.Errorf("presence said %q", said)
		}
	case <-ctx.Done():
		t.Error("our own page did not get in")
	}
}

func ownPage() fstest.MapFS {
	return fstest.MapFS{
		"index.html":               {Data: []byte(`<!doctype html><title>Earshot</title><script type="module" src="/assets/index-B2xk93Qw.js"></script>`)},
		"assets/index-B2xk93Qw.js": {Data: []byte(own)},
		"icon.png":                 {Data: []byte("\x89PNG\r\n\x1a\n")},
	}
}
