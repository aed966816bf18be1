package app

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Whatever the settings file holds, the app starts: with what it says, or with defaults and the file kept aside whole. What is
// in force can be written and read back.
func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"version":1,"profile":{"name":"Mina","language":"ko","theme":"dark"},"quality":{"bitrate":32000},"network":{"passOn":true}}`))
	f.Add([]byte(`{"version":1,"profile":{"name":"Mi`))
	f.Add([]byte(`{"version":2,"profile":{"name":"Mina"}}`))
	f.Add([]byte(`{"version":1,"profile":{"name":""},"quality":{"bitrate":-1,"music":"yes"}}`))
	f.Add([]byte("{\"version\":1,\"profile\":{\"name\":\"\xff\u202e\"},\"quality\":null}"))
	f.Add([]byte(`{"version":1,"profile":{"name":"Mina"},"sound":{"noise":"strong","microphone":{"name":"Yeti","id":"0a"}}}`))
	f.Add([]byte(`{"version":1,"profile":{"name":"Mina"},"keys":{"mode":"push-to-talk","window":{"talk":"Space"},"system":{"talk":"Space"}}}`))
	f.Add([]byte("null"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, settingsFile)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := loadSettings(dir)
		for name, each := range s.sections() {
			if bad := each.check(); bad != nil {
				t.Fatalf("settings are in force that no app would write: %s: %v in %+v", name, bad, each)
			}
		}
		if err != nil {
			kept, _ := filepath.Glob(path + ".broken-*")
			if len(kept) != 1 {
				t.Fatalf("%v, and kept aside is %v", err, kept)
			}
			if left, err := os.ReadFile(kept[0]); err != nil || string(left) != string(b) {
				t.Fatalf("what was kept aside is %q, %v", left, err)
			}
		}
		if err := s.save(dir); err != nil {
			t.Fatal(err)
		}
		if again, err := readSettings(dir); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%+v was read back as %+v, %v", s, again, err)
		}
	})
}
