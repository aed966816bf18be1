//go:build !headless && !linux

package app

// handOver is Wails' own on this system: it ends the second program well.
func handOver(string) bool { return false }

// canComeBack says whether a second start would find the hidden window.
func canComeBack(string) bool { return true }
