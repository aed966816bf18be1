package diagnostics

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// systemName is the distribution, the kernel and the kind of the desktop.
func systemName() string {
	name := "Linux"
	if b, err := os.ReadFile("/etc/os-release"); err == nil {
		for line := range strings.Lines(string(b)) {
			if value, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
				name = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		name += ", kernel " + unix.ByteSliceToString(u.Release[:])
	}
	for _, variable := range []string{"XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP"} {
		if value := os.Getenv(variable); value != "" {
			name += ", " + value
		}
	}
	return name
}
