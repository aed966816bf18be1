package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/adrg/xdg"

	"github.com/earshot/earshot/internal/filename"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	// maxOutgoing is how many files of ours are on their way to the room at the same time: what a host allows one participant.
	maxOutgoing = 4
	// maxPiece is how much of a file a page gives at once, in bytes. As base64 it is below the bridge's limit of a message.
	maxPiece = 128 << 10
)

func (f *files) offer(st *stay, name string, size int64, to string) (string, error) {
	if size < 0 || size > signal.MaxFile {
		return "", signal.Problemf(signal.CodeFileTooLarge, "%d bytes, limit %d", size, signal.MaxFile)
	}
	spool, err := newSpool()
	if err != nil {
		return "", spoolProblem(err)
	}
	one := &file{
		File: File{
			ID: rand.Text(), At: time.Now().UnixMilli(), From: st.session.You(), Mine: true, Name: filename.Clean(name), Size: size, State: FileLoading,
		},
		to: to, spool: spool, sum: sha256.New(), moves: make(map[string]context.CancelFunc), keys: make(map[string]bool),
	}
	if err := f.list(st, one); err != nil {
		closeSpool(spool)
		return "", err
	}
	if size == 0 {
		return one.ID, f.share(st, one)
	}
	return one.ID, nil
}

// list adds a file of ours. Errors: CodeNotInRoom, CodeFilesFull.
func (f *files) list(st *stay, one *file) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return signal.Problemf(signal.CodeNotInRoom, "")
	}
	out := 0
	for _, other := range f.all {
		if other.Mine && other.State.open() {
			out++
		}
	}
	if out >= maxOutgoing {
		return signal.Problemf(signal.CodeFilesFull, "%d on their way", out)
	}
	f.addLocked(one)
	f.changedLocked(st)
	return nil
}

// newSpool makes the file that keeps what a page gave until everybody has it or has declined: so a page reads it once, and may be reloaded. It is in
// the cache, because folders for temporary files may be memory, and has no name where the system allows that, so that nothing stays behind.
func newSpool() (*os.File, error) {
	dir := filepath.Join(xdg.CacheHome, "earshot")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if old, err := filepath.Glob(filepath.Join(dir, "outgoing-*")); err == nil { // of a run that was killed, where names stay
		for _, path := range old {
			if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
				_ = os.Remove(path)
			}
		}
	}
	spool, err := os.CreateTemp(dir, "outgoing-*") // mode 0600
	if err == nil {
		_ = os.Remove(spool.Name()) // Windows keeps it until it is closed
	}
	return spool, err
}

func closeSpool(spool *os.File) {
	_ = spool.Close()
	_ = os.Remove(spool.Name())
}

func spoolProblem(err error) error {
	if diskFull(err) {
		return signal.Problemf(CodeDiskFull, "%v", err)
	}
	return signal.Problemf(signal.CodeInternal, "%v", err)
}

func (f *files) put(st *stay, id string, piece []byte) error {
	f.mu.Lock()
	one := f.findLocked(id)
	f.mu.Unlock()
	if one == nil || !one.Mine {
		return signal.Problemf(signal.CodeNotFound, "no such file")
	}
	one.put.Lock()
	defer one.put.Unlock()
	f.mu.Lock()
	state, left := one.State, one.Size-one.Moved
	f.mu.Unlock()
	switch {
	case state != FileLoading:
		return signal.Problemf(signal.CodeNotFound, "it is %s", state)
	case len(piece) == 0 || len(piece) > maxPiece || int64(len(piece)) > left:
		f.fail(st, one, "")
		return signal.Problemf(signal.CodeBadMessage, "a piece of %d bytes, %d are missing", len(piece), left)
	}
	if _, err := one.spool.Write(piece); err != nil {
		f.fail(st, one, signal.AsProblem(spoolProblem(err)).Code)
		return spoolProblem(err)
	}
	one.sum.Write(piece) // never fails
	f.mu.Lock()
	one.Moved += int64(len(piece))
	whole := one.Moved == one.Size
	f.changedLocked(st)
	f.mu.Unlock()
	if whole {
		return f.share(st, one)
	}
	return nil
}

// share offers what the page gave.
func (f *files) share(st *stay, one *file) error {
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	err := st.session.Share(ctx, signal.Share{ID: one.ID, Name: one.Name, Size: one.Size, To: one.to})
	if err != nil {
		f.fail(st, one, signal.AsProblem(err).Code)
	}
	return err
}

// fail ends a file of ours.
func (f *files) fail(st *stay, one *file, code signal.Code) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one.State, one.Code = FileFailed, code
	f.settleLocked(one)
	f.changedLocked(st)
}

// send puts a file of ours to one person. How it went, the host says.
func (f *files) send(ctx context.Context, st *stay, one *file, m signal.Delivery) {
	f.mu.Lock()
	spool := one.spool
	f.mu.Unlock()
	if spool == nil {
		return
	}
	content := io.MultiReader(
		&counted{from: io.NewSectionReader(spool, 0, one.Size), moved: func(n int64) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if i := slices.IndexFunc(one.To, func(to FileTo) bool { return to.ID == m.Who }); i >= 0 {
				one.To[i].Moved = n
			}
			f.changedLocked(st)
		}},
		bytes.NewReader(one.sum.Sum(nil)))
	if err := st.session.PutFile(ctx, m.Key, one.Size, content); err != nil {
		st.app.log.Debug("file_not_sent", "error", err)
	}
}
