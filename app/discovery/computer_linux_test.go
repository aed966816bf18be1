package discovery

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// computer is another computer on the LAN: a network namespace at the far end of a cable.
type computer struct {
	t  testing.TB
	ns string
}

// newComputer plugs a computer into the far end of a cable (far0 or far1), with these addresses.
func newComputer(t testing.TB, cable string, addresses ...string) *computer {
	t.Helper()
	c := &computer{t: t, ns: fmt.Sprintf("earshot-%d-%s", os.Getpid(), cable)}
	run(t, "ip", "netns", "add", c.ns)
	t.Cleanup(func() { run(t, "ip", "netns", "del", c.ns) })
	run(t, "ip", "link", "set", cable, "netns", c.ns)
	run(t, "ip", "netns", "exec", c.ns, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf."+cable+".accept_dad=0")
	c.ip("link", "set", "lo", "up")
	for _, a := range addresses {
		c.ip("addr", "add", a, "dev", cable)
	}
	c.ip("link", "set", cable, "up")
	return c
}

func (c *computer) ip(args ...string) {
	c.t.Helper()
	run(c.t, "ip", append([]string{"-n", c.ns}, args...)...)
}

// do runs a function on the computer. Sockets that it opens stay there; goroutines that it starts do not run there.
func (c *computer) do(what func()) {
	c.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // not unlocked again: the thread ends with the goroutine
		ns, err := os.Open("/run/netns/" + c.ns)
		if err == nil {
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
			_ = ns.Close()
		}
		if err == nil {
			what()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		c.t.Fatal(err)
	}
}

// link opens a listener on the computer's cable.
func (c *computer) link(heard func(packet)) *link {
	c.t.Helper()
	var l *link
	eventually(c.t, slow, "the far end of the cable is up", func() bool {
		c.do(func() {
			all, err := systemInterfaces()
			if list := usable(all); err == nil && len(list) > 0 {
				l, err = openLink(list[0], heard)
			}
			if err != nil {
				c.t.Error(err)
			}
		})
		return l != nil
	})
	c.t.Cleanup(l.Close)
	return l
}
