package app

import (
	"context"

	"github.com/earshot/earshot/app/soundcard"
)

// SoundCard is how a page uses the app's sound card (VoiceCard).
type SoundCard struct {
	URL     string       `json:"url"` // ws://…: where sound comes and goes (package voice); "" when the app's is not used
	Devices SoundDevices `json:"devices"`
}

// SoundDevices are the system's. What a loudspeaker plays is no microphone.
type SoundDevices struct {
	Microphones []SoundDevice `json:"microphones"`
	Speakers    []SoundDevice `json:"speakers"`
}

// SoundDevice is a microphone or a loudspeaker.
type SoundDevice struct {
	ID      string `json:"id"`   // the sound server's name of it
	Name    string `json:"name"` // for people; what is remembered
	Default bool   `json:"default"`
}

// GetSoundCard returns how to use the app's sound card. A page calls it once it listens to EventDevices.
func (m *Methods) GetSoundCard() SoundCard {
	a := m.app
	if a.way != VoiceCard || a.voice == nil {
		return SoundCard{Devices: devicesOf(soundcard.Devices{})}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return SoundCard{URL: a.voice.Sound(), Devices: a.devices}
}

// watchDevices tells pages what can be spoken into and heard from.
func (a *App) watchDevices() {
	ctx, cancel := context.WithCancel(context.Background())
	a.work.Go(func() {
		<-a.done
		cancel()
	})
	soundcard.Watch(ctx, func(found soundcard.Devices) {
		devices := devicesOf(found)
		a.mu.Lock()
		a.devices = devices
		a.mu.Unlock()
		a.emit(EventDevices, devices)
	})
}

func devicesOf(found soundcard.Devices) SoundDevices {
	list := func(devices []soundcard.Device) []SoundDevice {
		all := make([]SoundDevice, 0, len(devices))
		for _, each := range devices {
			all = append(all, SoundDevice{ID: each.Name, Name: each.Label, Default: each.Default})
		}
		return all
	}
	return SoundDevices{Microphones: list(found.Microphones), Speakers: list(found.Speakers)}
}
