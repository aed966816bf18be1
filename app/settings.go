package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/earshot/earshot/internal/keptfile"
	"github.com/earshot/earshot/sfu/signal"
)

// settingsFile is the settings' name in the config directory. It holds one JSON object, made to be edited by hand too.
const settingsFile = "settings.json"

// settingsVersion is the form of the file. A newer one is kept aside like a broken one: guessing at it could lose what
// the newer app wrote.
const settingsVersion = 1

// settings is the file's content.
type settings struct {
	Version int     `json:"version"`
	Profile Profile `json:"profile"`
	Quality Quality `json:"quality"`
	Sound   Sound   `json:"sound"`
	Network Network `json:"network"`
}

// readSettings reads the settings in dir, or returns defaults with an error that says what is wrong with the file. A
// missing file is no error.
func readSettings(dir string) (settings, error) {
	defaults := settings{
		Version: settingsVersion, Profile: Profile{Name: defaultName()}, Quality: Quality{Bitrate: signal.DefaultBitrate},
		Sound: defaultSound(), Network: Network{PassOn: true},
	}
	b, err := os.ReadFile(filepath.Join(dir, settingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return defaults, nil
	}
	if err != nil {
		return defaults, err
	}
	loaded := defaults
	if err = json.Unmarshal(b, &loaded); err != nil {
		return defaults, err
	}
	if loaded.Version != settingsVersion {
		return defaults, fmt.Errorf("version %d, this app writes %d", loaded.Version, settingsVersion)
	}
	if loaded.Profile, err = loaded.Profile.checked(); err != nil {
		return defaults, err
	}
	if err = loaded.Quality.check(); err != nil {
		return defaults, err
	}
	if err = loaded.Sound.check(); err != nil {
		return defaults, err
	}
	return loaded, nil
}

// loadSettings reads the settings in dir. A file that cannot be used is renamed, so that nothing of it is lost, and
// reported together with the defaults that are then in force.
func loadSettings(dir string) (settings, error) {
	loaded, err := readSettings(dir)
	if err == nil {
		return loaded, nil
	}
	aside, asideErr := keptfile.Aside(filepath.Join(dir, settingsFile))
	if asideErr != nil {
		return loaded, fmt.Errorf("read settings: %w", errors.Join(err, asideErr))
	}
	return loaded, fmt.Errorf("settings file kept aside as %s: %w", aside, err)
}

// ProfileName returns the user's name in the settings of a configuration directory, else what the system calls the user.
// It changes nothing there.
func ProfileName(dir string) string {
	s, _ := readSettings(dir) // defaults where the file is of no use: the app itself says so
	return s.Profile.Name
}

// save writes the settings to dir: whole or not at all, readable by the user only.
func (s settings) save(dir string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return keptfile.Write(filepath.Join(dir, settingsFile), append(b, '\n'))
}

// checked returns the profile with a clean name, or an error for values that no app would write.
func (p Profile) checked() (Profile, error) {
	var err error
	if p.Name, err = signal.CleanName(p.Name); err != nil {
		return p, err
	}
	if !slices.Contains([]string{"", "en", "ko"}, p.Language) {
		return p, signal.Problemf(signal.CodeBadMessage, "language %.16q", p.Language)
	}
	if !slices.Contains([]string{"", "light", "dark"}, p.Theme) {
		return p, signal.Problemf(signal.CodeBadMessage, "theme %.16q", p.Theme)
	}
	return p, nil
}

// check returns CodeBadQuality for what no host would take.
func (q Quality) check() error {
	if q.Bitrate == 0 { // says nothing here: what is shown must be what is sent
		return signal.Problemf(signal.CodeBadQuality, "no bit rate")
	}
	return signal.Quality(q).Validate()
}

// defaultName is what the system calls the user, as somebody to be greeted by colleagues.
func defaultName() string {
	if u, err := user.Current(); err == nil {
		full, _, _ := strings.Cut(u.Name, ",") // GECOS: full name, room, phone
		account := u.Username[strings.LastIndex(u.Username, `\`)+1:]
		for _, name := range []string{full, account} {
			if clean, err := signal.CleanName(name); err == nil {
				return clean
			}
		}
	}
	if host, err := os.Hostname(); err == nil {
		if clean, err := signal.CleanName(host); err == nil {
			return clean
		}
	}
	return "Earshot"
}
