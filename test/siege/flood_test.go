package siege

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu"
)

// A flood comes from a program of its own, which has what the machine has left: on a network it would be another machine. It
// sends from another address of loopback where there is one (Linux).
const (
	floodKind = "EARSHOT_FLOOD"
	floodRoom = "EARSHOT_FLOOD_ROOM"
	// floodDuration is how long each flood lasts: make siege has more time than a unit test.
	floodDuration = "EARSHOT_FLOOD_FOR"
)

func floodFor(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(cmp.Or(os.Getenv(floodDuration), "2s"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// floodFrom is what TestMain becomes in that program.
func floodFrom(kind, room string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	go func() { // until the test ends us
		_, _ = os.Stdin.Read(make([]byte, 1))
		cancel()
	}()
	sent, err := Flood(ctx, kind, netip.MustParseAddrPort(room), elsewhere)
	fmt.Println(sent)
	if err != nil {
		return 1
	}
	return 0
}

// startFlood begins one; stop ends it and says how often it struck.
func startFlood(t *testing.T, room *sfu.Server, kind string) (stop func() int) {
	t.Helper()
	program, args := os.Args[0], []string{}
	if nice, err := exec.LookPath("nice"); err == nil {
		program, args = nice, []string{"-n", "15", os.Args[0]}
	}
	c := exec.CommandContext(t.Context(), program, args...)
	c.Env = append(os.Environ(), floodKind+"="+kind, floodRoom+"="+addressOf(room))
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return func() int {
		_ = in.Close()
		err := c.Wait()
		n, _ := strconv.Atoi(strings.TrimSpace(out.String()))
		if err != nil || n == 0 {
			t.Fatalf("the flood ended with %v: %s", err, out.String())
		}
		return n
	}
}

// hearing is what one of the two heard of the other.
type hearing struct {
	sent, concealed, foreign int
	p99                      time.Duration
}

// late is when a packet is of no use any more: what a browser's jitter buffer holds on a LAN.
const late = 80 * time.Millisecond

// since judges what ear heard of what mouth sent since then, but for the last moment.
func (p *talker) since(mouth *talker, began time.Time) (h hearing) {
	mouth.mu.Lock()
	sent := slices.Clone(mouth.sent)
	mouth.mu.Unlock()
	arrived := make(map[int]time.Time)
	for _, v := range p.from(mouth.You()) {
		var n int
		if _, err := fmt.Sscanf(v.payload, "x "+mouth.name+" says word number %d", &n); err != nil || n >= len(sent) || voiceOf(mouth.name, n) != v.payload {
			h.foreign++
			continue
		}
		if _, twice := arrived[n]; twice {
			h.foreign++
			continue
		}
		arrived[n] = v.at
	}
	var delays []time.Duration
	end := time.Now().Add(-300 * time.Millisecond)
	for n, at := range sent {
		if at.Before(began) || at.After(end) {
			continue
		}
		h.sent++
		then, came := arrived[n]
		if came {
			delays = append(delays, then.Sub(at))
		}
		if !came || then.Sub(at) > late {
			h.concealed++
		}
	}
	if slices.Sort(delays); len(delays) > 0 {
		h.p99 = delays[len(delays)*99/100]
	}
	return h
}

func (h hearing) fine() bool {
	return h.sent > 0 && h.concealed*200 <= h.sent && h.p99 < 50*time.Millisecond
}

func (h hearing) String() string {
	return fmt.Sprintf("%.2f %% of %d made up, p99 %v", 100*float64(h.concealed)/float64(max(1, h.sent)), h.sent, h.p99.Round(100*time.Microsecond))
}

// both is what either heard for as long as something goes on.
func (c *talk) both(d time.Duration) (hearings [2]hearing) {
	began := time.Now()
	time.Sleep(d + 300*time.Millisecond)
	return [2]hearing{c.a.since(c.b, began), c.b.since(c.a, began)}
}

// A flood from one machine, each kind alone and all together: the two who talk do not notice, and others come in.
func TestBadInput_06_AFloodFromOneAddress(t *testing.T) {
	if elsewhere == (netip.Addr{}) {
		t.Skip("skipped: needs a second address on loopback")
	}
	if racing {
		t.Skip("skipped: times of a program under the race detector say nothing; scripts/test go runs this without it")
	}
	talk := startTalk(t, nil)
	kinds := Floods()
	if os.Getenv(floodDuration) == "" { // each alone takes a minute: make siege
		kinds = []string{"tls", "stun", "all"}
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { talk.withstands(t, kind) })
	}
	talk.undisturbed(t)
}

// withstands tries a flood three times: this machine may stand still by itself, as what is measured before it shows.
func (c *talk) withstands(t *testing.T, kind string) {
	t.Helper()
	idle := false // in any of the tries
	for try := range 3 {
		others := make(chan float64, 1)
		go func() { others <- runnable(time.Second) }()
		before := c.both(time.Second)
		busy := <-others
		stop := startFlood(t, c.room, kind)
		time.Sleep(200 * time.Millisecond) // it is on its way
		during := c.both(floodFor(t))
		if kind == "all" {
			guest := c.enter(t, fmt.Sprintf("Guest %d", try), nil)
			eventually(t, "A hears a guest who came in meanwhile", func() bool { return len(c.a.from(guest.You())) > 0 })
			guest.stop()
			<-guest.ended
			guest.Leave()
		}
		struck := stop()
		t.Logf("%s: struck %d times; before: %v | %v, %.1f programs want a processor; meanwhile: %v | %v",
			kind, struck, before[0], before[1], busy, during[0], during[1])
		if during[0].foreign+during[1].foreign > 0 {
			t.Fatal("something else was heard")
		}
		if during[0].fine() && during[1].fine() {
			return
		}
		idle = idle || before[0].fine() && before[1].fine() && busy <= float64(runtime.NumCPU())
	}
	if idle {
		t.Error("the two who talk noticed, three times out of three")
	} else {
		t.Skip("not judged: other programs leave this machine no processor")
	}
}

// runnable returns how many threads of all programs want a processor, on average; 0 where that is not known.
func runnable(d time.Duration) float64 {
	sum, looks := 0.0, 0
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		b, err := os.ReadFile("/proc/loadavg") // "0.20 0.18 0.12 1/80 11206"
		fields := strings.Fields(string(b))
		if err != nil || len(fields) < 4 {
			return 0
		}
		now, _, _ := strings.Cut(fields[3], "/")
		n, _ := strconv.Atoi(now)
		sum += float64(n)
		looks++
	}
	return sum / float64(max(1, looks))
}
