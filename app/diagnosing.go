package app

import (
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/earshot/earshot/app/diagnostics"
	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/app/known"
	"github.com/earshot/earshot/sfu/signal"
)

// Diagnostics is a text for whoever is to help: versions, settings, what the doctor says, and the recent log, without names,
// addresses, links and keys. It is shown before it is saved.
type Diagnostics struct {
	Name string `json:"name"` // of the file
	Text string `json:"text"`
}

// GetDiagnostics returns what SaveDiagnostics will save. It takes the 2 to 4 s of an examination. userAgent is the page's.
func (m *Methods) GetDiagnostics(userAgent string) (Diagnostics, error) {
	a := m.app
	report, err := a.doctor.Examine()
	if err != nil {
		return Diagnostics{}, err
	}
	a.mu.Lock()
	scrub, settings := hidden(a.cfg.ConfigDir, a.settings, a.log), a.settings
	if a.hosted != nil {
		scrub.Hide("room", a.hosted.view().Name)
	}
	if a.stay != nil {
		s := a.stay.session.Snapshot()
		scrub.Hide("room", s.Facts.Name)
		scrub.Hide("person", s.Facts.Host)
		for _, p := range s.Participants {
			scrub.Hide("person", p.Name)
		}
	}
	a.mu.Unlock()
	d := bundle(diagnostics.Content{
		Version: a.cfg.Version, UserAgent: userAgent, Window: a.windowKind(), Settings: settings, Doctor: &report,
	}, a.cfg.ConfigDir, scrub)
	a.mu.Lock()
	a.diagnostics = &d
	a.mu.Unlock()
	return d, nil
}

// SaveDiagnostics asks in the window where to put what GetDiagnostics returned last, and puts just that there. It returns false
// when the user does not want to after all. Errors: CodeUnsupported without a window, as in a browser, which saves it itself.
func (m *Methods) SaveDiagnostics() (bool, error) {
	m.app.mu.Lock()
	d := m.app.diagnostics
	m.app.mu.Unlock()
	w := m.app.desktop()
	if d == nil || w == nil {
		return false, signal.Problemf(signal.CodeUnsupported, "nothing to save, or no window to ask in")
	}
	path, err := w.AskWhereToSave(d.Name)
	if err != nil || path == "" {
		return false, err
	}
	if err := os.WriteFile(path, []byte(d.Text), 0o600); err != nil {
		return false, signal.Problemf(signal.CodeInternal, "%v", err)
	}
	return true, nil
}

// DiagnosticsOf returns the diagnostics of the apps of a configuration directory, whether one runs or not. It changes nothing there.
func DiagnosticsOf(dir, version string, report *doctor.Report) Diagnostics {
	settings, _ := readSettings(dir) // defaults where the file is of no use: the log says so
	return bundle(diagnostics.Content{Version: version, Settings: settings, Doctor: report}, dir, hidden(dir, settings, slog.New(slog.DiscardHandler)))
}

func bundle(c diagnostics.Content, dir string, scrub *diagnostics.Scrubber) Diagnostics {
	c.At = time.Now()
	c.ReadLog(dir)
	return Diagnostics{Name: fmt.Sprintf("earshot-diagnostics-%s.txt", c.At.Format("20060102-1504")), Text: c.Text(scrub)}
}

// hidden returns a scrubber that knows everybody and everything whose name this computer remembers.
func hidden(dir string, s Settings, log *slog.Logger) *diagnostics.Scrubber {
	scrub := diagnostics.NewScrubber()
	scrub.Hide("me", s.Profile.Name)
	scrub.Hide("device", s.Sound.Microphone.Name, s.Sound.Speaker.Name, s.Sound.Microphone.ID, s.Sound.Speaker.ID)
	for _, p := range s.People.Loudness {
		scrub.Hide("person", p.Name)
	}
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		scrub.Hide("home", filepath.Clean(home))
	}
	if u, err := user.Current(); err == nil {
		full, _, _ := strings.Cut(u.Name, ",")
		scrub.Hide("me", full, u.Username[strings.LastIndex(u.Username, `\`)+1:])
	}
	if host, err := os.Hostname(); err == nil {
		scrub.Hide("computer", host)
	}
	hosts, err := known.In(dir).List()
	if err != nil {
		log.Warn("known_hosts_not_read", "error", err)
	}
	for _, h := range hosts {
		scrub.Hide("person", h.HostName)
		scrub.Hide("room", h.RoomName)
	}
	return scrub
}
