//go:build !headless

package app

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/wailsapp/wails/v2/pkg/options"
)

// handOverWithin bounds the talk with the window that is open already.
const handOverWithin = 5 * time.Second

// canComeBack says whether a second start would find the hidden window of that id: there is a session bus, and it knows the window.
func canComeBack(id string) bool {
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), handOverWithin)
	defer cancel()
	return isOpen(ctx, conn, id)
}

// isOpen says whether there is a window of that id.
func isOpen(ctx context.Context, conn *dbus.Conn, id string) bool {
	var open bool
	name, _ := namesOf(id)
	err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, name).Store(&open)
	return err == nil && open
}

// namesOf returns what a window of that id is called on the bus.
func namesOf(id string) (name string, path dbus.ObjectPath) {
	app := "wails_app_" + strings.ReplaceAll(id, "-", "_")
	return "org." + app + ".SingleInstance", dbus.ObjectPath("/org/" + app + "/SingleInstance")
}

// handOver gives our arguments to the window of the same id that is open already, and reports whether there is one that
// took them.
//
// Wails v2.15.0 does the same, but then ends the program with exit code 1. xdg-open, where there is no desktop that starts
// programs for it, takes that for a failure and opens the link in a browser.
func handOver(id string) bool {
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), handOverWithin)
	defer cancel()

	if !isOpen(ctx, conn, id) {
		return false
	}
	name, path := namesOf(id)
	folder, _ := os.Getwd() // of no use to us; Wails sends it
	message, err := json.Marshal(options.SecondInstanceData{Args: os.Args[1:], WorkingDirectory: folder})
	if err != nil { // strings always marshal
		return false
	}
	return conn.Object(name, path).CallWithContext(ctx, name+".SendMessage", 0, string(message)).Err == nil
}
