package livenet

import (
	"errors"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/pion/transport/v4/stdnet"
)

func TestNet_SeesAnAddressThatCameLater(t *testing.T) {
	seen := make(chan error)
	go func() { // in a network of its own, with a thread that ends with this goroutine
		defer close(seen)
		runtime.LockOSThread()
		if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			seen <- err
			return
		}
		old, err := stdnet.NewNet()
		if err != nil {
			seen <- err
			return
		}
		live := Net{old}
		for _, step := range []struct {
			command []string
			there   bool
		}{
			{[]string{"ip", "link", "set", "lo", "up"}, false},
			{[]string{"ip", "address", "add", "10.98.76.54/32", "dev", "lo"}, true},
			{[]string{"ip", "address", "del", "10.98.76.54/32", "dev", "lo"}, false},
		} {
			if out, err := exec.CommandContext(t.Context(), step.command[0], step.command[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%v: %v: %s", step.command, err, out)
				return
			}
			interfaces, err := live.Interfaces()
			if err != nil {
				seen <- err
				return
			}
			var all []string
			for _, i := range interfaces {
				addresses, err := i.Addrs()
				if err != nil && i.Name != "lo" {
					continue
				}
				for _, a := range addresses {
					all = append(all, a.String())
				}
			}
			if slices.Contains(all, "10.98.76.54/32") != step.there {
				t.Errorf("after %v: addresses %v", step.command, all)
			}
		}
	}()
	for err := range seen {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("skipped: needs root for a network of its own")
		}
		t.Error(err)
	}
}
