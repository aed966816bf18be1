// Package keptfile writes small files that must never be half there, and puts those aside that cannot be read.
package keptfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Write replaces a file: whole or not at all, readable by the user only. It creates the directory.
func Write(path string, content []byte) error {
	dir, name := filepath.Split(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	tmp, err := os.CreateTemp(dir, name+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// CopyAside keeps a copy of a file that is about to be changed, readable by the user only, and returns its name. why is a word of that
// name.
func CopyAside(path, why string) (name string, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	aside := asideOf(path, why)
	return filepath.Base(aside), Write(aside, content)
}

// Aside renames a file that cannot be used, so that nothing of it is lost, and returns its new name.
func Aside(path string) (name string, err error) {
	aside := asideOf(path, "broken")
	return filepath.Base(aside), os.Rename(path, aside)
}

// asideOf returns a name that nothing has yet: what was put aside before is not lost by being put aside again.
func asideOf(path, why string) string {
	aside := path + "." + why + "-" + time.Now().Format("20060102-150405")
	for n, name := 2, aside; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = aside + "-" + strconv.Itoa(n)
	}
}
