package lan_test

import (
	"net"
	"testing"

	"github.com/earshot/earshot/internal/lan"
)

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags net.Flags
		want  lan.Kind
	}{
		{"eth0", net.FlagUp, lan.Ethernet},
		{"enp3s0", net.FlagUp, lan.Ethernet},
		{"Ethernet 2", net.FlagUp, lan.Ethernet},
		{"en0", net.FlagUp, lan.Ethernet},
		{"lo", net.FlagUp | net.FlagLoopback, lan.Loopback},
		{"docker0", net.FlagUp, lan.Virtual},
		{"veth1a2b3c", net.FlagUp, lan.Virtual},
		{"vEthernet (WSL)", net.FlagUp, lan.Virtual},
		{"tailscale0", net.FlagUp | net.FlagPointToPoint, lan.VPN},
		{"utun3", net.FlagUp | net.FlagPointToPoint, lan.VPN},
		{"tap0", net.FlagUp, lan.VPN},
		{"wlp2s0-like-no-sysfs", net.FlagUp, lan.Ethernet},
	} {
		if got := lan.KindOf(net.Interface{Name: c.name, Flags: c.flags}); got != c.want {
			t.Errorf("KindOf(%s) = %s, want %s", c.name, got, c.want)
		}
	}
}
