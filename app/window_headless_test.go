//go:build headless

package app

import (
	"errors"
	"testing"
)

func TestRunWindow_SaysThatItWasNotBuiltIn(t *testing.T) {
	if err := RunWindow(Window{}); !errors.Is(err, ErrNoWindow) {
		t.Errorf("got %v", err)
	}
}
