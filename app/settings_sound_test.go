package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/earshot/earshot/sfu/signal"
)

func defaultSound() Sound { return defaultSettings().Sound }

func TestSound_RefusesWhatNoPageSends(t *testing.T) {
	good := []Sound{
		defaultSound(),
		{Noise: NoiseOff},
		{Noise: NoiseStrong, Microphone: Device{Name: "Jabra Evolve2 65 (0b0e:248c)", ID: strings.Repeat("f", 64)}},
		{Noise: NoiseStandard, Speaker: Device{Name: "스피커 (Realtek® Audio)"}},
	}
	for _, s := range good {
		if err := s.check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	bad := map[string]Sound{
		"no level":      {},
		"unknown level": {Noise: "loud"},
		"long name":     {Noise: NoiseOff, Microphone: Device{Name: strings.Repeat("x", maxDeviceText+1)}},
		"long id":       {Noise: NoiseOff, Speaker: Device{Name: "x", ID: strings.Repeat("x", maxDeviceText+1)}},
		"control":       {Noise: NoiseOff, Speaker: Device{Name: "a\nb"}},
		"invalid UTF-8": {Noise: NoiseOff, Microphone: Device{Name: "\xff"}},
		"id alone":      {Noise: NoiseOff, Microphone: Device{ID: "abc"}},
	}
	for name, s := range bad {
		if code := signal.AsProblem(s.check()).Code; code != signal.CodeBadMessage {
			t.Errorf("%s: code %q", name, code)
		}
	}
}

// A file of an app that knew no sound settings, or not all of them, is good, and what it does not say is the default.
func TestSettings_SoundThatIsNotSaidIsTheDefault(t *testing.T) {
	for file, want := range map[string]Sound{
		`{"version":1,"profile":{"name":"Mina"},"quality":{"bitrate":32000}}`:                                     defaultSound(),
		`{"version":1,"profile":{"name":"Mina"},"sound":null}`:                                                    defaultSound(),
		`{"version":1,"profile":{"name":"Mina"},"sound":{"noise":"strong","newer":1}}`:                            {Echo: true, Noise: NoiseStrong, Gain: true},
		`{"version":1,"profile":{"name":"Mina"},"sound":{"echo":false,"microphone":{"name":"Yeti"}}}`:             {Noise: NoiseStandard, Gain: true, Microphone: Device{Name: "Yeti"}},
		`{"version":1,"profile":{"name":"Mina"},"sound":{"gain":false,"speaker":{"name":"HDMI"},"checked":true}}`: {Echo: true, Noise: NoiseStandard, Speaker: Device{Name: "HDMI"}, Checked: true},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := loadSettings(dir)
		if err != nil || s.Sound != want {
			t.Errorf("%s: %+v, %v", file, s.Sound, err)
		}
	}
}
