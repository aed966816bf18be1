package app_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adrg/xdg"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu/signal"
)

// savesInto chooses where somebody's received files go.
func savesInto(t *testing.T, m *app.Methods) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "downloads")
	if err := change(m, "folders", map[string]string{"downloads": dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func offers(t *testing.T, m *app.Methods, name string, content []byte, to string) (string, error) {
	t.Helper()
	id, err := m.OfferFile(name, int64(len(content)), to)
	if err != nil {
		return id, err
	}
	for piece := range slices.Chunk(content, 100_000) {
		if err := m.PutFile(id, piece); err != nil {
			return id, err
		}
	}
	return id, nil
}

func fileOf(m *app.Methods, id string) app.File {
	all, err := m.GetFiles()
	if err != nil {
		return app.File{}
	}
	i := slices.IndexFunc(all.Files, func(f app.File) bool { return f.ID == id })
	if i < 0 {
		return app.File{}
	}
	return all.Files[i]
}

func fileIs(t *testing.T, m *app.Methods, id string, want app.FileStatus) {
	t.Helper()
	eventually(t, "the file is "+string(want), func() bool { return fileOf(m, id).State == want })
}

// twoInARoom are Mina, who hosts, and Jun.
func twoInARoom(t *testing.T) (mina, jun *app.Methods) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	_, mina = named(t, t.TempDir(), "Mina")
	_, jun = named(t, t.TempDir(), "Jun")
	room, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, room.Ref, "p1")
	join(t, jun, room.Ref, "p2")
	eventually(t, "both are inside", func() bool { return len(mina.GetState().Session.Participants) == 2 })
	return mina, jun
}

func contents(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFiles_ArriveWholeOnceTheyAreAcceptedAndNotBefore(t *testing.T) {
	mina, jun := twoInARoom(t)
	dir := savesInto(t, jun)
	content := make([]byte, 1_500_000)
	_, _ = rand.Read(content)
	for range 2 { // the second beside the first
		id, err := offers(t, mina, "../../etc/plan.pdf", content, "")
		if err != nil {
			t.Fatal(err)
		}
		fileIs(t, jun, id, app.FileOffered)
		time.Sleep(50 * time.Millisecond)
		if f := fileOf(jun, id); f.Name != "plan.pdf" || f.By != "Mina" || f.Size != 1_500_000 || f.Mine {
			t.Errorf("Jun is offered %+v", f)
		}
		if before := contents(t, dir); slices.ContainsFunc(before, func(name string) bool { return strings.Contains(name, "part") }) {
			t.Fatalf("%q was written before Jun said anything", before)
		}
		if err := jun.AnswerFile(id, true); err != nil {
			t.Fatal(err)
		}
		fileIs(t, jun, id, app.FileDone)
		fileIs(t, mina, id, app.FileDone)
		if f := fileOf(mina, id); len(f.To) != 1 || f.To[0].Name != "Jun" || f.To[0].Moved != f.Size || !f.Mine {
			t.Errorf("Mina sees %+v", f)
		}
	}
	if got := contents(t, dir); !slices.Equal(got, []string{"plan (2).pdf", "plan.pdf"}) {
		t.Errorf("Jun has %q", got)
	}
	for _, name := range contents(t, dir) {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s is another, %v", name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode()&0o111 != 0 {
			t.Errorf("%s can be run: %v, %v", name, info.Mode(), err)
		}
	}
	if got := contents(t, filepath.Join(xdg.CacheHome, "earshot")); len(got) != 0 {
		t.Errorf("%q stay behind at Mina's", got)
	}
}

func TestFiles_EmptyDeclinedCancelledAndTakenBack(t *testing.T) {
	mina, jun := twoInARoom(t)
	dir := savesInto(t, jun)
	you := jun.GetState().Session.You
	empty, err := offers(t, mina, "empty", nil, you)
	if err != nil {
		t.Fatal(err)
	}
	fileIs(t, jun, empty, app.FileOffered)
	if err := jun.AnswerFile(empty, true); err != nil {
		t.Fatal(err)
	}
	fileIs(t, jun, empty, app.FileDone)
	fileIs(t, mina, empty, app.FileDone)

	big := make([]byte, 9<<20) // over a second at the room's rate
	declined, err := offers(t, mina, "declined", []byte("no"), you)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, err := offers(t, mina, "cancelled", big, you)
	if err != nil {
		t.Fatal(err)
	}
	back, err := offers(t, mina, "back", big, you)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{declined, cancelled, back} {
		fileIs(t, jun, id, app.FileOffered)
		if err := jun.AnswerFile(id, id != declined); err != nil {
			t.Fatal(err)
		}
	}
	fileIs(t, mina, declined, app.FileDeclined)
	eventually(t, "both are under way", func() bool { return fileOf(jun, cancelled).Moved > 0 && fileOf(jun, back).Moved > 0 })
	if err := jun.CancelFile(cancelled); err != nil {
		t.Fatal(err)
	}
	fileIs(t, mina, cancelled, app.FileDeclined)
	if err := mina.CancelFile(back); err != nil {
		t.Fatal(err)
	}
	fileIs(t, jun, back, app.FileGone)
	fileIs(t, jun, cancelled, app.FileDeclined)
	eventually(t, "nothing of them is left", func() bool { return slices.Equal(contents(t, dir), []string{"empty"}) })
	if err := jun.AnswerFile(back, true); signal.AsProblem(err).Code != signal.CodeNobody {
		t.Errorf("what was taken back is taken: %v", err)
	}
	// What is on its way when somebody leaves is over.
	last, err := offers(t, mina, "last", big, you)
	if err != nil {
		t.Fatal(err)
	}
	fileIs(t, jun, last, app.FileOffered)
	if err := jun.AnswerFile(last, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is under way", func() bool { return fileOf(jun, last).Moved > 0 })
	if err := jun.Leave(); err != nil {
		t.Fatal(err)
	}
	fileIs(t, mina, last, app.FileFailed)
	if got := contents(t, dir); !slices.Equal(got, []string{"empty"}) {
		t.Errorf("%q are left", got)
	}
	if _, err := offers(t, mina, "to nobody", []byte("x"), ""); signal.AsProblem(err).Code != signal.CodeNobody {
		t.Errorf("to nobody: %v", err)
	}
}

func TestBadInput_13_FilesOfPagesAreBounded(t *testing.T) {
	mina, jun := twoInARoom(t)
	if _, err := mina.OfferFile("a", signal.MaxFile+1, ""); signal.AsProblem(err).Code != signal.CodeFileTooLarge {
		t.Errorf("too large: %v", err)
	}
	id, err := mina.OfferFile("a", signal.MaxFile, "") // at the limit: it may begin
	if err != nil {
		t.Fatal(err)
	}
	if err := mina.CancelFile(id); err != nil {
		t.Fatal(err)
	}
	if err := mina.PutFile(id, []byte("x")); signal.AsProblem(err).Code != signal.CodeNotFound {
		t.Errorf("after that: %v", err)
	}
	if id, err = mina.OfferFile("a", 3, ""); err != nil {
		t.Fatal(err)
	}
	if err := mina.PutFile(id, []byte("four")); signal.AsProblem(err).Code != signal.CodeBadMessage {
		t.Errorf("more than was said: %v", err)
	}
	fileIs(t, mina, id, app.FileFailed)
	if id, err = mina.OfferFile("a", 1<<20, ""); err != nil {
		t.Fatal(err)
	}
	if err := mina.PutFile(id, make([]byte, 128<<10)); err != nil {
		t.Errorf("a piece at the limit: %v", err)
	}
	if err := mina.PutFile(id, make([]byte, 128<<10+1)); signal.AsProblem(err).Code != signal.CodeBadMessage {
		t.Errorf("a piece above it: %v", err)
	}
	for i := range 5 {
		_, err := mina.OfferFile("many", 10, "")
		if want := i == 4; want != (signal.AsProblem(err) != nil) {
			t.Errorf("file %d: %v", i, err)
		}
	}
	if err := jun.PutFile("unknown", []byte("x")); signal.AsProblem(err).Code != signal.CodeNotFound {
		t.Errorf("unknown: %v", err)
	}
}

func TestFiles_AFullOrMissingFolderSaysSoAndLeavesNothing(t *testing.T) {
	mina, jun := twoInARoom(t)
	dir := savesInto(t, jun)
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	id, err := offers(t, mina, "a", []byte("content"), "")
	if err != nil {
		t.Fatal(err)
	}
	fileIs(t, jun, id, app.FileOffered)
	if err := jun.AnswerFile(id, true); err != nil {
		t.Fatal(err)
	}
	fileIs(t, jun, id, app.FileFailed)
	fileIs(t, mina, id, app.FileFailed)
	if got := fileOf(jun, id).Code; got != signal.CodeBadFolder {
		t.Errorf("code %q", got)
	}
}

// However many pages and clicks come at once, no more files are on their way than a host takes from one of us.
func TestFiles_AtMostFourAreOnTheirWayHoweverManyComeAtOnce(t *testing.T) {
	mina, _ := twoInARoom(t)
	cache := filepath.Join(xdg.CacheHome, "earshot")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 { // what a killed run left is looked through before each: all of them are at it at the same time
		if err := os.WriteFile(filepath.Join(cache, fmt.Sprintf("outgoing-%d", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var begun, full atomic.Int32
	var all sync.WaitGroup
	start := make(chan struct{})
	for range 32 {
		all.Go(func() {
			<-start
			_, err := mina.OfferFile("a.bin", 1, "")
			switch {
			case err == nil:
				begun.Add(1)
			case signal.AsProblem(err).Code == signal.CodeFilesFull:
				full.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
	if begun.Load() != 4 || full.Load() != 28 {
		t.Errorf("%d began and %d were told that it is full, want 4 and 28", begun.Load(), full.Load())
	}
}
