package client

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunning_LastsAsLongAsItSaysOnAMachineThatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := running{left: 1310 * time.Millisecond, least: time.Second}
		if !r.wait(t.Context()) {
			t.Error("ended early")
		}
		if took := time.Since(began); took != 1310*time.Millisecond {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		r = running{left: time.Minute}
		if r.wait(ctx) {
			t.Error("outlasted its context")
		}
	})
}

func TestRunning_AStandstillIsNotHeldAgainstTheHost(t *testing.T) {
	r := running{left: 2 * runningStep, least: time.Second}
	if r.passed(10*time.Second) || r.left != time.Second {
		t.Errorf("%v left to answer", r.left)
	}
	steps := 1
	for ; !r.passed(runningStep); steps++ {
		if steps > 100 {
			t.Fatal("no end")
		}
	}
	if got := time.Duration(steps) * runningStep; got != time.Second {
		t.Errorf("then lasted %v", got)
	}
	r = running{left: 2 * time.Second, least: time.Second}
	if r.passed(10*time.Second) || r.left != 2*time.Second {
		t.Errorf("%v left of 2 s", r.left)
	}
}
