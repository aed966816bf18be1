package hotkey

import "os"

// open takes the portal on Wayland, where programs do not see each other's keys, and else the X server.
func open(press Press) (backend, error) {
	switch {
	case os.Getenv("WAYLAND_DISPLAY") != "":
		return openPortal(press)
	case os.Getenv("DISPLAY") != "":
		return openX11(press)
	}
	return nil, refused{NoWay}
}
