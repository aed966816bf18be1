//go:build !linux && !windows && !darwin

package diagnostics

import "runtime"

func systemName() string { return runtime.GOOS }
