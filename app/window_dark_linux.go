//go:build !headless

package app

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// systemIsDark guesses what GTK, and so the page's prefers-color-scheme, will say. Only GTK knows for sure; a wrong guess
// is seen until the page is drawn.
func systemIsDark() bool {
	if theme := os.Getenv("GTK_THEME"); theme != "" {
		return strings.HasSuffix(theme, ":dark") || strings.HasSuffix(theme, "-dark")
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return false
	}
	settings, err := os.Open(filepath.Join(dir, "gtk-3.0", "settings.ini"))
	if err != nil {
		return false
	}
	defer func() { _ = settings.Close() }()
	for lines := bufio.NewScanner(settings); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		key, value = strings.TrimSpace(key), strings.ToLower(strings.TrimSpace(value))
		if key == "gtk-application-prefer-dark-theme" && (value == "1" || value == "true") ||
			key == "gtk-theme-name" && strings.HasSuffix(value, "-dark") {
			return true
		}
	}
	return false
}
