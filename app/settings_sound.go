package app

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/earshot/earshot/sfu/signal"
)

// Sound is how our microphone is cleaned and which devices are used. Quality.Music turns all cleaning off while it is on and
// changes nothing here.
type Sound struct {
	Echo  bool       `json:"echo"` // what the loudspeaker plays is taken out
	Noise NoiseLevel `json:"noise"`
	Gain  bool       `json:"gain"` // quiet voices louder, loud ones quieter
	// Microphone and Speaker are those that the user chose. They stay what they are while the device is away, and are used
	// again when it is back.
	Microphone Device `json:"microphone"`
	Speaker    Device `json:"speaker"`
	// Checked says that the check of microphone and speaker was offered: once is enough.
	Checked bool `json:"checked"`
}

// NoiseLevel is how much of what is no voice is taken out of the microphone.
type NoiseLevel string

// The levels.
const (
	NoiseOff      NoiseLevel = "off"
	NoiseStandard NoiseLevel = "standard" // by the browser
	NoiseStrong   NoiseLevel = "strong"   // by RNNoise, in the page
)

// Device is a microphone or a loudspeaker as the browser calls it. The zero Device follows the system's default.
type Device struct {
	// Name is its label, by which it is found again: ids change with the page's port, with the browser's data and over computers.
	Name string `json:"name"`
	// ID is the browser's id of it when it was chosen, a hint for which of two with the same name is meant.
	ID string `json:"id,omitempty"`
}

// maxDeviceText is bytes of a name or an id. Windows' longest names have 260 characters, browsers' ids 64; a longer one is not from
// a browser.
const maxDeviceText = 1024

// defaults are what most people need who talk at a desk, with or without headphones.
func (s *Sound) defaults() { *s = Sound{Echo: true, Noise: NoiseStandard, Gain: true} }

// check returns CodeBadMessage for values that no page would send.
func (s *Sound) check() error {
	if !slices.Contains([]NoiseLevel{NoiseOff, NoiseStandard, NoiseStrong}, s.Noise) {
		return signal.Problemf(signal.CodeBadMessage, "noise %.16q", s.Noise)
	}
	for _, device := range []Device{s.Microphone, s.Speaker} {
		if !isDeviceText(device.Name) || !isDeviceText(device.ID) {
			return signal.Problemf(signal.CodeBadMessage, "device %.32q", device)
		}
		if device.Name == "" && device.ID != "" {
			return signal.Problemf(signal.CodeBadMessage, "device %.32q without a name", device.ID)
		}
	}
	return nil
}

func isDeviceText(s string) bool {
	if len(s) > maxDeviceText || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}
