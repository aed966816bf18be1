package login

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"
)

func TestSet_WritesAnEntryThatStartsThisProgramAndTakesItAway(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	for range 2 {
		if err := Set(true); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(xdg.ConfigHome, "autostart", "earshot.desktop"))
	program, _ := os.Executable()
	if err != nil || !strings.Contains(string(b), `Exec="`+program+`" --minimised`) {
		t.Fatalf("%v\n%s", err, b)
	}
	if check, err := exec.LookPath("desktop-file-validate"); err == nil {
		if out, err := exec.CommandContext(t.Context(), check, path()).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	}
	for range 2 {
		if err := Set(false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path()); !os.IsNotExist(err) {
		t.Error("it is still there")
	}
}

func TestWrite_QuotesWhatIsOddInAPath(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	if err := write(`/opt/my "apps"/50% $HOME/ear\shot`); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(path())
	if want := `Exec="/opt/my \\"apps\\"/50%% \\$HOME/ear\\\\shot" --minimised`; !strings.Contains(string(b), want) {
		t.Errorf("%s", b)
	}
}
