package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu/identity"
	people "github.com/earshot/earshot/test/siege/talking"
)

// talkIn lets two people talk in a room that an app hosts.
func talkIn(t *testing.T, m *app.Methods) (*people.Talk, app.RoomListing) {
	t.Helper()
	listing, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	return people.InAnothers(t, listing.Address, listing.Fingerprint, nil), listing
}

// The files of an app that hosts a talk are cut off, become those of a newer version and cannot be written any more: what is
// changed goes on for now, what cannot be kept is said, and nobody in the room hears of it.
func TestBadInput_35_FilesThatBreakWhileTwoTalk(t *testing.T) {
	dir := t.TempDir()
	_, mina := start(t, dir)
	talk, listing := talkIn(t, mina)
	for _, content := range []string{`{"version":1,"na`, `{"version":99}`, ""} {
		for _, file := range []string{"settings.json", "known.json", "bans.json", "identity.pem"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := change(mina, "profile", app.Profile{Name: "Mina " + content[:min(3, len(content))]}); err != nil {
			t.Log(err)
		}
		mina.GetHosts()
		talk.GoOn(t, 5)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // lets nobody write, root neither
		t.Fatal(err)
	}
	if err := change(mina, "profile", app.Profile{Name: "Bora"}); err != nil {
		t.Log(err)
	}
	join(t, mina, listing.Ref, "page-mina") // the host comes in, and is not remembered
	talk.Undisturbed(t)
	eventually(t, "it is said that nothing can be kept", func() bool { return len(mina.GetState().Notices) > 0 })
}

// Another copy of the app over the same files and the same port, and its own room: the first one's does not notice.
func TestBadInput_40_ASecondCopyWhileTwoTalk(t *testing.T) {
	dir := t.TempDir()
	_, mina := start(t, dir)
	talk, listing := talkIn(t, mina)
	var fingerprints []string
	for range 2 {
		second, err := app.New(app.Config{ConfigDir: dir, Listen: listing.Address, Pages: fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}})
		if err != nil {
			t.Fatal(err)
		}
		m := app.NewMethods(second)
		other, there := talkIn(t, m)
		if there.Address == listing.Address {
			t.Errorf("both at %s", there.Address)
		}
		fingerprints = append(fingerprints, there.Fingerprint)
		other.Undisturbed(t)
		if err := change(m, "profile", app.Profile{Name: "The second"}); err != nil {
			t.Error(err)
		}
		if err := m.EndRoom(); err != nil {
			t.Error(err)
		}
		second.Close()
		talk.GoOn(t, 5)
	}
	if slices.ContainsFunc(fingerprints, func(f string) bool { return f != listing.Fingerprint }) {
		t.Errorf("the copies have the keys %v, the first has %s", fingerprints, listing.Fingerprint)
	}
	if _, err := identity.Load(dir); err != nil {
		t.Error(err)
	}
	talk.Undisturbed(t)
}
