// Command soak has people join, leave, mute themselves and crash for hours in a room that `earshot host` serves, checks
// everything they hear against the roster, and watches that the host's goroutines, heap and memory stay flat. It is what
// scripts/soak runs.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/load"
)

func main() {
	var c load.SoakConfig
	earshot := flag.String("earshot", "build/bin/earshot-headless", "the program that hosts")
	seats := flag.Int("seats", 10, "seats of the room")
	port := flag.Int("metrics", 9464, "port for the host's metrics")
	flag.IntVar(&c.Participants, "participants", 50, "how many come and go")
	flag.DurationVar(&c.For, "for", time.Hour, "how long")
	flag.DurationVar(&c.Stay, "stay", 30*time.Second, "the longest stay")
	flag.Uint64Var(&c.Seed, "seed", uint64(time.Now().UnixNano()), "of chance") //nolint:gosec // after 1970
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := soak(ctx, c, *earshot, *seats, *port); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func say(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) } //nolint:errcheck // a report

// soak hosts, soaks and judges.
func soak(ctx context.Context, c load.SoakConfig, earshot string, seats, port int) error {
	h, err := start(ctx, earshot, seats, port)
	if err != nil {
		return err
	}
	defer h.stop()
	facts, err := client.FetchFacts(ctx, h.address, h.fingerprint)
	if err != nil {
		return err
	}
	c.Room = &load.Room{Address: h.address, Fingerprint: h.fingerprint, Seats: facts.Seats}
	empty, err := h.look(ctx)
	if err != nil {
		return err
	}
	say("Seed %d. The empty room: %v", c.Seed, empty)

	var series []sample
	var mu sync.Mutex
	began := time.Now()
	c.Progress = func(r load.SoakReport) {
		now, err := h.look(ctx)
		if err != nil {
			return // the end will say so
		}
		mu.Lock()
		series = append(series, now)
		n := len(series)
		mu.Unlock()
		if n%6 == 1 {
			say("%v: %d inside, %d stays, %d crashes, %d packets checked, %d wrong, %d deaf; %v",
				time.Since(began).Round(time.Second), r.Inside, r.Stays, r.Crashes, r.Checked, r.Wrong, r.Deaf, now)
		}
	}
	report, err := load.Soak(ctx, c)
	if err != nil {
		return err
	}
	say("%d stays, %d crashes, %d mutes, %d joins refused, %d dropped by the room", report.Stays, report.Crashes, report.Mutes,
		report.Refused, report.Dropped)
	say("%d packets checked: %d wrong, %d times deaf, %d strange seats", report.Checked, report.Wrong, report.Deaf, report.Strange)
	for _, fault := range report.Faults {
		say("  %s", fault)
	}
	if report.Faulty() {
		return errors.New("somebody heard what they should not, or did not hear what they should")
	}
	return errors.Join(flat(series), h.emptied(ctx, empty))
}

// sample is what the host uses at one time.
type sample struct{ goroutines, heap, memory float64 }

func (s sample) String() string {
	return fmt.Sprintf("%.0f goroutines, heap %.1f MB, memory %.1f MB", s.goroutines, s.heap/1e6, s.memory/1e6)
}

const (
	// grown is by how much the last third of the time may use more than the second: the first is warming up. Who is
	// inside varies by chance, and so does when the collector ran.
	grown = 1.2
	// fewest is how many samples make thirds worth comparing: 10 min.
	fewest = 60
	// slack is for goroutines that are not a participant's, such as a probe's.
	slack = 15
	// afterwards is how long the room may take to be as it was: 15 s for those who crashed, and a collection or two.
	afterwards = 3 * time.Minute
)

// flat compares thirds of the time.
func flat(series []sample) error {
	mean := func(part []sample) (m sample) {
		for _, s := range part {
			m.goroutines += s.goroutines / float64(len(part))
			m.heap += s.heap / float64(len(part))
			m.memory += s.memory / float64(len(part))
		}
		return m
	}
	n := len(series)
	if n < 3 {
		say("Too short to say whether the host's memory is flat.")
		return nil
	}
	second, last := mean(series[n/3:2*n/3]), mean(series[2*n/3:])
	say("On average: %v in the second third, %v in the last", second, last)
	if n < fewest {
		say("Too short to judge that.")
		return nil
	}
	if last.goroutines > grown*second.goroutines || last.heap > grown*second.heap || last.memory > grown*second.memory {
		return errors.New("the host grows")
	}
	return nil
}

// host is the program under test.
type host struct {
	cmd                  *exec.Cmd
	address, fingerprint string
	metrics              string
	folder               string // its settings and its log
}

// start hosts a room and returns when it is ready.
func start(ctx context.Context, program string, seats, port int) (*host, error) {
	config, err := os.MkdirTemp("", "earshot-soak-")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "host", "--json", "--name", "Soak", "--listen", "127.0.0.1:0", //nolint:gosec // named by who runs this
		"--seats", strconv.Itoa(seats), "--capacity", "1000", "--metrics", ":"+strconv.Itoa(port), "--config-dir", config)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	log, err := os.Create(filepath.Join(config, "host.log")) //nolint:gosec // a folder of our own
	if err != nil {
		return nil, err
	}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	h := &host{cmd: cmd, folder: config, metrics: fmt.Sprintf("http://127.0.0.1:%d/metrics", port)}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var ready struct {
			Event string
			Room  struct {
				Port        int
				Fingerprint string
			}
		}
		if json.Unmarshal(lines.Bytes(), &ready) == nil && ready.Event == "ready" {
			h.address, h.fingerprint = fmt.Sprintf("127.0.0.1:%d", ready.Room.Port), ready.Room.Fingerprint
			break
		}
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // who comes and goes, until the host ends
	if h.address == "" {
		return nil, errors.Join(errors.New("the host did not open its room"), cmd.Wait())
	}
	return h, nil
}

// stop ends the host. A log worth reading stays.
func (h *host) stop() {
	_ = h.cmd.Process.Signal(os.Interrupt)
	if err := h.cmd.Wait(); err != nil {
		say("The host ended badly: %v. Its log is %s", err, filepath.Join(h.folder, "host.log"))
		return
	}
	_ = os.RemoveAll(h.folder)
}

// look reads the host's metrics.
func (h *host) look(ctx context.Context) (sample, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.metrics, nil)
	if err != nil {
		return sample{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return sample{}, fmt.Errorf("read the host's metrics: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read side
	var s sample
	values := map[string]*float64{
		"go_goroutines": &s.goroutines, "go_memstats_heap_inuse_bytes": &s.heap, "process_resident_memory_bytes": &s.memory,
	}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if v := values[name]; v != nil {
			if *v, err = strconv.ParseFloat(text, 64); err != nil {
				return sample{}, fmt.Errorf("read the host's metrics: %s: %w", name, err)
			}
		}
	}
	if s.goroutines == 0 || s.heap == 0 || s.memory == 0 {
		return sample{}, errors.New("read the host's metrics: goroutines, heap or memory are missing")
	}
	return s, lines.Err()
}

// emptied waits until the host has as many goroutines as before anybody came.
func (h *host) emptied(ctx context.Context, before sample) error {
	deadline := time.Now().Add(afterwards)
	for {
		now, err := h.look(ctx)
		if err != nil {
			return err
		}
		if now.goroutines <= before.goroutines+slack {
			say("The empty room again: %v", now)
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%.0f goroutines are left of participants who are gone: %v", now.goroutines-before.goroutines, now)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
