//go:build linux

// Command impair is a bad network cable for tests: it carries Ethernet frames between two network interfaces and loses,
// delays, doubles, reorders and throttles them on the way, each direction by itself, the same way again for the same
// seed. Whoever uses the network sees an ordinary one.
//
//	impair --computer IF --lan IF [--only udp|all] [--seed N]
//
// "up" is from the computer to the LAN, "down" the other way. Each line of standard input sets the conditions of the
// directions it names (package line says what there is); an empty object changes nothing:
//
//	{"up": {"loss": 0.1, "burst": 3}, "down": {"delay_ms": 40, "jitter_ms": 20}}
//
// Each is answered by a line on standard output, which also comes first ("ready") and, when standard input ends or the
// program is interrupted, last ("ended"):
//
//	{"event": "set", "up": {"entered": 120, "passed": 108, "dropped": 12, ...}, "down": {...}}
//
// It needs root (CAP_NET_RAW), and interfaces without addresses of their own, such as the ends of veth pairs.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/earshot/earshot/test/impair/line"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "impair:", err)
		os.Exit(1)
	}
}

// wish is what a line of standard input asks for.
type wish struct {
	Up   *line.Conditions `json:"up"`
	Down *line.Conditions `json:"down"`
}

// answer is a line of standard output.
type answer struct {
	Event string `json:"event"`
	Error string `json:"error,omitempty"`
	Up    counts `json:"up"`
	Down  counts `json:"down"`
}

type cable struct{ up, down *direction }

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("impair", flag.ContinueOnError)
	computer := flags.String("computer", "", "the `interface` toward the computer")
	lan := flags.String("lan", "", "the `interface` toward the LAN")
	only := flags.String("only", "udp", "which `frames` suffer: udp (without mDNS) or all")
	seed := flags.Uint64("seed", 1, "where chance starts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	concerns := isUDP
	switch *only {
	case "udp":
	case "all":
		concerns = func([]byte) bool { return true }
	default:
		return fmt.Errorf("--only %q: want udp or all", *only)
	}
	near, err := openEnd(*computer)
	if err != nil {
		return err
	}
	defer unix.Close(near) //nolint:errcheck // the program ends
	far, err := openEnd(*lan)
	if err != nil {
		return err
	}
	defer unix.Close(far) //nolint:errcheck // as above

	epoch := time.Now()
	c := cable{up: newDirection(near, far, concerns, *seed, epoch), down: newDirection(far, near, concerns, ^*seed, epoch)}
	return c.carry(ctx, in, json.NewEncoder(out))
}

// carry carries until ctx is done, standard input ends, or an interface is gone.
func (c cable) carry(ctx context.Context, in io.Reader, out *json.Encoder) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	gone := make(chan error, 2)
	for _, d := range []*direction{c.up, c.down} {
		wg.Go(func() { d.keepTime(ctx) })
		wg.Go(func() {
			if err := d.read(ctx); err != nil {
				gone <- err
			}
		})
	}
	err := c.obey(ctx, readLines(ctx, in), gone, out)
	stop()
	wg.Wait()
	return errors.Join(err, out.Encode(c.answer("ended", nil)))
}

// readLines returns the lines of in. Its goroutine ends with the program: a read of standard input cannot be interrupted.
func readLines(ctx context.Context, in io.Reader) <-chan []byte {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			select {
			case lines <- bytes.Clone(scanner.Bytes()):
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

func (c cable) obey(ctx context.Context, lines <-chan []byte, gone <-chan error, out *json.Encoder) error {
	if err := out.Encode(c.answer("ready", nil)); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-gone:
			return err
		case text, open := <-lines:
			if !open {
				return nil
			}
			if err := out.Encode(c.answer("set", c.set(text))); err != nil {
				return err
			}
		}
	}
}

// set changes both directions or none.
func (c cable) set(text []byte) error {
	var w wish
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	for _, conditions := range []*line.Conditions{w.Up, w.Down} {
		if conditions == nil {
			continue
		}
		if err := conditions.Validate(); err != nil {
			return err
		}
	}
	if w.Up != nil {
		c.up.set(*w.Up)
	}
	if w.Down != nil {
		c.down.set(*w.Down)
	}
	return nil
}

func (c cable) answer(event string, err error) answer {
	a := answer{Event: event, Up: c.up.count(), Down: c.down.count()}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}
