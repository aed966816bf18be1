package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/earshot/earshot/sfu/signal"
)

// maxSameFile is how many files of one name a folder may have.
const maxSameFile = 1000

// receive fetches a file that we have accepted, and says how it went.
func (f *files) receive(ctx context.Context, st *stay, one *file, m signal.Delivery) {
	st.app.mu.Lock()
	dir := st.app.foldersLocked().Downloads
	st.app.mu.Unlock()
	name, err := f.save(ctx, st, one, m, dir)
	do := signal.FileDone
	if err != nil {
		do = signal.FileFailed
		st.app.log.Debug("file_not_received", "error", err)
	}
	f.mu.Lock()
	if one.State.open() || err == nil {
		one.State = FileDone
		if err != nil {
			one.State, one.Code = FileFailed, signal.AsProblem(err).Code
		} else {
			one.Name = name
		}
	}
	f.mu.Unlock()
	told, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	if err := st.session.Fetch(told, one.ID, do); err != nil {
		st.app.log.Debug("file_not_told", "error", err)
	}
}

// save writes a file to a folder and returns the name that it got there. Nothing is there under that name before all of it is, and its checksum
// was right. Errors: CodeBadFolder, CodeDiskFull, CodeDamaged, CodeLost.
func (f *files) save(ctx context.Context, st *stay, one *file, m signal.Delivery, dir string) (name string, err error) {
	body, err := st.session.GetFile(ctx, m.Key, one.Size)
	if err != nil {
		return "", err
	}
	defer body.Close() //nolint:errcheck // read side
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", signal.Problemf(signal.CodeBadFolder, "%v", err)
	}
	part, err := os.CreateTemp(dir, ".earshot-*.part") // mode 0600: nobody else's, and nothing to be run
	if err != nil {
		return "", signal.Problemf(signal.CodeBadFolder, "%v", err)
	}
	defer func() {
		if err != nil {
			_ = part.Close()
			_ = os.Remove(part.Name())
		}
	}()
	sum := sha256.New()
	content := &counted{from: io.LimitReader(body, one.Size), moved: func(n int64) {
		f.mu.Lock()
		defer f.mu.Unlock()
		one.Moved = n
		f.changedLocked(st)
	}}
	n, err := io.Copy(io.MultiWriter(part, sum), content)
	switch {
	case diskFull(err):
		return "", signal.Problemf(CodeDiskFull, "%v", err)
	case err != nil || n != one.Size:
		return "", signal.Problemf(signal.CodeLost, "%d of %d bytes: %v", n, one.Size, err)
	}
	var want [signal.FileSum]byte
	if _, err := io.ReadFull(body, want[:]); err != nil {
		return "", signal.Problemf(signal.CodeLost, "no checksum: %v", err)
	}
	if !bytes.Equal(sum.Sum(nil), want[:]) {
		return "", signal.Problemf(CodeDamaged, "SHA-256 is another")
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return "", spoolProblem(err)
	}
	return place(part.Name(), dir, one.Name)
}

// place gives a finished file its name, or NAME (2), never over another.
func place(part, dir, name string) (string, error) {
	ext := filepath.Ext(name)
	base := strings.TrimSuffix(name, ext)
	for i := 1; i <= maxSameFile; i++ {
		next := name
		if i > 1 {
			next = fmt.Sprintf("%s (%d)%s", base, i, ext)
		}
		path := filepath.Join(dir, next)
		// Whoever creates it has the name; what is renamed over it then replaces nothing of anybody's.
		mine, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", signal.Problemf(signal.CodeBadFolder, "%v", err)
		}
		if err := errors.Join(mine.Close(), os.Rename(part, path)); err != nil {
			_ = os.Remove(path)
			return "", signal.Problemf(signal.CodeBadFolder, "%v", err)
		}
		if runtime.GOOS == "windows" { // Explorer and Office ask before they open what came from elsewhere; file systems without streams have none
			_ = os.WriteFile(path+":Zone.Identifier", []byte("[ZoneTransfer]\r\nZoneId=3\r\n"), 0o600)
		}
		return next, nil
	}
	return "", signal.Problemf(signal.CodeBadFolder, "%d files of that name", maxSameFile)
}
