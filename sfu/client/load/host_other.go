//go:build !linux

package load

// FindHost is known on Linux only.
func FindHost(int) (int, error) { return 0, ErrNoHost }

func usageOf(int) (usage, error) { return usage{}, ErrNoHost }
