package bridge_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// dialTicket opens a page's connection with a ticket or returns the status it was refused with.
func (a *app) dialTicket(t *testing.T, page, ticket string) (conn *websocket.Conn, status int, err error) {
	t.Helper()
	return a.dial(t, page, "&ticket="+ticket, "http://"+a.Addr().String())
}

func (a *app) ticket(t *testing.T) string {
	t.Helper()
	_, ticket, ok := strings.Cut(a.TicketURL(""), "#ticket=")
	if !ok || strings.Contains(a.TicketURL(""), a.token(t)) {
		t.Fatalf("%q is no address with a ticket alone", a.TicketURL(""))
	}
	return ticket
}

func TestTicket_IsExchangedForTheTokenByOnePage(t *testing.T) {
	a := start(t, nil)
	ticket := a.ticket(t)
	conn, _, err := a.dialTicket(t, "page-first", ticket)
	if err != nil {
		t.Fatal(err)
	}
	a.presence.expect(t, "here page-first")
	if got, want := (browser{conn, t}).receive(), `{"data":"`+a.token(t)+`","event":"token"}`; got != want {
		t.Fatalf("the page was told %q, want %q", got, want)
	}
	if _, status, err := a.dialTicket(t, "page-later", ticket); err == nil || status != http.StatusForbidden {
		t.Errorf("whoever read the ticket later: %d, %v", status, err)
	}
	// The same page's connection broke before it had the token.
	if _, _, err := a.dialTicket(t, "page-first", ticket); err != nil {
		t.Errorf("the same page again: %v", err)
	}
	if _, status, err := a.dialTicket(t, "page-other", strings.Repeat("0", 64)); err == nil || status != http.StatusForbidden {
		t.Errorf("an invented ticket: %d, %v", status, err)
	}
	if _, status, err := a.dialTicket(t, "page-other", a.token(t)); err == nil || status != http.StatusForbidden {
		t.Errorf("the token as a ticket: %d, %v", status, err)
	}
}

func TestTicket_TheOldestGivesWay(t *testing.T) {
	a := start(t, nil)
	first, second := a.ticket(t), ""
	for range 8 {
		second = a.ticket(t)
	}
	if _, status, err := a.dialTicket(t, "page-first", first); err == nil || status != http.StatusForbidden {
		t.Errorf("the ninth but one: %d, %v", status, err)
	}
	if conn, _, err := a.dialTicket(t, "page-second", second); err != nil {
		t.Errorf("the newest: %v", err)
	} else {
		_ = conn.CloseNow()
	}
}

// Another user of this computer has read the browser's arguments, and is faster than the browser.
func TestTicket_IsWorthNothingToAnotherUser(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("needs root on Linux to be another user")
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skipf("needs setpriv to be another user: %v", err)
	}
	a := start(t, nil)
	ticket := a.ticket(t)
	// The test's own program as the other user's: it runs TestTicket_AsAnotherUser alone.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "earshot-other-user-") //nolint:usetesting // TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := filepath.Join(dir, "bridge.test")
	if err := os.WriteFile(program, content, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--",
		program, "-test.run", "^TestTicket_AsAnotherUser$", "-test.v")
	other.Env = append(os.Environ(), "EARSHOT_TEST_TICKET="+ticket, "EARSHOT_TEST_BRIDGE="+a.Addr().String())
	other.Dir = dir
	if out, err := other.CombinedOutput(); err != nil || !strings.Contains(string(out), "refused with 403") {
		t.Errorf("as another user: %v\n%s", err, out)
	}
	if conn, _, err := a.dialTicket(t, "page-ours", ticket); err != nil {
		t.Errorf("afterwards, our own: %v", err)
	} else {
		_ = conn.CloseNow()
	}
}

func TestTicket_AsAnotherUser(t *testing.T) {
	address := os.Getenv("EARSHOT_TEST_BRIDGE")
	if address == "" {
		t.Skip("part of TestTicket_IsWorthNothingToAnotherUser")
	}
	header := http.Header{"Origin": {"http://" + address}}
	_, response, err := websocket.Dial(t.Context(), "ws://"+address+"/bridge?page=page-thief&ticket="+os.Getenv("EARSHOT_TEST_TICKET"),
		&websocket.DialOptions{HTTPHeader: header, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err == nil || response == nil {
		t.Fatalf("came in, or never got there: %v", err)
	}
	_ = response.Body.Close()
	t.Logf("refused with %d", response.StatusCode)
}
