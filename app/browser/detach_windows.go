package browser

import (
	"os/exec"
	"syscall"
)

// detach starts the command in a process group of its own, so that a Ctrl+C meant for us does not close the browser.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
