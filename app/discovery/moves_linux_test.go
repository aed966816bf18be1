package discovery

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// liveBeforeDuringAfter starts rooms before, while and after a lobby opens.
func liveBeforeDuringAfter(t *testing.T) {
	noLeaks(t)
	for i, name := range []string{"before", "during", "after"} {
		host := func() { advertise(t, newRoom(t, ":0", name, name).ad()) }
		if i == 0 {
			host()
			time.Sleep(3 * time.Second) // all that the library announces is said
		}
		b := browse(t, Config{})
		if i == 1 {
			host()
		}
		if i == 2 {
			time.Sleep(3 * time.Second)
			host()
		}
		took := eventually(t, slow, "the room started "+name+" the lobby opened listed", func() bool { return hasRoom(b, name) })
		t.Logf("%s: %v", name, took)
	}
}

// liveIPv6Only takes IPv4 away, and lets IPv6 addresses become usable as slowly as they do (RFC 4862 §5.4).
func liveIPv6Only(t *testing.T) {
	noLeaks(t)
	run(t, "ip", "link", "set", "eth0", "down")
	run(t, "ip", "link", "set", "eth1", "down")
	run(t, "ip", "-4", "addr", "flush", "dev", "eth0")
	run(t, "sh", "-ec", "echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad; echo 1 >/proc/sys/net/ipv6/conf/eth0/dad_transmits")
	b := browse(t, Config{})
	r := newRoom(t, ":0", "r1", "Standup")
	advertise(t, r.ad())
	eventually(t, slow, "no network is said", func() bool { return b.Status().Problem == ProblemNoNetwork })
	for _, c := range []struct{ what, prefix, address string }{
		{"link-local", "[fe80::", ""}, {"unique local", "[fd66::1]", "fd66::1/64"}, {"global", "[2001:db8:66::1]", "2001:db8:66::1/64"},
	} {
		run(t, "ip", "link", "set", "eth0", "down")
		if c.address != "" {
			run(t, "ip", "addr", "add", c.address, "dev", "eth0")
		}
		run(t, "ip", "link", "set", "eth0", "up")
		took := eventually(t, 4*slow, "listed by its "+c.what+" address", func() bool {
			rooms := b.Rooms()
			return len(rooms) == 1 && strings.HasPrefix(rooms[0].Address, c.prefix) && strings.Contains(rooms[0].Address, "%") == (c.address == "")
		})
		t.Logf("network up to listed by its %s address: %v", c.what, took)
		if c.address != "" {
			run(t, "ip", "addr", "del", c.address, "dev", "eth0")
		}
	}
}

// liveVPN brings up a network without multicast that takes all traffic to elsewhere.
func liveVPN(t *testing.T) {
	noLeaks(t)
	b := browse(t, Config{})
	advertise(t, newRoom(t, ":0", "r1", "Standup").ad())
	eventually(t, slow, "listed", func() bool { return hasRoom(b, "Standup") })
	run(t, "ip", "link", "add", "vpn0", "type", "veth", "peer", "name", "vpn1")
	run(t, "ip", "link", "set", "vpn1", "multicast", "off", "up")
	run(t, "ip", "link", "set", "vpn0", "multicast", "off", "up")
	run(t, "ip", "addr", "add", "10.8.0.2/32", "dev", "vpn0")
	run(t, "ip", "route", "add", "default", "dev", "vpn0")
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if !hasRoom(b, "Standup") {
			t.Fatal("the VPN took the room away")
		}
	}
	if s := b.Status(); s.Problem != "" || slices.Contains(s.Interfaces, "vpn0") {
		t.Errorf("status %+v", s)
	}
	late := browse(t, Config{})
	advertise(t, newRoom(t, ":0", "r2", "Retro").ad())
	eventually(t, slow, "both listed with the VPN up", func() bool { return len(b.Rooms()) == 2 && len(late.Rooms()) == 2 })
}

// watcher is set in the environment of the test binary that only browses and says what it lists.
const watcher = "EARSHOT_DISCOVERY_WATCHER"

// TestWatcher is what liveStopped starts.
func TestWatcher(t *testing.T) {
	if os.Getenv(watcher) == "" {
		t.Skip("started by TestLive")
	}
	b := browse(t, Config{})
	for range b.Changed() {
		fmt.Println("listed:", strings.Join(roomNames(b.Rooms()), " "))
	}
}

// liveStopped stops a whole lobby for a while, as sleep does, and lets a room die meanwhile.
func liveStopped(t *testing.T) {
	for _, name := range []string{"Retro", "Standup"} {
		advertise(t, newRoom(t, ":0", name, name).ad())
	}
	dying := newRoom(t, ":0", "r3", "Dying")
	advertise(t, dying.ad())
	child := exec.Command(os.Args[0], "-test.run=^TestWatcher$") //nolint:gosec // this binary
	child.Env = append(os.Environ(), watcher+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var lists []string
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if list, ok := strings.CutPrefix(lines.Text(), "listed: "); ok {
				mu.Lock()
				lists = append(lists, list)
				mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		_ = child.Process.Signal(syscall.SIGCONT)
		_ = child.Process.Kill()
		reading.Wait()
		_ = child.Wait()
	})
	latest := func() string {
		mu.Lock()
		defer mu.Unlock()
		if len(lists) == 0 {
			return ""
		}
		return lists[len(lists)-1]
	}
	eventually(t, slow, "all listed", func() bool { return latest() == "Dying Retro Standup" })
	time.Sleep(time.Second)
	best(t, "woken up, to a room that died meanwhile unlisted", 3*time.Second, func() time.Duration {
		dying.hung.Store(false)
		eventually(t, 3*slow, "all listed", func() bool { return latest() == "Dying Retro Standup" })
		mu.Lock()
		lists = lists[len(lists)-1:]
		mu.Unlock()
		_ = child.Process.Signal(syscall.SIGSTOP)
		time.Sleep(4 * time.Second)
		dying.hung.Store(true)
		time.Sleep(time.Second)
		_ = child.Process.Signal(syscall.SIGCONT)
		return eventually(t, 2*slow, "the room that died unlisted", func() bool { return latest() == "Retro Standup" })
	})
	mu.Lock()
	defer mu.Unlock()
	for _, list := range lists {
		if !strings.Contains(list, "Retro Standup") {
			t.Errorf("rooms that are alive were unlisted: %q", lists)
		}
	}
}
