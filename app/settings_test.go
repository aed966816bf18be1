package app

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestSettings_AreSections(t *testing.T) {
	s := defaultSettings()
	for name, each := range s.sections() {
		if name == "" || strings.Contains(name, ",") || name == "version" {
			t.Errorf("a section is called %q", name)
		}
		if err := each.check(); err != nil {
			t.Errorf("%s: the defaults are wrong: %v", name, err)
		}
	}
}

// written puts a settings file into a new directory.
func written(t *testing.T, content string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Files of all versions that were ever written are read as they were meant.
func TestSettings_ReadsOldFiles(t *testing.T) {
	for file, want := range map[string]func(*Settings){
		"1-first.json": func(s *Settings) { s.Profile = Profile{Name: "Mina", Language: "ko"} },
		"1-network.json": func(s *Settings) {
			s.Profile = Profile{Name: "Jun", Theme: "dark"}
			s.Quality = Quality{Bitrate: 64000, LowDelay: true}
			s.Network.PassOn = false
		},
		"no-version.json": func(s *Settings) { s.Profile.Name = "Noa" },
	} {
		t.Run(file, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("testdata", "settings", file))
			if err != nil {
				t.Fatal(err)
			}
			dir := written(t, string(content))
			got, err := loadSettings(dir)
			if err != nil {
				t.Fatal(err)
			}
			expected := defaultSettings()
			want(&expected)
			if !reflect.DeepEqual(got, expected) {
				t.Errorf("read   %+v\nwanted %+v", got, expected)
			}
		})
	}
}

func TestSettings_KeepsWhatIsGood(t *testing.T) {
	const content = `{"version":1,"profile":{"name":"Mina","language":"xx","theme":7,"hat":"red"},"quality":{"bitrate":1,"music":true},"network":[],"weather":{}}`
	dir := written(t, content)
	s, err := loadSettings(dir)
	broken, ok := errors.AsType[brokenError](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	if s.Profile.Name != "Mina" || !s.Quality.Music || s.Quality.Bitrate != 32000 || !s.Network.PassOn || s.Profile.Theme != "" {
		t.Errorf("in force is %+v", s)
	}
	said := strings.Join(broken.fields, "\n")
	for _, place := range []string{"profile.language: ", "profile.theme: ", "quality.bitrate: ", "network: "} {
		if !strings.Contains(said, place) {
			t.Errorf("nothing is said of %s in\n%s", place, said)
		}
	}
	if len(broken.fields) != 4 {
		t.Errorf("said is\n%s", said)
	}
	kept, _ := filepath.Glob(filepath.Join(dir, settingsFile+".broken-*"))
	if len(kept) != 1 {
		t.Fatalf("kept aside: %v", kept)
	}
	if b, _ := os.ReadFile(kept[0]); string(b) != content {
		t.Errorf("kept %q", b)
	}
	if again, err := loadSettings(dir); err != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("the second time: %v, %+v", err, again)
	}
}

func TestSettings_MigratesVersionByVersion(t *testing.T) {
	rename := func(from, to string) migration {
		return func(file map[string]json.RawMessage) error {
			file[to] = file[from]
			delete(file, from)
			return nil
		}
	}
	way := []migration{rename("one", "two"), rename("two", "three")}
	for content, want := range map[string]string{
		`{"version":1,"one":1}`: "three", `{"version":2,"two":1}`: "three", `{"version":3,"three":1}`: "three", `{"three":1}`: "three",
		`{"version":4,"four":1}`: "", `{"version":0}`: "", `{"version":"1"}`: "",
	} {
		var file map[string]json.RawMessage
		if err := json.Unmarshal([]byte(content), &file); err != nil {
			t.Fatal(err)
		}
		file, err := upgraded(file, way)
		if (err == nil) != (want != "") || err == nil && string(file[want]) != "1" {
			t.Errorf("%s became %v, %v", content, file, err)
		}
	}
}

func TestSettings_ChangesFieldsAndNothingElse(t *testing.T) {
	s := defaultSettings()
	s.Quality.LowDelay = true
	before := s
	for section, change := range map[string]string{
		"weather": `{}`, "quality": `{"bitrate":1}`, "profile": `{"name":""}`, "network": `7`, "version": `1`,
	} {
		if err := s.change(section, []byte(change)); err == nil || !reflect.DeepEqual(s, before) {
			t.Errorf("%s %s: %v, %+v", section, change, err, s)
		}
	}
	if err := s.change("quality", []byte(`{"bitrate":64000}`)); err != nil || s.Quality != (Quality{Bitrate: 64000, LowDelay: true}) {
		t.Errorf("%v, %+v", err, s.Quality)
	}
}

func TestApp_ResetsAllButTheNameAndKeepsTheFile(t *testing.T) {
	dir := written(t, `{"version":1,"profile":{"name":"Mina","theme":"dark"},"quality":{"bitrate":64000}}`)
	a, err := New(Config{ConfigDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if err := a.resetSettings(); err != nil {
		t.Fatal(err)
	}
	want := defaultSettings()
	want.Profile.Name = "Mina"
	inForce := want
	inForce.Folders = a.State().Folders // the usual ones, by their paths
	if got := a.State().Settings; !reflect.DeepEqual(got, inForce) {
		t.Errorf("in force is %+v", got)
	}
	if got, err := readSettings(dir); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("written is %+v, %v", got, err)
	}
	kept, _ := filepath.Glob(filepath.Join(dir, settingsFile+".before-reset-*"))
	if len(kept) != 1 {
		t.Fatalf("kept: %v", kept)
	}
	if b, _ := os.ReadFile(kept[0]); !strings.Contains(string(b), `"dark"`) {
		t.Errorf("kept %s", b)
	}
}
