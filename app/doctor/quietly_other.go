//go:build !windows

package doctor

import "os/exec"

// quietly has nothing to do: only Windows opens windows for commands.
func quietly(*exec.Cmd) {}
