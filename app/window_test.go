//go:build !headless

package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wailsapp/wails/v2/pkg/options"

	"github.com/earshot/earshot/sfu/signal"
)

// The window itself is tested for real, under Xvfb, in test/window. Here is what surrounds it.

func TestRunWindow_SaysWhyThereIsNone(t *testing.T) {
	w := Window{Pages: fstest.MapFS{".gitkeep": {}}, Logger: slog.New(slog.DiscardHandler)}
	if err := RunWindow(w); !errors.Is(err, ErrNoPage) {
		t.Errorf("without a page: %v", err)
	}
	if runtime.GOOS != "linux" {
		return
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	w.Pages = fstest.MapFS{"index.html": {}}
	if err := RunWindow(w); !errors.Is(err, ErrNoWindow) || !strings.Contains(err.Error(), "display") {
		t.Errorf("without a display: %v", err)
	}
	t.Setenv("DISPLAY", ":0")
	if err := RunWindow(w); !errors.Is(err, ErrNoWindow) || !strings.Contains(err.Error(), "make build") {
		t.Errorf("built by go test: %v", err)
	}
}

func TestFormatError_IsTextThatThePageCanParse(t *testing.T) {
	for want, err := range map[signal.Problem]error{
		{Code: signal.CodeRoomFull, Detail: "30 of 30"}:          fmt.Errorf("join: %w", signal.Problemf(signal.CodeRoomFull, "30 of 30")),
		{Code: signal.CodeInternal, Detail: "disk \"on\" fire"}:  errors.New("disk \"on\" fire"),
		{Code: signal.CodeInternal, Detail: "not UTF-8: \ufffd"}: errors.New("not UTF-8: \xff"),
	} {
		text, ok := formatError(err).(string) // Wails does new Error(text): anything but a string would be lost
		var got signal.Problem
		if !ok || json.Unmarshal([]byte(text), &got) != nil || got != want {
			t.Errorf("%v became %v, want %+v", err, formatError(err), want)
		}
	}
}

func TestWailsLog_KeepsWhatPeopleSaidOutOfTheLog(t *testing.T) {
	for message, want := range map[string]string{
		`process message error: C{"name":"app.Methods.ChangeSettings","args":["profile",{"name":"Kim -> Lee"}]} -> boom`: "process message error: -> boom",
		"method 'x' not registered": "method 'x' not registered",
	} {
		if got := reason(message); got != want {
			t.Errorf("%q was logged as %q, want %q", message, got, want)
		}
	}
}

func TestGuardPages_SetsThePolicy(t *testing.T) {
	for voice, want := range map[string][]string{
		"":                 {"script-src 'self' 'wasm-unsafe-eval';", "connect-src 'none';"},
		"ws://127.0.0.1:1": {"script-src 'self' 'wasm-unsafe-eval';", "connect-src ws://127.0.0.1:1;"},
	} {
		recorder := httptest.NewRecorder()
		s := &showing{window: Window{Voice: voice}}
		s.guardPages(http.NotFoundHandler()).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
		policy := recorder.Header().Get("Content-Security-Policy")
		for _, part := range append(want, "default-src 'none';") {
			if !strings.Contains(policy, part) {
				t.Errorf("voice %q: the policy is %q, without %s", voice, policy, part)
			}
		}
	}
}

func TestPaper_FollowsTheProfileAndElseTheSystem(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("GTK_THEME", "")
	light, dark := *paper("light"), *paper("dark")
	if light == dark {
		t.Fatal("light is dark")
	}
	if runtime.GOOS != "linux" {
		return
	}
	if *paper("") != light {
		t.Error("without any setting the paper is dark")
	}
	t.Setenv("GTK_THEME", "Adwaita:dark")
	if *paper("") != dark || *paper("light") != light {
		t.Error("GTK_THEME is not followed, or is stronger than the profile")
	}
	t.Setenv("GTK_THEME", "")
	file := filepath.Join(config, "gtk-3.0", "settings.ini")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"[Settings]\ngtk-application-prefer-dark-theme=1\n": true, "[Settings]\ngtk-theme-name = Arc-Dark\n": true,
		"[Settings]\ngtk-application-prefer-dark-theme=0\n": false, "[Settings]\ngtk-theme-name=Adwaita\n": false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := systemIsDark(); got != want {
			t.Errorf("%q is dark: %v", text, got)
		}
	}
}

// events counts subscriptions.
type events struct{ open int }

func (e *events) subscribe(func(string, any)) func() {
	e.open++
	return func() { e.open-- }
}

func TestShowing_EndsTheEventsWithTheWindow(t *testing.T) {
	var e events
	attached := 0
	s := &showing{window: Window{Subscribe: e.subscribe, Attach: func(d Desk) { attached++ }, Logger: slog.New(slog.DiscardHandler)}}
	s.start(t.Context())
	if e.open != 1 || attached != 1 || !s.begun {
		t.Fatalf("%d subscriptions, begun %v", e.open, s.begun)
	}
	s.end(t.Context())
	s.end(t.Context())
	if e.open != 0 {
		t.Errorf("%d subscriptions after the end", e.open)
	}
}

func TestShowing_OpensTheInviteOfASecondStart(t *testing.T) {
	const invite = "earshot://10.0.0.2:7788/q7xk2m4fzd"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"--verbose"}, ""},
		{[]string{"--config-dir", "/home/kim"}, ""},
		{[]string{invite}, invite},
		{[]string{"--verbose", invite}, invite},
		{[]string{"earshot:nonsense"}, "earshot:nonsense"}, // the page says what is wrong with it
		{[]string{"file:///etc/passwd"}, ""},
	} {
		var opened string
		s := &showing{window: Window{OpenInvite: func(ref string) { opened = ref }}}
		s.secondWindow(options.SecondInstanceData{Args: c.args})
		if opened != c.want {
			t.Errorf("%q opened %q, want %q", c.args, opened, c.want)
		}
	}
}

func TestShowing_StartsNothingAfterItsEnd(t *testing.T) {
	var e events
	attached := 0
	s := &showing{window: Window{Subscribe: e.subscribe, Attach: func(d Desk) { attached++ }, Logger: slog.New(slog.DiscardHandler)}}
	s.end(t.Context())
	s.start(t.Context())
	if e.open != 0 || s.begun {
		t.Errorf("%d subscriptions, begun %v", e.open, s.begun)
	}
}
