package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/earshot/earshot/app/cli"
)

// The library's probing sleeps on for up to 3 s after its server was shut down; it then finds that and ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/grandcat/zeroconf.(*Server).probe"))
}

// buffer is a bytes.Buffer for a writer and a reader on two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// command is one run of the command line.
type command struct {
	t         *testing.T
	args      []string
	interrupt context.CancelFunc
	events    chan map[string]any // standard output, line by line, when it is JSON
	stdout    buffer
	stderr    buffer
	code      chan int
}

// options are what most tests run with: an environment of their own and a configuration directory of their own.
func options(t *testing.T, env map[string]string) cli.Options {
	t.Helper()
	dir := t.TempDir()
	return cli.Options{Name: func(string) string { return "Tester" }, LookupEnv: func(name string) (string, bool) {
		if value, ok := env[name]; ok {
			return value, true
		}
		return dir, name == "EARSHOT_CONFIG_DIR"
	}}
}

func start(t *testing.T, o cli.Options, args ...string) *command {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &command{t: t, args: args, interrupt: cancel, events: make(chan map[string]any, 1000), code: make(chan int, 1)}
	r, w := io.Pipe()
	o.Args, o.Stdout, o.Stderr = args, w, &c.stderr
	var done sync.WaitGroup
	done.Go(func() {
		code := cli.Run(ctx, o)
		w.Close()
		c.code <- code
	})
	done.Go(func() {
		defer close(c.events)
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			c.stdout.Write(append(lines.Bytes(), '\n'))
			var event map[string]any
			if json.Unmarshal(lines.Bytes(), &event) == nil {
				c.events <- event
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		done.Wait()
		if t.Failed() {
			t.Logf("earshot %s\nstdout: %s\nstderr: %s", strings.Join(args, " "), c.stdout.String(), c.stderr.String())
		}
	})
	return c
}

// await returns the next event of a kind.
func (c *command) await(kind string) map[string]any {
	c.t.Helper()
	timeout := time.After(15 * time.Second)
	for {
		select {
		case e, ok := <-c.events:
			if !ok {
				c.t.Fatalf("earshot %v ended without %q: %s", c.args, kind, c.stderr.String())
			}
			if e["event"] == kind {
				return e
			}
		case <-timeout:
			c.t.Fatalf("earshot %v: no %q within 15 s", c.args, kind)
		}
	}
}

func (c *command) exit(want int) {
	c.t.Helper()
	select {
	case got := <-c.code:
		if got != want {
			c.t.Errorf("earshot %v: exit code %d, want %d", c.args, got, want)
		}
	case <-time.After(20 * time.Second):
		c.t.Fatalf("earshot %v does not end", c.args)
	}
}

func run(t *testing.T, o cli.Options, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	o.Args, o.Stdout, o.Stderr = args, &out, &errs
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	code = cli.Run(ctx, o)
	return code, out.String(), errs.String()
}

func TestRun_RefusesWrongUsageWithCode2(t *testing.T) {
	for _, c := range []struct {
		args string
		want string // on standard error
	}{
		{"frobnicate", `unknown command "frobnicate"`},
		{"--frobnicate", "unknown flag: --frobnicate"},
		{"web frobnicate", `unknown command "frobnicate"`},
		{"10.0.0.2:7788 10.0.0.3:7788", `an invite stands alone: "10.0.0.3:7788"`},
		{"earshot://10.0.0.2:7788/ --config-dir /tmp/x", `an invite stands alone: "--config-dir"`},
		{"earshot:help --help", `an invite stands alone: "--help"`},
		{"join", "accepts 1 arg(s), received 0"},
		{"join a b", "accepts 1 arg(s), received 2"},
		{"host extra", `unknown command "extra"`},
		{"rooms extra", `unknown command "extra"`},
		{"join --frobnicate room", "unknown flag: --frobnicate"},
		{"join room --pin 123", "a PIN has 4 characters or more"},
		{"host --pin 123", "a PIN has 4 characters or more"},
		{"host --pin=", "a PIN has 4 characters or more"},
		{"join room --loop", "--loop repeats the file of --play"},
		{"join room --for soon", "invalid argument"},
		{"join room --for -1s", "--for -1s"},
		{"join room --for 0s", "--for 0"},
		{"join room --name \x01", "--name"},
		{"host --seats 0", "--seats 0: want 1 to 50"},
		{"host --seats 51", "--seats 51: want 1 to 50"},
		{"host --seats many", "invalid argument"},
		{"host --metrics 0.0.0.0:9090", "for this computer alone"},
		{"host --metrics 9090", "want one like :9090"},
		{"host --capacity 0", "--capacity 0"},
		{"host --listen 7788", `--listen "7788"`},
		{"host --listen :70000", `"70000" is no port`},
		{"host --listen :http", `"http" is no port`},
		{"host --name \u200b", "--name"},
		{"host --host-name " + strings.Repeat("x", 65), "--host-name"},
		{"rooms --wait -1s", "--wait -1s"},
		{"web --listen 0.0.0.0:0", "this computer only"},
		{"web --listen example.com:80", "this computer only"},
		{"web --listen 80", "want an address"},
		{"web --voice pigeon", "want webrtc, card or loopback"},
		{"surgeon", `unknown command "surgeon"`},
		{"load a b", "accepts at most 1 arg(s), received 2"},
		{"load room --participants 0", "--participants 0: want 1 to"},
		{"load room --participants 100000", "--participants 100000: want 1 to"},
		{"load room --participants many", "invalid argument"},
		{"load room --participants 2 --talkers 3", "there are only 2 participants"},
		{"load room --talkers -1", "--talkers -1"},
		{"load room --for 0s", "--for 0s: want more than 0"},
		{"load room --for -5s", "--for -5s"},
		{"load room --decrypt -1", "--decrypt -1"},
		{"load room --at-once 0", "--at-once 0"},
		{"load room --join-rate -1", "--join-rate -1"},
		{"load room --join-rate NaN", "--join-rate NaN"},
		{"load room --pattern loud", `--pattern "loud": want always or speech`},
		{"load room --silence gold", `--silence "gold": want dtx or muted`},
		{"load room --host-pid -1", "--host-pid -1"},
	} {
		code, stdout, stderr := run(t, options(t, nil), strings.Split(c.args, " ")...)
		if code != 2 || stdout != "" {
			t.Errorf("%q: exit code %d, stdout %q", c.args, code, stdout)
		}
		if !strings.HasPrefix(stderr, "earshot: ") || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, `--help" to see how it is used`) {
			t.Errorf("%q said %q, want %q", c.args, stderr, c.want)
		}
	}
}

func TestRun_FailsWithCode1AndTheNextStep(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("not an identity, not Ogg"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "identity.pem"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code string // of the ended event; "" for none
		want string
	}{
		{[]string{"join", "127.0.0.1:1", "--json"}, "unreachable", "nobody answers at that address"},
		{[]string{"join", "earshot://nowhere", "--json"}, "bad_address", "neither host:port nor an invite"},
		{[]string{"join", "127.0.0.1:1", "--play", filepath.Join(dir, "none.ogg")}, "", "no such file"},
		{[]string{"join", "127.0.0.1:1", "--play", file}, "", "not an Ogg file"},
		{[]string{"host", "--config-dir", dir}, "", "read identity"},
		{[]string{"web"}, "", "make build"},
		{nil, "", "make build"},
	} {
		code, stdout, stderr := run(t, options(t, nil), c.args...)
		if code != 1 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "earshot: ") {
			t.Errorf("%v: exit code %d, %q, want %q", c.args, code, stderr, c.want)
		}
		want := ""
		if c.code != "" {
			want = `{"event":"ended","code":"` + c.code + "\"}\n"
		}
		if stdout != want {
			t.Errorf("%v: stdout %q, want %q", c.args, stdout, want)
		}
	}
}

func TestRun_ShowsHelpOnStandardOutput(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"help"}, {"join", "--help"}, {"help", "host"}, {"--version"}} {
		o := options(t, nil)
		o.Version = "v9"
		code, stdout, stderr := run(t, o, args...)
		if code != 0 || !strings.Contains(stdout, "earshot") || stderr != "" {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestRun_TakesFlagsFromTheEnvironment(t *testing.T) {
	code, _, stderr := run(t, options(t, map[string]string{"EARSHOT_SEATS": "99"}), "host")
	if code != 2 || !strings.Contains(stderr, "--seats 99") {
		t.Errorf("a value out of range: %d, %q", code, stderr)
	}
	code, _, stderr = run(t, options(t, map[string]string{"EARSHOT_SEATS": "many"}), "host")
	if code != 2 || !strings.Contains(stderr, "EARSHOT_SEATS") {
		t.Errorf("a malformed value: %d, %q", code, stderr)
	}
	code, _, stderr = run(t, options(t, map[string]string{"EARSHOT_PIN": "12"}), "join", "127.0.0.1:1")
	if code != 2 || !strings.Contains(stderr, "PIN") {
		t.Errorf("a PIN too short: %d, %q", code, stderr)
	}
	// The flag wins: 127.0.0.1:1 is reached, and refuses.
	code, stdout, _ := run(t, options(t, map[string]string{"EARSHOT_FOR": "-1s", "EARSHOT_JSON": "1"}), "join", "127.0.0.1:1", "--for", "1s")
	if code != 1 || !strings.Contains(stdout, `"unreachable"`) {
		t.Errorf("a flag against the environment: %d, %q", code, stdout)
	}
}

func TestRun_ServesThePageWhereThereIsNoWindow(t *testing.T) {
	for name, window := range map[string]func(context.Context, cli.Setup, string) error{
		"not built": nil,
		"no display": func(context.Context, cli.Setup, string) error {
			return cli.NoWindowError{Reason: errors.New("no window: no display")}
		},
	} {
		o := options(t, map[string]string{"EARSHOT_NO_OPEN": "true"})
		o.Window = window
		var got cli.WebRequest
		o.Web = func(_ context.Context, setup cli.Setup, request cli.WebRequest) error {
			if setup.ConfigDir == "" || setup.Logger == nil {
				t.Errorf("%s: setup %+v", name, setup)
			}
			got = request
			request.Ready("http://127.0.0.1:9/#token=x")
			return nil
		}
		code, stdout, stderr := run(t, o)
		if code != 0 || !strings.Contains(stdout, "http://127.0.0.1:9/#token=x") || !strings.Contains(stderr, "no window") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", name, code, stdout, stderr)
		}
		if got.Open || got.Listen != "127.0.0.1:0" {
			t.Errorf("%s: asked for %+v", name, got)
		}
	}
}

func TestRun_OpensTheWindowAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		want string
	}{{nil, 0, ""}, {errors.New("GTK is on fire"), 1, "GTK is on fire"}, {cli.ErrNoPage, 1, "make build"}} {
		o := options(t, nil)
		o.Window = func(context.Context, cli.Setup, string) error { return c.err }
		o.Web = func(context.Context, cli.Setup, cli.WebRequest) error {
			t.Error("the page was served as well")
			return nil
		}
		if code, _, stderr := run(t, o); code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit code %d, %q", c.err, code, stderr)
		}
	}
}

func TestRun_OpensAnInvite(t *testing.T) {
	const invite = "earshot://10.0.0.2:7788/q7xk2m4fzd?fp=BvJX0mHn3C2bG1q1i1v5s1gZz8YfQm0c0m3l5n7p9rs"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{invite}, invite},
		{[]string{"--verbose", invite}, invite},
		{[]string{"10.0.0.2:7788"}, "10.0.0.2:7788"},
		{[]string{"EARSHOT:what is this"}, "EARSHOT:what is this"}, // the page says what is wrong with it
		{[]string{"web", invite}, invite},
		{nil, ""},
	} {
		asked := map[string]string{}
		o := options(t, nil)
		o.Window = func(_ context.Context, _ cli.Setup, invite string) error {
			asked["window"] = invite
			return cli.NoWindowError{Reason: errors.New("no window: no display")}
		}
		o.Web = func(_ context.Context, _ cli.Setup, request cli.WebRequest) error {
			asked["web"] = request.Invite
			return nil
		}
		if code, _, stderr := run(t, o, c.args...); code != 0 {
			t.Errorf("%q: exit code %d, %q", c.args, code, stderr)
		}
		want := map[string]string{"window": c.want, "web": c.want}
		if len(c.args) > 0 && c.args[0] == "web" {
			delete(want, "window")
		}
		if !maps.Equal(asked, want) {
			t.Errorf("%q: asked for %q, want %q", c.args, asked, want)
		}
	}
}

func TestWeb_PrintsItsURL(t *testing.T) {
	o := options(t, nil)
	o.Web = func(ctx context.Context, _ cli.Setup, request cli.WebRequest) error {
		if !request.Open || request.Listen != "[::1]:8080" {
			t.Errorf("asked for %+v", request)
		}
		request.Ready("http://[::1]:8080/#token=a&join=b")
		request.Opened("", errors.New("no browser"))
		<-ctx.Done()
		return nil
	}
	c := start(t, o, "web", "--json", "--listen", "[::1]:8080")
	if e := c.await("ready"); e["url"] != "http://[::1]:8080/#token=a&join=b" {
		t.Errorf("event %v", e)
	}
	c.interrupt()
	c.exit(0)
	if !strings.Contains(c.stderr.String(), "no browser") {
		t.Errorf("stderr %q", c.stderr.String())
	}
}

func TestRooms_EndsWithCode0AfterItsWait(t *testing.T) {
	begin := time.Now()
	code, stdout, _ := run(t, options(t, nil), "rooms", "--json", "--wait", "200ms")
	if took := time.Since(begin); code != 0 || took < 200*time.Millisecond || took > 5*time.Second {
		t.Errorf("exit code %d after %v", code, took)
	}
	for line := range strings.Lines(stdout) { // of whoever is on this LAN
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil || e["event"] != "room" {
			t.Errorf("%q: %v", line, err)
		}
	}
	watch := start(t, options(t, nil), "rooms", "--watch")
	watch.interrupt()
	watch.exit(0)
}

// closed is a standard output whose reader has gone.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestHost_EndsWhenNobodyReadsItsOutput(t *testing.T) {
	o := options(t, nil)
	var stderr bytes.Buffer
	o.Args, o.Stdout, o.Stderr = []string{"host", "--listen", "127.0.0.1:0", "--json"}, closed{}, &stderr
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if code := cli.Run(ctx, o); code != 1 || ctx.Err() != nil || !strings.Contains(stderr.String(), "write to standard output") {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}
