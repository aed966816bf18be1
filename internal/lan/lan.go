// Package lan knows the network interfaces of this computer: what kind each is, as far as the system or its name tells.
package lan

import (
	"net"
	"strings"
)

// Kind is what an interface most likely is.
type Kind string

// The kinds.
const (
	Ethernet Kind = "ethernet" // or anything else that leads to the office
	WiFi     Kind = "wifi"
	VPN      Kind = "vpn"      // a tunnel: point to point, or named like one
	Virtual  Kind = "virtual"  // into containers or virtual machines on this computer
	Loopback Kind = "loopback" //
)

// KindOf returns what an interface most likely is. It is a guess: being wrong may change an order or a sentence, and
// nothing else may depend on it.
func KindOf(i net.Interface) Kind {
	switch {
	case i.Flags&net.FlagLoopback != 0:
		return Loopback
	case hasPrefix(i.Name, "docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "vEthernet", "lxc", "lxd", "cni", "podman"):
		return Virtual
	case i.Flags&net.FlagPointToPoint != 0, hasPrefix(i.Name, "tun", "tap", "utun", "wg", "zt", "tailscale", "ppp", "ipsec"):
		return VPN
	case isWiFi(i):
		return WiFi
	}
	return Ethernet
}

// LeadsOut reports whether an interface of the kind leads to other computers of the office.
func (k Kind) LeadsOut() bool { return k == Ethernet || k == WiFi }

func hasPrefix(name string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
