package identity_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

func TestLoad_KeepsOneKeyThatOnlyTheUserCanRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	first, err := identity.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := identity.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := identity.FingerprintOf(first), identity.FingerprintOf(second); a != b || !signal.ValidFingerprint(a) {
		t.Errorf("fingerprints %q and %q", a, b)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestBadInput_40_TwoCopiesStartedAtOnceAgreeOnOneKey(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		wg.Go(func() {
			id, err := identity.Load(dir)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = identity.FingerprintOf(id)
		})
	}
	wg.Wait()
	for _, fp := range got {
		if fp != got[0] {
			t.Fatalf("several keys: %v", got)
		}
	}
}

func TestLoad_RefusesWhatIsNoIdentity(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "identity.pem")
	for _, content := range []string{"", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := identity.Load(dir); err == nil {
			t.Errorf("%q was loaded", content)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != content {
			t.Errorf("the file now holds %q, %v", b, err)
		}
	}
}
