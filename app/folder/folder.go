// Package folder knows where the user's recordings and received files go, and shows a folder in the system's file manager.
package folder

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/adrg/xdg"

	"github.com/earshot/earshot/sfu/signal"
)

// Recordings is where recordings go unless the user chose another folder; Downloads the same for files.
func Recordings() string { return filepath.Join(either(xdg.UserDirs.Music, "Music"), "Earshot") }

// Downloads is where received files go unless the user chose another folder.
func Downloads() string { return either(xdg.UserDirs.Download, "Downloads") }

func either(dir, otherwise string) string {
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(xdg.Home, otherwise)
}

// settle is how long a file manager may take to fail.
const settle = time.Second

// Show shows an existing folder in the file manager. Errors: signal.CodeBadFolder when it is none, signal.CodeNoBrowser when there is no
// file manager.
func Show(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || !filepath.IsAbs(dir) {
		return signal.Problemf(signal.CodeBadFolder, "no folder any more")
	}
	program := map[string]string{"darwin": "open", "windows": "explorer"}[runtime.GOOS]
	if program == "" {
		program = "xdg-open"
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return signal.Problemf(signal.CodeNoBrowser, "no display")
		}
	}
	command := exec.Command(program, dir) //nolint:noctx,gosec // the file manager outlives us; an absolute path is no option
	if err := command.Start(); err != nil {
		return signal.Problemf(signal.CodeNoBrowser, "%v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		// Explorer ends with 1 when all is well.
		if err != nil && runtime.GOOS != "windows" {
			return signal.Problemf(signal.CodeNoBrowser, "%v", fmt.Errorf("%s: %w", program, err))
		}
	case <-time.After(settle):
	}
	return nil
}
