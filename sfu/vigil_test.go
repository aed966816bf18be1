package sfu

import (
	"testing"
	"time"
)

const beat, dead = time.Second, 3 * time.Second

// life looks as often as a vigil does and returns when it first finds one who said nothing after heard dead, and when it asked.
// stills are times at which the machine stands still, and for how long.
func life(heard time.Duration, stills map[time.Duration]time.Duration) (asked, died time.Duration) {
	b := beats{every: beat, deadAfter: dead}
	for now := time.Duration(0); now < time.Minute; now += beat / looksPerBeat {
		now += stills[now]
		b.look(now)
		switch b.judge(heard, asked) {
		case isQuiet:
			asked = now
		case isDead:
			return asked, now
		default:
		}
	}
	return asked, 0
}

func TestBeats_TheDeadAreNoticedWithinThreeSeconds(t *testing.T) {
	for _, heard := range []time.Duration{time.Second, 1100 * time.Millisecond, 1999 * time.Millisecond} {
		asked, died := life(heard, nil)
		if silent := died - heard; silent < dead || silent > dead+beat/looksPerBeat {
			t.Errorf("heard at %v: dead after %v", heard, silent)
		}
		if died-asked < beat {
			t.Errorf("heard at %v: had %v to answer", heard, died-asked)
		}
	}
}

func TestBeats_NobodyIsDeadBecauseTheMachineStoodStill(t *testing.T) {
	for _, at := range []time.Duration{2 * time.Second, 2500 * time.Millisecond, 3500 * time.Millisecond, 3750 * time.Millisecond} {
		for _, still := range []time.Duration{600 * time.Millisecond, 2 * time.Second, 30 * time.Second} {
			_, died := life(time.Second, map[time.Duration]time.Duration{at: still})
			if woke := at + still; died < woke+dead || died > woke+dead+beat/looksPerBeat {
				t.Errorf("still from %v to %v: dead at %v, want %v later", at, woke, died, dead)
			}
		}
	}
}

func TestBeats_TheOneWhoPingsIsNeverAsked(t *testing.T) {
	b := beats{every: beat, deadAfter: dead}
	for now := time.Duration(0); now < time.Minute; now += beat / looksPerBeat {
		b.look(now)
		if heard := now.Truncate(beat) - 300*time.Millisecond; b.judge(heard, 0) != isThere {
			t.Fatalf("at %v, heard at %v", now, heard)
		}
	}
}

func TestBeats_AWriteThatNobodyTakesIsNoticedButNotForAStandstill(t *testing.T) {
	b := beats{every: beat, deadAfter: dead}
	for now := time.Duration(0); now <= dead+beat/looksPerBeat; now += beat / looksPerBeat {
		b.look(now)
	}
	if b.stuck(0) || b.stuck(time.Second) || !b.stuck(1) {
		t.Error(b.stuck(0), b.stuck(time.Second), b.stuck(1))
	}
	b.look(10 * time.Second)
	if b.stuck(1) {
		t.Error("stuck after a standstill")
	}
}
