package login

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"

	"github.com/earshot/earshot/internal/keptfile"
)

const possible = true

func path() string { return filepath.Join(xdg.ConfigHome, "autostart", "earshot.desktop") }

// write writes the desktop entry. An argument stands in quotes, in which four characters are escaped; a per cent sign is doubled
// (Desktop Entry Specification 1.5, The Exec key), and a backslash of the file's own syntax once more.
func write(program string) error {
	quoted := strings.NewReplacer(`\`, `\\\\`, `"`, `\\"`, "`", "\\\\`", `$`, `\\$`, `%`, `%%`).Replace(program)
	return keptfile.Write(path(), []byte(`[Desktop Entry]
Type=Application
Name=Earshot
Comment=Voice rooms on your LAN
Exec="`+quoted+`" `+minimised+`
Icon=earshot
Terminal=false
X-GNOME-Autostart-enabled=true
`))
}

func remove() error {
	if err := os.Remove(path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
