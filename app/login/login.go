// Package login has the system start this program when its user logs in: by an autostart file on Linux (XDG Autostart
// 0.5), a value of the Run key on Windows, a launch agent on macOS. The two latter were written from documentation and not run.
package login

import (
	"fmt"
	"os"
	"path/filepath"
)

// Possible says whether this system has a way that this program knows.
func Possible() bool { return possible }

// Set has the program started at login, as it is called now, or not. It changes nothing that is so already.
func Set(start bool) error {
	if !start {
		if err := remove(); err != nil {
			return fmt.Errorf("not start at login: %w", err)
		}
		return nil
	}
	program, err := os.Executable()
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	if err == nil {
		err = write(program)
	}
	if err != nil {
		return fmt.Errorf("start at login: %w", err)
	}
	return nil
}

// minimised is the flag by which the window is not in the way of who has just logged in.
const minimised = "--minimised"
