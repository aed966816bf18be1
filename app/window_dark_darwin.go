//go:build !headless

package app

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// systemIsDark says whether macOS is in dark mode. The setting does not exist in light mode.
func systemIsDark() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	style, err := exec.CommandContext(ctx, "/usr/bin/defaults", "read", "-g", "AppleInterfaceStyle").Output()
	return err == nil && strings.TrimSpace(string(style)) == "Dark"
}
