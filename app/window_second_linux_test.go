//go:build !headless

package app

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/wailsapp/wails/v2/pkg/options"
)

// openWindow is what Wails exports in the window that is open already (its single_instance.go).
type openWindow struct{ told chan string }

func (w openWindow) SendMessage(message string) *dbus.Error {
	w.told <- message
	return nil
}

func TestHandOver_GivesTheArgumentsToTheWindowThatIsOpen(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", sessionBus(t))
	const id = "earshot-0123456789abcdef"
	if handOver(id) {
		t.Fatal("handed over to a window that is not there")
	}
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	window := openWindow{make(chan string, 1)}
	if err := conn.Export(window, "/org/wails_app_earshot_0123456789abcdef/SingleInstance", "org.wails_app_earshot_0123456789abcdef.SingleInstance"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName("org.wails_app_earshot_0123456789abcdef.SingleInstance", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	if !handOver(id) {
		t.Fatal("the window that is open was not found")
	}
	var got options.SecondInstanceData
	if err := json.Unmarshal([]byte(<-window.told), &got); err != nil || len(got.Args) == 0 || got.WorkingDirectory == "" {
		t.Errorf("told %+v, %v", got, err)
	}
	if !slices.ContainsFunc(got.Args, func(a string) bool { return strings.HasPrefix(a, "-test.") }) {
		t.Errorf("these are not our arguments: %q", got.Args)
	}
}

func TestHandOver_DoesWithoutABus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	if handOver("earshot-x") {
		t.Error("handed over to nobody")
	}
}

// sessionBus starts a bus of the test's own and returns its address.
func sessionBus(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("no dbus-daemon")
	}
	bus := exec.CommandContext(t.Context(), path, "--session", "--nofork", "--print-address")
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Wait() })
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(out).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	select {
	case address := <-line:
		return address
	case <-time.After(10 * time.Second):
		t.Fatal("the bus does not name its address")
		return ""
	}
}
