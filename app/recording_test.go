package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu/signal"
)

// recordsInto chooses where somebody records.
func recordsInto(t *testing.T, m *app.Methods) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "recordings")
	if err := change(m, "folders", map[string]string{"recordings": dir}); err != nil {
		t.Fatal(err)
	}
	if got := m.GetState().Folders; got.Recordings != dir || got.Downloads == "" {
		t.Fatalf("folders are %+v", got)
	}
	return dir
}

func notice(m *app.Methods, code signal.Code) (app.Notice, bool) {
	all := m.GetState().Notices
	i := slices.IndexFunc(all, func(n app.Notice) bool { return n.Code == code })
	if i < 0 {
		return app.Notice{}, false
	}
	return all[i], true
}

// events returns what the timeline of a recording says happened.
func events(t *testing.T, dir string) (what []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "timeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Room   string
		Events []struct{ Event, Name string }
	}
	if err := json.Unmarshal(b, &f); err != nil || f.Room != "Kitchen" {
		t.Fatalf("%v of room %q in %s", err, f.Room, b)
	}
	for _, e := range f.Events {
		what = append(what, strings.TrimSpace(e.Event+" "+e.Name))
	}
	slices.Sort(what)
	return what
}

func TestRecording_IsShownToEverybodyAndSaved(t *testing.T) {
	_, mina := named(t, t.TempDir(), "Mina")
	_, jun := named(t, t.TempDir(), "Jun")
	dir := recordsInto(t, jun)
	if err := jun.StartRecording(); signal.AsProblem(err).Code != signal.CodeNotInRoom {
		t.Errorf("outside: %v", err)
	}
	room, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, room.Ref, "p1")
	join(t, jun, room.Ref, "p2")
	for range 2 { // the second does nothing
		if err := jun.StartRecording(); err != nil {
			t.Fatal(err)
		}
	}
	state := jun.GetState()
	if r := state.Session.Recording; r == nil || filepath.Dir(r.Folder) != dir || time.Since(time.UnixMilli(r.Since)).Abs() > time.Minute {
		t.Fatalf("recording is %+v", r)
	}
	folder := state.Session.Recording.Folder
	eventually(t, "Mina sees it, and whoever looks from outside", func() bool {
		listing, err := mina.Look(room.Ref)
		s := mina.GetState().Session
		return err == nil && slices.Equal(listing.Room.Recorders, []string{"Jun"}) && len(s.Participants) == 2 && s.Participants[1].Recording
	})
	if err := jun.StopRecording(); err != nil {
		t.Fatal(err)
	}
	if n, ok := notice(jun, app.NoticeRecordingSaved); !ok || n.Detail != folder {
		t.Errorf("notices are %+v", jun.GetState().Notices)
	}
	if jun.GetState().Session.Recording != nil {
		t.Error("it goes on")
	}
	eventually(t, "Mina sees that it is over", func() bool { return !mina.GetState().Session.Participants[1].Recording })
	if got, want := events(t, folder), []string{"ended", "joined Jun", "joined Mina"}; !slices.Equal(got, want) {
		t.Errorf("timeline has %q, want %q", got, want)
	}
}

func TestRecording_StopsAtOnceWhenTheHostForbidsIt(t *testing.T) {
	_, mina := named(t, t.TempDir(), "Mina")
	_, jun := named(t, t.TempDir(), "Jun")
	recordsInto(t, jun)
	room, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, room.Ref, "p1")
	join(t, jun, room.Ref, "p2")
	if err := jun.StartRecording(); err != nil {
		t.Fatal(err)
	}
	on := true
	if err := mina.Moderate(app.Moderation{Do: signal.DeedRule, Rules: &signal.RulesChange{NoRecording: &on}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Jun's recording ends and he is told", func() bool {
		_, told := notice(jun, app.NoticeRecordingForbidden)
		s := jun.GetState().Session
		return told && s != nil && s.Recording == nil
	})
	time.Sleep(100 * time.Millisecond)
	if jun.GetState().Session == nil {
		t.Error("Jun was sent away")
	}
	if err := jun.StartRecording(); signal.AsProblem(err).Code != signal.CodeNoRecording {
		t.Errorf("again: %v", err)
	}
}

func TestRecording_EndsWholeWithTheRoomAndWithTheStay(t *testing.T) {
	_, mina := named(t, t.TempDir(), "Mina")
	_, jun := named(t, t.TempDir(), "Jun")
	recordsInto(t, jun)
	recordsInto(t, mina)
	room, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, room.Ref, "p1")
	join(t, jun, room.Ref, "p2")
	for _, m := range []*app.Methods{jun, mina} {
		if err := m.StartRecording(); err != nil {
			t.Fatal(err)
		}
	}
	if err := mina.Leave(); err != nil {
		t.Fatal(err)
	}
	if n, ok := notice(mina, app.NoticeRecordingSaved); !ok || events(t, n.Detail)[0] != "ended" {
		t.Errorf("after leaving: %+v", mina.GetState().Notices)
	}
	if err := mina.EndRoom(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Jun is told where his recording is", func() bool {
		n, ok := notice(jun, app.NoticeRecordingCut)
		return ok && events(t, n.Detail)[0] == "ended"
	})
}

func TestRecording_NowhereToWrite(t *testing.T) {
	_, mina := named(t, t.TempDir(), "Mina")
	if err := mina.ChangeSettings("folders", []byte(`{"recordings":"../relative"}`)); signal.AsProblem(err).Code != signal.CodeBadFolder {
		t.Errorf("a relative path: %v", err)
	}
	dir := recordsInto(t, mina)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	room, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, room.Ref, "p1")
	if err := mina.StartRecording(); signal.AsProblem(err).Code != signal.CodeBadFolder {
		t.Errorf("records into a file: %v", err)
	}
	if mina.GetState().Session.Participants[0].Recording {
		t.Error("is shown as recording")
	}
}
