//go:build !linux && !windows && !darwin

package login

import "errors"

const possible = false

func write(string) error { return errors.ErrUnsupported }

func remove() error { return nil }
