//go:build !linux && !windows

package hotkey

func open(Press) (backend, error) { return nil, refused{NoWay} }
