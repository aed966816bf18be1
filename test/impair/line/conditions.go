// Package line is one direction of a bad network link: frames enter, and leave late, twice, out of order or never.
// It reads no clock and makes no system call: who uses it says what time it is, so that its behaviour is a function of
// the seed, the conditions, and what entered when.
package line

import (
	"errors"
	"fmt"
	"time"
)

// Conditions say how bad a line is. The zero value passes everything at once.
type Conditions struct {
	// Loss is the share of frames that are lost, 0 to 1.
	Loss float64 `json:"loss,omitempty"`
	// Burst is the mean number of frames in a run of losses, at least 1: the Gilbert-Elliott model whose bad state
	// loses everything. 0 loses each frame for itself.
	Burst float64 `json:"burst,omitempty"`
	// Duplicate is the share of frames that arrive twice.
	Duplicate float64 `json:"duplicate,omitempty"`
	// Reorder is the share of frames that are held back for HoldMillis, so that those behind overtake them.
	Reorder float64 `json:"reorder,omitempty"`
	// HoldMillis is for how long; 0 means 30: longer than one packet of voice.
	HoldMillis float64 `json:"hold_ms,omitempty"`
	// DelayMillis is added to every frame.
	DelayMillis float64 `json:"delay_ms,omitempty"`
	// JitterMillis is the most that is added on top of the delay, uniformly spread. Frames wait for those before
	// them, as in a queue: jitter alone keeps the order.
	JitterMillis float64 `json:"jitter_ms,omitempty"`
	// RateKbit is how many kilobits a second pass; 0 is without limit.
	RateKbit float64 `json:"rate_kbit,omitempty"`
	// QueueMillis is how long a frame may wait for its turn at that rate before it is thrown away; 0 means 100.
	QueueMillis float64 `json:"queue_ms,omitempty"`
}

const (
	usualHold  = 30 * time.Millisecond
	usualQueue = 100 * time.Millisecond
	longest    = time.Minute
)

// Validate returns what is wrong with the conditions.
func (c Conditions) Validate() error {
	for name, share := range map[string]float64{"loss": c.Loss, "duplicate": c.Duplicate, "reorder": c.Reorder} {
		if share < 0 || share > 1 {
			return fmt.Errorf("%s is %v: want a share, 0 to 1", name, share)
		}
	}
	times := map[string]float64{"hold_ms": c.HoldMillis, "delay_ms": c.DelayMillis, "jitter_ms": c.JitterMillis, "queue_ms": c.QueueMillis}
	for name, ms := range times {
		if ms < 0 || millis(ms) > longest {
			return fmt.Errorf("%s is %v: want 0 to a minute", name, ms)
		}
	}
	if c.RateKbit < 0 {
		return fmt.Errorf("rate_kbit is %v: want 0 or more", c.RateKbit)
	}
	if c.Burst != 0 && c.Burst < 1 {
		return fmt.Errorf("burst is %v: want 0, or 1 frame and more", c.Burst)
	}
	if c.Burst != 0 && c.Loss < 1 && c.enterBad() > 1 {
		return errors.New("bursts this short cannot lose that much")
	}
	return nil
}

// enterBad is the probability that a run of losses starts after a frame that passed, which makes Loss the share of
// frames lost in the long run.
func (c Conditions) enterBad() float64 {
	if c.Loss == 1 {
		return 1
	}
	return c.Loss / (c.Burst * (1 - c.Loss))
}

func (c Conditions) hold() time.Duration { return orElse(millis(c.HoldMillis), usualHold) }

func (c Conditions) queue() time.Duration { return orElse(millis(c.QueueMillis), usualQueue) }

// transmission is how long a frame of n bytes occupies the line.
func (c Conditions) transmission(n int) time.Duration {
	if c.RateKbit == 0 {
		return 0
	}
	return millis(float64(8*n) / c.RateKbit)
}

func millis(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func orElse(d, usual time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	return d
}
