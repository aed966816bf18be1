package app

import "runtime"

// VoiceWay is how a page without WebRTC, or one that is to do without it, carries its voice.
type VoiceWay string

const (
	// VoiceWindow is for our own window: on Linux VoiceCard; elsewhere none is needed.
	VoiceWindow VoiceWay = "window"
	// VoiceCard has the app play and record, on the system's sound server (package soundcard).
	VoiceCard VoiceWay = "card"
	// VoicePage has the page play and record by its own means, for diagnosis.
	VoicePage VoiceWay = "loopback"
)

// here is the way on this system, "" when rooms are opened in a browser instead.
func (w VoiceWay) here(openInBrowser bool) VoiceWay {
	switch {
	case w != VoiceWindow:
		return w
	case runtime.GOOS != "linux" || openInBrowser:
		return ""
	default:
		return VoiceCard
	}
}

// GetVoiceWay returns how a page without WebRTC is to carry its voice, "" when it is to open rooms in a browser instead.
func (m *Methods) GetVoiceWay() VoiceWay { return m.app.way }
