//go:build headless

package app

import "fmt"

// Generating is for programs with a window.
const Generating = false

// RunWindow returns ErrNoWindow: this program was built without the window, and so without GTK and Wails.
func RunWindow(Window) error {
	return fmt.Errorf("%w: this program was built without it", ErrNoWindow)
}
