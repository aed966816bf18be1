package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/earshot/earshot/app/discovery"
)

const (
	// toolWithin bounds one tool of the system. Those of Linux and macOS take milliseconds.
	toolWithin = 2 * time.Second
	// maxOutput bounds what is read of one, in bytes: a ruleset of ten thousand rules.
	maxOutput = 8 << 20
)

// machine is the computer whose system is asked.
type machine struct {
	cards []netCard
	port  int // of a room
	run   func(ctx context.Context, name string, args ...string) ([]byte, error)
	read  func(path string) ([]byte, error)
}

func newMachine(network discovery.Inspection, port int) machine {
	m := machine{port: port, run: runTool, read: os.ReadFile}
	for _, i := range network.Interfaces {
		if !i.Up || !i.Kind.LeadsOut() {
			continue
		}
		c := netCard{name: i.Name}
		for _, p := range i.Prefixes {
			if p.Addr().Is4() && !c.prefix.IsValid() {
				c.prefix = p
			}
		}
		m.cards = append(m.cards, c)
	}
	return m
}

// ask asks the system about its firewall, its permissions and its sound devices, as far as it can be asked.
func (m machine) ask(ctx context.Context) (System, Sound) {
	program, err := os.Executable()
	if err != nil {
		return System{}, Sound{} // deleted while it runs
	}
	can := System{Actions: actions(runtime.GOOS)}
	switch runtime.GOOS {
	case "linux":
		can.Firewalls = m.linuxFirewalls(ctx)
		return can, m.linuxSound(ctx)
	case "darwin":
		// macOS tells no program whether it may use the local network or, without a prompt, the microphone. The first shows when
		// it is used (denied), the second the page knows.
		can.Firewalls = m.macFirewalls(ctx, program)
		return can, m.macSound(ctx)
	case "windows":
		system, sound := m.windows(ctx, program)
		system.Actions = can.Actions
		return system, sound
	}
	return can, Sound{}
}

// runTool runs a tool of the system in the C locale and returns what it prints, also when it then fails. It never asks anybody for
// anything.
func runTool(ctx context.Context, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, toolWithin)
	defer cancel()
	return runFor(ctx, nil, name, args...)
}

func runFor(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	path, err := findTool(name)
	if err != nil {
		return nil, err
	}
	var out limited
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(append(os.Environ(), "LC_ALL=C", "LANGUAGE=C"), env...)
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second // what it started may hold on to its output
	quietly(cmd)
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("run %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// findTool also looks where the tools of administrators are, which are in nobody else's PATH on Debian.
func findTool(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil || filepath.IsAbs(name) {
		return path, err
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", err
}

var errTooMuch = errors.New("prints too much")

// limited keeps up to maxOutput bytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > maxOutput {
		return 0, errTooMuch
	}
	return l.Buffer.Write(b)
}
