//go:build unix

package browser

import (
	"os/exec"
	"syscall"
)

// detach starts the command in a session of its own, so that an interrupt meant for us does not close the browser.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
