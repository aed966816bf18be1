package app

import (
	"path/filepath"

	"github.com/earshot/earshot/app/folder"
	"github.com/earshot/earshot/sfu/signal"
)

// Folders are where files go, whole paths; "" is the usual folder. State has those in force.
type Folders struct {
	Recordings string `json:"recordings"`
	Downloads  string `json:"downloads"`
}

func (f *Folders) defaults() { *f = Folders{} }

// check returns CodeBadFolder for a path that depends on where the app was started. Whether anything can be written there shows when it is:
// a disk may come and go.
func (f *Folders) check() error {
	for _, dir := range []string{f.Recordings, f.Downloads} {
		if dir != "" && !filepath.IsAbs(dir) {
			return signal.Problemf(signal.CodeBadFolder, "not a whole path")
		}
	}
	return nil
}

// foldersLocked are those in force.
func (a *App) foldersLocked() Folders {
	f := a.settings.Folders
	if f.Recordings == "" {
		f.Recordings = folder.Recordings()
	}
	if f.Downloads == "" {
		f.Downloads = folder.Downloads()
	}
	return f
}
