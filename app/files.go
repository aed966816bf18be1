package app

import (
	"context"
	"hash"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// maxFiles is how many files of a stay are listed; the oldest that are over go first.
	maxFiles = 64
	// progressEvery is how often pages are told how far files are.
	progressEvery = 250 * time.Millisecond
)

// FileStatus is where a file of a room is, as a page shows it.
type FileStatus string

// The statuses of a file. One that is ours has one for each person as well.
const (
	FileLoading  FileStatus = "loading"  // ours: the page gives it to the app
	FileOffered  FileStatus = "offered"  // nobody has answered; of another's: we are asked
	FileWaiting  FileStatus = "waiting"  // accepted; it waits for its turn
	FileMoving   FileStatus = "moving"   // on its way
	FileDone     FileStatus = "done"     // there, and whole
	FileDeclined FileStatus = "declined" // not wanted, by us or by the one it was for
	FileGone     FileStatus = "gone"     // the sender took it back, or left
	FileFailed   FileStatus = "failed"   // it broke off
)

// File is a file that was offered in the room we are in.
type File struct {
	ID    string     `json:"id"`
	At    int64      `json:"at"`   // ms since 1970
	From  string     `json:"from"` // participant id
	By    string     `json:"by"`   // and name
	Mine  bool       `json:"mine"` // we offer it
	Name  string     `json:"name"` // fit to be shown and written
	Size  int64      `json:"size"`
	State FileStatus `json:"state"`
	Moved int64      `json:"moved"` // bytes so far; of ours, to the page that gives it
	// Code says why it failed, when that is known: disk_full, bad_folder, damaged.
	Code signal.Code `json:"code,omitempty"`
	// To are those that a file of ours is for.
	To []FileTo `json:"to,omitempty"`
}

// FileTo is a file of ours on its way to one person.
type FileTo struct {
	ID    string     `json:"id"` // participant id
	Name  string     `json:"name"`
	State FileStatus `json:"state"`
	Moved int64      `json:"moved"`
}

// Files are those of a stay, whole; the latest last.
type Files struct {
	Room  string `json:"room"` // id
	Files []File `json:"files"`
}

// Codes of files that failed.
const (
	CodeDiskFull signal.Code = "disk_full" // here
	CodeDamaged  signal.Code = "damaged"   // what came is not what was sent
)

// GetFiles returns the files of the room we are in. Errors: CodeNotInRoom.
func (m *Methods) GetFiles() (Files, error) {
	st, err := m.app.current()
	if err != nil {
		return Files{}, err
	}
	return st.files.view(st), nil
}

// OfferFile begins to offer a file to the room, or to one person in it, and returns its id: the page gives the bytes by PutFile, and
// with the last of them it is offered. Errors: CodeNotInRoom, CodeFileTooLarge, CodeFilesFull, CodeDiskFull and, of an empty file, those of PutFile.
func (m *Methods) OfferFile(name string, size int64, to string) (string, error) {
	st, err := m.app.current()
	if err != nil {
		return "", err
	}
	return st.files.offer(st, name, size, to)
}

// PutFile gives the next piece of a file, at most 128 KiB, and returns when there is room for another. The last one returns when the
// file is offered. Errors: CodeNotFound when it was cancelled, CodeDiskFull, CodeNobody, CodeFilesFull, CodeRateLimited, CodeLost.
func (m *Methods) PutFile(id string, piece []byte) error {
	st, err := m.app.current()
	if err != nil {
		return err
	}
	return st.files.put(st, id, piece)
}

// AnswerFile accepts a file that was offered to us, or declines it. Errors: CodeNotInRoom, CodeNobody when it is not offered any more, CodeBadFolder,
// CodeLost.
func (m *Methods) AnswerFile(id string, take bool) error {
	return m.call(func(ctx context.Context, st *stay) error { return st.files.answer(ctx, st, id, take) })
}

// CancelFile stops a file: one of ours for everybody, another's on its way to us.
func (m *Methods) CancelFile(id string) error {
	return m.call(func(ctx context.Context, st *stay) error { return st.files.cancel(ctx, st, id) })
}

// ShowDownloads shows where received files go, in the system's file manager. Errors: CodeBadFolder, CodeNoBrowser.
func (m *Methods) ShowDownloads() error {
	m.app.mu.Lock()
	dir := m.app.foldersLocked().Downloads
	m.app.mu.Unlock()
	return m.app.showFolder(dir)
}

// files are those of a stay. What the host says of them is in files_news.go; their bytes go out in files_sending.go and come in in
// files_receiving.go.
type files struct {
	mu    sync.Mutex
	begun bool
	early []func() // what came while we were entering
	all   []*file
	ended bool
	work  sync.WaitGroup
	ticks *time.Timer // runs while pages are to be told
}

// file is one of them. It is guarded by files.mu, but for what only the goroutine that moves it has.
type file struct {
	File
	to    string // that a file of ours is for; "" is everybody
	spool *os.File
	sum   hash.Hash
	put   sync.Mutex                    // one piece at a time
	moves map[string]context.CancelFunc // by whom it goes to
	keys  map[string]bool               // that were used
}

func (f *files) findLocked(id string) *file {
	i := slices.IndexFunc(f.all, func(one *file) bool { return one.ID == id })
	if i < 0 {
		return nil
	}
	return f.all[i]
}

func (f *files) view(st *stay) Files {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := Files{Room: st.session.Snapshot().Facts.ID, Files: make([]File, len(f.all))}
	for i, one := range f.all {
		v.Files[i] = one.File
		v.Files[i].To = slices.Clone(one.To)
	}
	return v
}

// changedLocked tells pages soon.
func (f *files) changedLocked(st *stay) {
	if f.ticks != nil || f.ended {
		return
	}
	f.ticks = time.AfterFunc(progressEvery, func() {
		f.mu.Lock()
		f.ticks = nil
		f.mu.Unlock()
		if now, err := st.app.current(); err == nil && now == st {
			st.app.emit(EventFiles, f.view(st))
		}
	})
}

// addLocked lists a file.
func (f *files) addLocked(one *file) {
	f.all = append(f.all, one)
	for i := 0; len(f.all) > maxFiles && i < len(f.all); {
		if f.all[i].State.open() {
			i++
			continue
		}
		f.all = slices.Delete(f.all, i, i+1)
	}
}

// open reports that a file is not over, or its way to somebody.
func (s FileStatus) open() bool {
	switch s {
	case FileLoading, FileOffered, FileWaiting, FileMoving:
		return true
	default:
		return false
	}
}

// settleLocked lets go of what a file that is over holds.
func (f *files) settleLocked(one *file) {
	if one.State.open() || one.spool == nil || len(one.moves) > 0 {
		return
	}
	closeSpool(one.spool)
	one.spool = nil
}

func (f *files) answer(ctx context.Context, st *stay, id string, take bool) error {
	f.mu.Lock()
	one := f.findLocked(id)
	asked := one != nil && !one.Mine && one.State == FileOffered
	f.mu.Unlock()
	if !asked {
		return signal.Problemf(signal.CodeNobody, "it is not offered any more")
	}
	do := signal.FileDeclined
	if take {
		do = signal.FileTaken
	}
	return st.session.Fetch(ctx, id, do)
}

func (f *files) cancel(ctx context.Context, st *stay, id string) error {
	f.mu.Lock()
	one := f.findLocked(id)
	if one == nil || !one.State.open() {
		f.mu.Unlock()
		return nil
	}
	mine, loading := one.Mine, one.State == FileLoading
	if mine {
		one.State = FileGone
		for i := range one.To {
			if one.To[i].State.open() {
				one.To[i].State = FileGone
			}
		}
	} else {
		one.State = FileDeclined
	}
	f.settleLocked(one)
	f.changedLocked(st)
	f.mu.Unlock()
	stop := func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		one.stopLocked()
	}
	// The host ends the transfer when it has our word (delivered): one that broke off before would be a failure at the other end. A
	// host that does not act on it is not waited for.
	var err error
	switch {
	case loading:
		stop()
		return nil
	case mine:
		err = st.session.Unshare(ctx, id)
	default:
		err = st.session.Fetch(ctx, id, signal.FileDeclined)
	}
	if err != nil {
		stop()
	} else {
		time.AfterFunc(callWithin, stop)
	}
	return err
}

// moveLocked runs a transfer.
func (f *files) moveLocked(st *stay, one *file, who string, move func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	one.moves[who] = cancel
	f.work.Go(func() {
		move(ctx)
		cancel()
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(one.moves, who)
		f.settleLocked(one)
		f.changedLocked(st)
	})
}

// stopLocked ends its transfers.
func (f *file) stopLocked() {
	for _, stop := range f.moves {
		stop()
	}
}

// counted tells how much was read.
type counted struct {
	from  io.Reader
	n     int64
	moved func(n int64)
}

// Read implements io.Reader.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	if c.n += int64(n); n > 0 {
		c.moved(c.n)
	}
	return n, err
}

// end stops all that is under way and waits for it.
func (f *files) end() {
	f.mu.Lock()
	f.ended = true
	for _, one := range f.all {
		one.stopLocked()
	}
	f.mu.Unlock()
	f.work.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		if one.State.open() {
			one.State = FileGone
		}
		f.settleLocked(one)
	}
}
