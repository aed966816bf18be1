package app

import (
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/earshot/earshot/sfu/signal"
)

// Profile is what the user chose for this installation.
type Profile struct {
	Name     string `json:"name"`     // shown to others; never empty
	Language string `json:"language"` // "en", "ko", or "" to follow the system
	Theme    string `json:"theme"`    // "light", "dark", or "" to follow the system
	// OpenInBrowser has a window without WebRTC (Linux) open rooms in a browser instead of talking itself. It takes effect
	// when the app is started.
	OpenInBrowser bool `json:"openInBrowser,omitempty"`
}

func (p *Profile) defaults() { *p = Profile{Name: defaultName()} }

func (p *Profile) check() error {
	var err error
	if p.Name, err = signal.CleanName(p.Name); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "en", "ko"}, p.Language) {
		return signal.Problemf(signal.CodeBadMessage, "language %.16q", p.Language)
	}
	if !slices.Contains([]string{"", "light", "dark"}, p.Theme) {
		return signal.Problemf(signal.CodeBadMessage, "theme %.16q", p.Theme)
	}
	return nil
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
