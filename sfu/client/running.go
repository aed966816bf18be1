package client

import (
	"context"
	"time"
)

const (
	// runningStep is how often a wait looks whether this machine runs.
	runningStep = 50 * time.Millisecond
	// standstill is how late a look must be to say that it did not: schedulers are late by some milliseconds.
	standstill = 250 * time.Millisecond
)

// running is a wait that lasts while this machine runs. Where it stood still (asleep, or its processor taken by others), what
// was sent to it waits in its sockets: from then on there is at least another least, so that it is read first.
type running struct{ left, least time.Duration }

// passed notes that one more step was waited for, and how long that took. It reports the wait's end.
func (r *running) passed(took time.Duration) bool {
	if took-runningStep > standstill {
		r.left = max(r.left, r.least)
	} else {
		r.left -= took
	}
	return r.left <= 0
}

// wait returns true at the end of the wait, false at that of ctx.
func (r *running) wait(ctx context.Context) bool {
	step := time.NewTimer(0)
	defer step.Stop()
	<-step.C
	for r.left > 0 {
		at := time.Now()
		step.Reset(min(runningStep, r.left))
		select {
		case <-ctx.Done():
			return false
		case <-step.C:
			r.passed(time.Since(at))
		}
	}
	return true
}
