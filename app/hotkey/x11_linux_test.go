package hotkey

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// display starts an X server of the test's own.
func display(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool)
		}
	}
	server := exec.CommandContext(t.Context(), "Xvfb", "-displayfd", "3", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server.ExtraFiles = []*os.File{w}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() { _ = server.Wait() })
	number, err := bufio.NewReader(io.LimitReader(r, 16)).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	t.Setenv("WAYLAND_DISPLAY", "")
}

type happening struct {
	action string
	down   bool
}

func xdotool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "xdotool", args...).CombinedOutput(); err != nil {
		t.Fatalf("xdotool %q: %v, %s", args, err, out)
	}
}

func next(t *testing.T, events <-chan happening) happening {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("nothing happened")
		return happening{}
	}
}

func TestX11_TellsOfKeysAndNotOfTheirRepetition(t *testing.T) {
	display(t)
	events := make(chan happening, 100)
	keys := New(func(action string, down bool) { events <- happening{action, down} })
	if all, some := keys.Take(map[string]string{"mute": "Ctrl+Shift+KeyM", "talk": "F9", "hand": ""}); all != "" || len(some) > 0 {
		t.Fatalf("%v %v", all, some)
	}
	xdotool(t, "key", "m", "ctrl+m", "F8") // none of ours
	xdotool(t, "key", "ctrl+shift+m")
	for _, want := range []happening{{"mute", true}, {"mute", false}} {
		if got := next(t, events); got != want {
			t.Fatalf("%v, wanted %v", got, want)
		}
	}
	xdotool(t, "keydown", "F9")
	if got := next(t, events); got != (happening{"talk", true}) {
		t.Fatal(got)
	}
	// The server repeats after 660 ms (its default), 25 times a second.
	select {
	case got := <-events:
		t.Fatalf("%v while the key is held", got)
	case <-time.After(1500 * time.Millisecond):
	}
	xdotool(t, "keyup", "F9")
	if got := next(t, events); got != (happening{"talk", false}) {
		t.Fatal(got)
	}

	second := New(func(string, bool) {})
	all, some := second.Take(map[string]string{"mute": "Ctrl+Shift+KeyM", "hand": "F10"})
	if all != "" || some["mute"] != Taken || some["hand"] != "" {
		t.Errorf("of a key that another program holds is said: %q %v", all, some)
	}
	second.Close()

	// Other keys are taken instead, and a key that is held comes up.
	xdotool(t, "keydown", "F9")
	if got := next(t, events); got != (happening{"talk", true}) {
		t.Fatal(got)
	}
	if all, some := keys.Take(map[string]string{"hand": "F10"}); all != "" || len(some) > 0 {
		t.Fatalf("%v %v", all, some)
	}
	if got := next(t, events); got != (happening{"talk", false}) {
		t.Fatal(got)
	}
	xdotool(t, "keyup", "F9")
	xdotool(t, "key", "ctrl+shift+m", "F10")
	if got := next(t, events); got != (happening{"hand", true}) {
		t.Fatal(got)
	}
	keys.Close()
}

func TestKeys_SayWhyThereIsNoWay(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("DISPLAY", "")
	k := New(func(string, bool) {})
	defer k.Close()
	if all, _ := k.Take(map[string]string{"mute": "F9"}); all != NoWay {
		t.Errorf("without a display: %q", all)
	}
	t.Setenv("DISPLAY", ":4093")
	if all, _ := k.Take(map[string]string{"mute": "F9"}); all != NoServer {
		t.Errorf("without a server: %q", all)
	}
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	if all, _ := k.Take(map[string]string{"mute": "F9"}); all != NoPortal {
		t.Errorf("on Wayland without a portal: %q", all)
	}
}
