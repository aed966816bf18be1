package bans_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/earshot/earshot/app/bans"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

func TestBans_AreThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	if list, err := bans.Load(dir); len(list) != 0 || err != nil {
		t.Fatalf("at first %v, %v", list, err)
	}
	k := bans.Keep(dir, nil, func(err error) { t.Error(err) })
	var want []signal.Ban
	for i := range 20 {
		want = append(slices.Clone(want), signal.Ban{Key: fmt.Sprintf("%043d", i), Name: "Tom", By: "Mina", Reason: "no", At: 1})
		k.Ruled(sfu.Rules{Version: 1, Rules: signal.Rules{Locked: true}, Bans: want})
	}
	k.Close()
	list, err := bans.Load(dir)
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("%v, %v", list, err)
	}
	path := filepath.Join(dir, "bans.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if b, _ := os.ReadFile(path); strings.Contains(string(b), "locked") {
		t.Errorf("the lock was kept: %s", b)
	}
}

func TestBadInput_35_BansThatCannotBeReadAreKeptAside(t *testing.T) {
	for what, content := range map[string]string{
		"truncated": `{"version":1,"bans":[{"ke`, "newer": `{"version":9}`, "huge": strings.Repeat(" ", 1<<20), "no key": `{"version":1,"bans":[{"name":"A"}]}`,
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "bans.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if list, err := bans.Load(dir); err == nil || len(list) != 0 {
				t.Errorf("%v, %v", list, err)
			}
			kept, err := filepath.Glob(filepath.Join(dir, "bans.json.broken-*"))
			if err != nil || len(kept) != 1 {
				t.Errorf("kept aside: %v, %v", kept, err)
			}
		})
	}
}
