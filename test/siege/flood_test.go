package siege

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/test/siege/talking"
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

// flooding is that program.
type flooding struct {
	program *exec.Cmd
	in      io.Closer
	out     strings.Builder
}

func startFlood(t *testing.T, room *sfu.Server, kind string) *flooding {
	t.Helper()
	program, args := os.Args[0], []string{}
	if nice, err := exec.LookPath("nice"); err == nil {
		program, args = nice, []string{"-n", "15", os.Args[0]}
	}
	f := &flooding{program: exec.CommandContext(t.Context(), program, args...)}
	f.program.Env = append(os.Environ(), floodKind+"="+kind, floodRoom+"="+talking.AddressOf(room))
	in, err := f.program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	f.in, f.program.Stdout, f.program.Stderr = in, &f.out, &f.out
	if err := f.program.Start(); err != nil {
		t.Fatal(err)
	}
	return f
}

// goOn lets it flood, pause lets it stand still with all that it holds open.
func (f *flooding) goOn(t *testing.T) {
	t.Helper()
	signalTo(t, f.program.Process, true)
	time.Sleep(200 * time.Millisecond) // it is on its way
}

func (f *flooding) pause(t *testing.T) {
	t.Helper()
	signalTo(t, f.program.Process, false)
	time.Sleep(200 * time.Millisecond) // what is on its way comes
}

// end ends it and returns how often it struck.
func (f *flooding) end(t *testing.T) int {
	t.Helper()
	f.goOn(t)
	_ = f.in.Close()
	err := f.program.Wait()
	n, _ := strconv.Atoi(strings.TrimSpace(f.out.String()))
	if err != nil || n == 0 {
		t.Fatalf("the flood ended with %v: %s", err, f.out.String())
	}
	return n
}

// A flood from one machine, each kind alone and all together: the two who talk do not notice, and others come in.
func TestBadInput_06_AFloodFromOneAddress(t *testing.T) {
	if elsewhere == (netip.Addr{}) {
		t.Skip("skipped: needs a second address on loopback")
	}
	talk := startTalk(t, nil)
	kinds := Floods()
	if os.Getenv(floodDuration) == "" { // each alone takes a minute: make siege
		kinds = []string{"tls", "stun", "all"}
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { talk.withstands(t, kind) })
	}
	talk.Undisturbed(t)
}

const (
	// floodWindow is how long a flood goes on and then stops, again and again: what the machine does by itself comes in both.
	floodWindow = time.Second
	// floodAtMost is how long is waited until a busy machine lets the two be told apart.
	floodAtMost = 30 * time.Second
	// What is promised while a flood goes on (docs/RELIABILITY.md): less than that is made up, less than that comes later than slow.
	madeUpAtMost, slowAtMost = 0.005, 0.01
	// late is when a packet is of no use any more: what a browser's jitter buffer holds on a LAN.
	late, slow = 80 * time.Millisecond, 50 * time.Millisecond
)

// withstands fails when the two noticed the flood three times out of three.
func (c *talk) withstands(t *testing.T, kind string) {
	t.Helper()
	for range 3 {
		noticed := c.noticed(t, kind)
		if noticed == "" {
			return
		}
		t.Log(noticed)
	}
	t.Error("the two who talk noticed, three times out of three")
}

// noticed compares the same talk while a flood goes on with what it was before it, and with what it is while it pauses. It takes
// as long as the flood is to last, and then until what is promised holds. The two have noticed when more is missing or slow than is
// promised, and than without the flood, by so much that chance would hardly have it so.
func (c *talk) noticed(t *testing.T, kind string) (what string) {
	t.Helper()
	c.GoOn(t, 25) // what a try before this one broke for good
	var before, with, without []quality
	for range 3 {
		before = append(before, c.hearing(floodWindow))
	}
	f := startFlood(t, c.Room, kind)
	for began := time.Now(); ; {
		f.goOn(t)
		with = append(with, c.hearing(floodWindow))
		if kind == "all" && len(with) == 1 { // others come in meanwhile
			guest := c.Enter(t, "Guest", nil)
			eventually(t, "A hears a guest who came in meanwhile", func() bool { return len(c.A.From(guest.You())) > 0 })
			guest.Hush()
			guest.Leave()
		}
		f.pause(t)
		without = append(without, c.hearing(floodWindow))
		if took := time.Since(began); took > 2*floodFor(t) && (sum(with).fine() || took > floodAtMost+2*floodFor(t)) {
			break
		}
	}
	struck := f.end(t)
	t.Logf("%s: struck %d times; %v; while it pauses: %v; before: %v", kind, struck, sum(with), sum(without), sum(before))
	if sum(with).foreign+sum(without).foreign > 0 {
		t.Fatal("something else was heard")
	}
	if racing { // this program is ten times slower than the one that the figures are promised of
		return ""
	}
	for _, others := range [][]quality{before, without} {
		if worse(with, others, quality.madeUp, madeUpAtMost) {
			return "more was made up"
		}
		if worse(with, others, quality.slowed, slowAtMost) {
			return "more came late"
		}
	}
	return ""
}

// worse reports whether the share of with is more than is promised, and so much more than that of others that shuffling
// who is who would seldom give as much (a permutation test).
func worse(with, others []quality, share func(quality) float64, most float64) bool {
	more := func(all []quality) float64 { return share(sum(all[:len(with)])) - share(sum(all[len(with):])) }
	all := slices.Concat(with, others)
	seen := more(all)
	if share(sum(with)) < most || seen < most {
		return false
	}
	const tries = 1000
	as := 0
	for range tries {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if more(all) >= seen {
			as++
		}
	}
	return as < tries/50
}

// quality is what the two heard of each other for a while.
type quality struct {
	sent, lost, slow, foreign int
	p99                       time.Duration
}

func (q quality) madeUp() float64 { return float64(q.lost) / float64(max(1, q.sent)) }
func (q quality) slowed() float64 { return float64(q.slow) / float64(max(1, q.sent)) }
func (q quality) fine() bool {
	return q.sent > 0 && q.madeUp() < madeUpAtMost && q.slowed() < slowAtMost
}

func (q quality) String() string {
	return fmt.Sprintf("%.2f %% of %d made up, %.2f %% later than 50 ms, p99 at worst %v", 100*q.madeUp(), q.sent, 100*q.slowed(), q.p99.Round(100*time.Microsecond))
}

func sum(all []quality) (q quality) {
	for _, one := range all {
		q.sent, q.lost, q.slow, q.foreign, q.p99 = q.sent+one.sent, q.lost+one.lost, q.slow+one.slow, q.foreign+one.foreign, max(q.p99, one.p99)
	}
	return q
}

// hearing judges what either hears of the other for d.
func (c *talk) hearing(d time.Duration) quality {
	began := time.Now()
	time.Sleep(d)
	until := time.Now()
	time.Sleep(2 * late) // what was sent last is on its way
	return sum([]quality{between(c.A, c.B, began, until), between(c.B, c.A, began, until)})
}

// between judges what ear heard of what mouth sent in that time.
func between(ear, mouth *talking.Talker, began, until time.Time) (q quality) {
	sent := mouth.Sent()
	arrived := make(map[int]time.Time)
	for _, v := range ear.From(mouth.You()) {
		n, ok := talking.Number(mouth.Name, v.Payload)
		if _, twice := arrived[n]; !ok || n >= len(sent) || twice {
			q.foreign++
			continue
		}
		arrived[n] = v.At
	}
	var delays []time.Duration
	for n, at := range sent {
		if at.Before(began) || !at.Before(until) {
			continue
		}
		q.sent++
		then, came := arrived[n]
		if came {
			delays = append(delays, then.Sub(at))
		}
		if !came || then.Sub(at) > late {
			q.lost++
		}
		if came && then.Sub(at) >= slow {
			q.slow++
		}
	}
	if slices.Sort(delays); len(delays) > 0 {
		q.p99 = delays[len(delays)*99/100]
	}
	return q
}

// Who floods with packets keeps nobody out: neither from its own address (behind the same NAT, on the same computer), nor by
// forging so many addresses that a newcomer's is none that is told apart.
func TestBadInput_06_NewcomersPastAFloodOfPackets(t *testing.T) {
	if elsewhere == (netip.Addr{}) {
		t.Skip("skipped: needs more than one address on loopback")
	}
	talk := startTalk(t, func(c *sfu.Config) { c.ProbesPerSecond = 10 }) // by luck some of hundreds pass
	room := netip.MustParseAddrPort(talking.AddressOf(talk.Room))
	nonsense := STUNBinding(STUNAttribute(STUNUsername, 12, []byte("nobody:atall")))
	from := func(address netip.Addr) *net.UDPConn {
		c, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 0)), net.UDPAddrFromAddrPort(room))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	nth := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{127, 7, byte(n >> 8), byte(n)}) } //nolint:gosec // the bytes of a number
	here := from(room.Addr())
	defer func() { _ = here.Close() }()
	until, ended := make(chan struct{}), make(chan int)
	go func() {
		sent := 0
		defer func() { ended <- sent }()
		for n := 0; ; n = (n + 1) % 3000 { // more addresses than are told apart
			other := from(nth(n))
			for range 4 {
				write(here, nonsense)
				write(other, nonsense)
				sent += 2
			}
			_ = other.Close()
			if n%8 != 0 {
				continue
			}
			select {
			case <-until:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	time.Sleep(2 * time.Second) // every allowance is used up
	guest := talk.Enter(t, "Guest", nil)
	eventually(t, "A hears who comes from the address that floods", func() bool { return len(talk.A.From(guest.You())) > 0 })
	eventually(t, "who comes from the address that floods hears A", func() bool { return len(guest.From(talk.A.You())) > 0 })
	stranger := talk.intrudeFrom(t, net.IPv4(127, 0, 0, 77), "Stranger", nil).connected(t)
	eventually(t, "A hears who comes from an address that is not told apart", func() bool {
		_ = stranger.send(rtp.Header{Version: 2, SequenceNumber: 1, Timestamp: 960}, talking.Word("Stranger", 1))
		return len(talk.A.From(stranger.You())) > 0
	})
	close(until)
	t.Logf("%d packets meanwhile", <-ended)
	talk.Undisturbed(t)
}
