package lan

import (
	"net"
	"os"
	"path/filepath"
)

// isWiFi asks sysfs, which has a directory "wireless" or "phy80211" for wireless interfaces.
func isWiFi(i net.Interface) bool {
	for _, d := range []string{"wireless", "phy80211"} {
		if _, err := os.Stat(filepath.Join("/sys/class/net", i.Name, d)); err == nil {
			return true
		}
	}
	return false
}
