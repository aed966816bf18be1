package doctor

import (
	"os/exec"
	"syscall"
)

// quietly runs a command without a console window that flashes up.
func quietly(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }
