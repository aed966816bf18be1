//go:build unix

package browser

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/earshot/earshot/sfu/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const page = "http://127.0.0.1:7789/#token=ab&join=earshot%3A%2F%2Fx%20y"

// program writes a script that stands for a browser, and returns its path and where it notes its arguments, one a line.
func program(t *testing.T, name, end string) (path, notes string) {
	t.Helper()
	dir := t.TempDir()
	path, notes = filepath.Join(dir, name), filepath.Join(dir, "notes")
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" > " + notes + ".new\nmv " + notes + ".new " + notes + "\n" + end + "\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, notes
}

func arguments(t *testing.T, notes string) []string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if data, err := os.ReadFile(notes); err == nil {
			return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		}
	}
	t.Fatal("the browser was not run")
	return nil
}

// opener looks for browsers among the given paths by their base names.
func opener(dir string, paths ...string) *Opener {
	s := computer("linux", map[string]string{"DISPLAY": ":0", "HOME": dir})
	s.lookPath = func(name string) (string, error) {
		for _, path := range paths {
			if filepath.Base(path) == name {
				return path, nil
			}
		}
		return "", errors.New("not found")
	}
	o := New(Config{ConfigDir: dir})
	o.system = s
	return o
}

func expectNoBrowser(t *testing.T, name string, err error, detail string) {
	t.Helper()
	var problem *signal.Problem
	if !errors.As(err, &problem) || problem.Code != signal.CodeNoBrowser || !strings.Contains(problem.Detail, detail) || name != "" {
		t.Fatalf("got %q, %v; want no_browser with %q", name, err, detail)
	}
}

func TestOpen_RunsAnAppWindowWithAProfileOfItsOwn(t *testing.T) {
	path, notes := program(t, "chromium", "exit 0")
	dir := filepath.Join(t.TempDir(), "config")
	for _, root := range []bool{false, true} {
		_ = os.Remove(notes)
		o := opener(dir, path)
		o.system.root = root
		name, err := o.Open(t.Context(), page)
		if err != nil || name != "Chromium" {
			t.Fatalf("got %q, %v", name, err)
		}
		want := []string{
			"--app=" + page, "--user-data-dir=" + filepath.Join(dir, "browser"), "--no-first-run", "--no-default-browser-check",
			"--autoplay-policy=no-user-gesture-required",
		}
		if root {
			want = append(want, "--no-sandbox")
		}
		if got := arguments(t, notes); !slices.Equal(got, want) {
			t.Fatalf("got  %q\nwant %q", got, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "browser")); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("profile: %v, %v", info, err)
	}
}

func TestOpen_ReturnsWhileTheBrowserRuns(t *testing.T) {
	shown := filepath.Join(t.TempDir(), "shown")
	if err := os.WriteFile(shown, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path, notes := program(t, "chromium", "while [ -e "+shown+" ]; do sleep 0.02; done")
	o := opener(t.TempDir(), path)
	o.settle = 50 * time.Millisecond
	if name, err := o.Open(t.Context(), page); err != nil || name != "Chromium" {
		t.Fatalf("got %q, %v", name, err)
	}
	arguments(t, notes)
	if err := os.Remove(shown); err != nil { // the browser is closed and its goroutine ends: see TestMain
		t.Fatal(err)
	}
}

func TestOpen_TriesTheNextWhenOneFails(t *testing.T) {
	broken, _ := program(t, "chromium", "exit 21")
	standard, notes := program(t, "xdg-open", "exit 0")
	name, err := opener(t.TempDir(), broken, standard).Open(t.Context(), page)
	if err != nil || name != "" {
		t.Fatalf("got %q, %v", name, err)
	}
	if got := arguments(t, notes); !slices.Equal(got, []string{page}) {
		t.Fatalf("the default browser got %q", got)
	}
}

func TestOpen_SaysWhenThereIsNoBrowser(t *testing.T) {
	broken, _ := program(t, "chromium", "exit 21")
	name, err := opener(t.TempDir(), broken).Open(t.Context(), page)
	expectNoBrowser(t, name, err, "exit status 21")

	name, err = opener(t.TempDir()).Open(t.Context(), page)
	expectNoBrowser(t, name, err, "")

	o := opener(t.TempDir())
	o.cfg.Override = "/nowhere/browser"
	name, err = o.Open(t.Context(), page)
	expectNoBrowser(t, name, err, "/nowhere/browser")
}

func TestOpen_StartsNothingWithoutADisplayOrWhenSwitchedOff(t *testing.T) {
	path, notes := program(t, "chromium", "exit 0")
	o := opener(t.TempDir(), path)
	o.system.getenv = func(string) string { return "" }
	name, err := o.Open(t.Context(), page)
	expectNoBrowser(t, name, err, "display")

	o = opener(t.TempDir(), path)
	o.cfg.Override = None
	name, err = o.Open(t.Context(), page)
	expectNoBrowser(t, name, err, "switched off")

	if _, err := os.Stat(notes); err == nil {
		t.Fatal("a browser was started")
	}
}

func TestOpen_TakesPagesOfThisComputerOnly(t *testing.T) {
	path, notes := program(t, "chromium", "exit 0")
	o := opener(t.TempDir(), path)
	for _, page := range []string{
		"", "https://127.0.0.1/", "http://192.168.0.1/", "http://127.0.0.1.evil.example/", "http://evil.example/#http://127.0.0.1",
		"http://127.0.0.1@evil.example/", "http://u:p@127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "--gpu-launcher=sh",
		"http:127.0.0.1", "http://127.0.0.1\n.evil.example/", "http://[::1%25eth0]/",
	} {
		name, err := o.Open(t.Context(), page)
		expectNoBrowser(t, name, err, "")
	}
	if _, err := os.Stat(notes); err == nil {
		t.Fatal("a browser was started")
	}
	for _, page := range []string{"http://[::1]:7789/", "http://localhost:7789/"} {
		if _, err := o.Open(t.Context(), page); err != nil {
			t.Fatalf("%s: %v", page, err)
		}
	}
}

func TestOpenLink_OpensAddressesOfTheWebInTheDefaultBrowser(t *testing.T) {
	path, notes := program(t, "xdg-open", "exit 0")
	chromium, _ := program(t, "chromium", "exit 1")
	o := opener(t.TempDir(), path, chromium)
	if err := o.OpenLink(t.Context(), "https://example.org/a?b=c&d=%20#e"); err != nil {
		t.Fatal(err)
	}
	if got := arguments(t, notes); !slices.Equal(got, []string{"https://example.org/a?b=c&d=%20#e"}) {
		t.Errorf("the browser was run with %q", got)
	}
	_ = os.Remove(notes)
	for _, link := range []string{
		"", "javascript:alert(1)", "file:///etc/passwd", "--help", "earshot://10.0.0.1/x", "https://", "http:opaque", "//example.org",
		"https://name:secret@example.org", "https://example.org/\n--version", "http://example.org/" + strings.Repeat("a", maxLink),
	} {
		var problem *signal.Problem
		if err := o.OpenLink(t.Context(), link); !errors.As(err, &problem) || problem.Code != signal.CodeBadAddress {
			t.Errorf("%.40q: %v, want bad_address", link, err)
		}
	}
	if _, err := os.Stat(notes); err == nil {
		t.Error("a browser was run for what is no address of the web")
	}
}
