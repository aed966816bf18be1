package soundcard

import (
	"context"
	"slices"
	"time"
)

// Devices are the system's microphones and loudspeakers. What a loudspeaker plays is no microphone.
type Devices struct{ Microphones, Speakers []Device }

func (d Devices) equal(o Devices) bool {
	return slices.Equal(d.Microphones, o.Microphones) && slices.Equal(d.Speakers, o.Speakers)
}

// Watch tells of the devices, at once and whenever they change, until ctx is done; none while no sound server answers.
func Watch(ctx context.Context, tell func(Devices)) {
	var before Devices
	for {
		changed := make(chan struct{}, 1)
		s, err := dial(func() { nudge(changed) })
		if err == nil {
			before = s.watchDevices(ctx, changed, before, tell)
			s.close()
		}
		if ctx.Err() == nil && !before.equal(Devices{}) {
			before = Devices{}
			tell(before)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(againAfter):
		}
	}
}

// watchDevices does so while the server answers, and returns what it told last.
func (s *server) watchDevices(ctx context.Context, changed <-chan struct{}, before Devices, tell func(Devices)) Devices {
	for {
		var now Devices
		var err error
		if now.Microphones, err = s.microphones(); err == nil {
			now.Speakers, err = s.speakers()
		}
		if err != nil {
			return before
		}
		if !now.equal(before) {
			before = now
			tell(now)
		}
		select {
		case <-ctx.Done():
			return before
		case <-s.gone:
			return before
		case <-changed:
		}
	}
}
