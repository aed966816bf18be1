//go:build linux

package bridge_test

import (
	"context"
	"fmt"
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
)

// attack is what a page of another site tries, knowing our port and even our token. Each attempt ends in one word.
const attack = `<!doctype html><title>another site</title><script>
const app = %q, token = %q;
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
const ask = (url, options) => fetch(url, options).then(r => r.text().then(t => t || r.type), () => 'refused');
(async () => {
  const results = {
    socket: await socket('ws://' + app + '/bridge?token=' + token + '&page=attacker1'),
    read: await ask('http://' + app + '/'),
    post: await ask('http://' + app + '/bridge?token=' + token + '&page=attacker1', {method: 'POST', mode: 'no-cors', body: '{"id":1,"method":"Nothing"}'}),
    script: await load('script', 'http://' + app + '/assets/index-B2xk93Qw.js'),
    rebound: await socket('ws://rebound.example:' + app.split(':')[1] + '/bridge?token=' + token + '&page=attacker1'),
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

func TestChromium_KeepsOtherSitesOutAndLetsOurPageIn(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("skipped: needs Chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	a := start(t, func(c *bridge.Config) {
		c.Pages = ownPage()
	})
	results := make(chan url.Values, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, attack, a.Addr().String(), a.token(t))
		case "/results":
			results <- r.URL.Query()
		}
	}))
	defer site.Close()

	browse := func(address string) (stop func()) {
		browsing, stopBrowsing := context.WithCancel(ctx)
		command := exec.CommandContext(browsing, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
			"--remote-debugging-port=0", "--user-data-dir="+t.TempDir(),
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
			"socket": "refused", "read": "refused", "post": "opaque", "script": "refused", "rebound": "refused",
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
	}
}
