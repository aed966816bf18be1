package siege

import (
	"net/netip"
	"os"
	"syscall"
	"testing"
)

// elsewhere is another computer's address as far as a room on loopback can tell.
var elsewhere = netip.MustParseAddr("127.0.0.66")

// signalTo lets a program of ours go on, or stand still.
func signalTo(t *testing.T, p *os.Process, goOn bool) {
	t.Helper()
	signal := syscall.SIGSTOP
	if goOn {
		signal = syscall.SIGCONT
	}
	if err := p.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
