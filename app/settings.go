package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/earshot/earshot/internal/keptfile"
	"github.com/earshot/earshot/sfu/signal"
)

// settingsFile is the settings' name in the config directory. It holds one JSON object, made to be edited by hand too:
// what is missing is as in a new installation, what is unknown is ignored.
const settingsFile = "settings.json"

// Settings are what the user chose for this installation, one section for each part of the app. A new section is a type with
// defaults and check in a file of its own, a field here, and its mirror in frontend/src/app/settings.ts; it is then read, kept,
// published in State and changed by Methods.ChangeSettings. Sections are values: whoever changes a map or a slice
// in one puts another there.
type Settings struct {
	Profile Profile `json:"profile"`
	Quality Quality `json:"quality"`
	Sound   Sound   `json:"sound"`
	Network Network `json:"network"`
	Desktop Desktop `json:"desktop"`
	Place   Place   `json:"place"`
	Keys    Keys    `json:"keys"`
	Folders Folders `json:"folders"` // as chosen; "" is the usual one
	People  People  `json:"people"`
}

// section is a part of the settings, by pointer.
type section interface {
	// defaults makes it that of a new installation.
	defaults()
	// check tidies it, or returns an error for what no app would write.
	check() error
}

// section returns the section that JSON calls so, or nil.
func (s *Settings) section(name string) section {
	return s.sections()[name]
}

// sections returns all sections by the names that JSON has for them.
func (s *Settings) sections() map[string]section {
	v := reflect.ValueOf(s).Elem()
	all := make(map[string]section, v.NumField())
	for field, value := range v.Fields() {
		all[field.Tag.Get("json")] = value.Addr().Interface().(section) //nolint:forcetypeassert // TestSettings_AreSections
	}
	return all
}

func defaultSettings() Settings {
	var s Settings
	for _, each := range s.sections() {
		each.defaults()
	}
	return s
}

// change puts the fields that change, a JSON object, has into the section of that name, each as a whole; or changes nothing and
// returns an error.
func (s *Settings) change(name string, change []byte) error {
	old := s.section(name)
	if old == nil {
		return signal.Problemf(signal.CodeBadMessage, "no settings %.32q", name)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(change, &fields); err != nil {
		return signal.Problemf(signal.CodeBadMessage, "%v", err)
	}
	next, err := changed(old, fields)
	if err != nil {
		return err
	}
	reflect.ValueOf(old).Elem().Set(reflect.ValueOf(next).Elem())
	return nil
}

// changed returns a copy of a section with these fields in it, checked.
func changed(old section, fields map[string]json.RawMessage) (section, error) {
	b, err := json.Marshal(old)
	if err != nil {
		return nil, fmt.Errorf("copy settings: %w", err)
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("copy settings: %w", err)
	}
	maps.Copy(all, fields)
	if b, err = json.Marshal(all); err != nil {
		return nil, signal.Problemf(signal.CodeBadMessage, "%v", err)
	}
	next := reflect.New(reflect.TypeOf(old).Elem()).Interface().(section) //nolint:forcetypeassert // it is of old's type
	if err := json.Unmarshal(b, next); err != nil {
		return nil, signal.Problemf(signal.CodeBadMessage, "%v", err)
	}
	return next, next.check()
}

// brokenError says which fields of the settings file could not be used. The others are.
type brokenError struct{ fields []string }

func (e brokenError) Error() string { return strings.Join(e.fields, "; ") }

// readSettings reads the settings in dir, and returns an error that says what is wrong with the file: a brokenError, with
// all that was right, or another one, with defaults. A missing file is no error.
func readSettings(dir string) (Settings, error) {
	defaults := defaultSettings()
	b, err := os.ReadFile(filepath.Join(dir, settingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return defaults, nil
	}
	if err != nil {
		return defaults, err
	}
	var file map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\ufeff")), &file); err != nil { // some editors put a mark before it
		return defaults, err
	}
	if file, err = upgraded(file, migrations); err != nil {
		return defaults, err
	}
	loaded, broken := defaults, []string(nil)
	for name, each := range loaded.sections() {
		if content, ok := file[name]; ok {
			for _, err := range fill(each, content) {
				broken = append(broken, name+err)
			}
		}
	}
	if broken == nil {
		return loaded, nil
	}
	slices.Sort(broken)
	return loaded, brokenError{broken}
}

// fill puts into a section all of its fields that can be used, and returns what is wrong with the others, as it goes on after
// the section's name.
func fill(s section, content []byte) (wrong []string) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(content, &fields); err != nil {
		return []string{": " + err.Error()}
	}
	take := func(fields map[string]json.RawMessage) error {
		next, err := changed(s, fields)
		if err == nil {
			reflect.ValueOf(s).Elem().Set(reflect.ValueOf(next).Elem())
		}
		return err
	}
	if take(fields) == nil {
		return nil
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if err := take(map[string]json.RawMessage{field: fields[field]}); err != nil {
			wrong = append(wrong, fmt.Sprintf(".%.32s: %v", field, reasonOf(err)))
		}
	}
	return wrong
}

// reasonOf is an error without its code: the place in the file is said beside it.
func reasonOf(err error) string {
	if p := signal.AsProblem(err); p.Detail != "" {
		return p.Detail
	}
	return err.Error()
}

// loadSettings reads the settings in dir. Of a file that cannot be used, or not all of it, a copy is put aside, so that nothing
// of it is lost, and that is reported together with the settings that are then in force.
func loadSettings(dir string) (Settings, error) {
	loaded, err := readSettings(dir)
	if err == nil {
		return loaded, nil
	}
	path := filepath.Join(dir, settingsFile)
	if broken, ok := errors.AsType[brokenError](err); ok {
		aside, asideErr := keptfile.CopyAside(path, "broken")
		if err := errors.Join(asideErr, loaded.save(dir)); err != nil {
			return loaded, fmt.Errorf("%w: %w", broken, err)
		}
		return loaded, fmt.Errorf("%w (as it was: %s)", broken, aside)
	}
	aside, asideErr := keptfile.Aside(path)
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

// resetSettings keeps a copy of the file, and if it cannot, changes nothing.
func (a *App) resetSettings() error {
	return a.keep(func(s *Settings) error {
		_, err := keptfile.CopyAside(filepath.Join(a.cfg.ConfigDir, settingsFile), "before-reset")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reset settings: %w", err)
		}
		name := s.Profile.Name
		*s = defaultSettings()
		s.Profile.Name = name
		return nil
	})
}

// save writes the settings to dir: whole or not at all, readable by the user only.
func (s Settings) save(dir string) error {
	b, err := json.MarshalIndent(struct {
		Version int `json:"version"`
		Settings
	}{settingsVersion, s}, "", "  ")
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return keptfile.Write(filepath.Join(dir, settingsFile), append(b, '\n'))
}
