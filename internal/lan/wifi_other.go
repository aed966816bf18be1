//go:build !linux

package lan

import "net"

// isWiFi goes by the name: Windows calls it "Wi-Fi", "WLAN" or "Wireless Network Connection". On macOS en0 is Wi-Fi on
// every laptop and Ethernet on most desktops, so its name says nothing.
func isWiFi(i net.Interface) bool { return hasPrefix(i.Name, "Wi-Fi", "WLAN", "WiFi", "Wireless") }
