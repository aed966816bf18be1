package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"

	"github.com/earshot/earshot/internal/filename"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	// maxFiles is how many files of a stay are listed; the oldest that are over go first.
	maxFiles = 64
	// maxOutgoing is how many files of ours are on their way to the room at the same time: what a host allows one participant.
	maxOutgoing = 4
	// maxPiece is how much of a file a page gives at once, in bytes. As base64 it is below the bridge's limit of a message.
	maxPiece = 128 << 10
	// progressEvery is how often pages are told how far files are.
	progressEvery = 250 * time.Millisecond
	// maxSameFile is how many files of one name a folder may have.
	maxSameFile = 1000
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

// files are those of a stay.
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

func (f *files) find(id string) *file {
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

func (f *files) offer(st *stay, name string, size int64, to string) (string, error) {
	if size < 0 || size > signal.MaxFile {
		return "", signal.Problemf(signal.CodeFileTooLarge, "%d bytes, limit %d", size, signal.MaxFile)
	}
	f.mu.Lock()
	out := 0
	for _, one := range f.all {
		if one.Mine && one.open() {
			out++
		}
	}
	f.mu.Unlock()
	if out >= maxOutgoing {
		return "", signal.Problemf(signal.CodeFilesFull, "%d on their way", out)
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
	f.mu.Lock()
	if f.ended {
		f.mu.Unlock()
		closeSpool(spool)
		return "", signal.Problemf(signal.CodeNotInRoom, "")
	}
	f.addLocked(one)
	f.changedLocked(st)
	f.mu.Unlock()
	if size == 0 {
		return one.ID, f.share(st, one)
	}
	return one.ID, nil
}

// addLocked lists a file.
func (f *files) addLocked(one *file) {
	f.all = append(f.all, one)
	for i := 0; len(f.all) > maxFiles && i < len(f.all); {
		if f.all[i].open() {
			i++
			continue
		}
		f.all = slices.Delete(f.all, i, i+1)
	}
}

// open reports that a file is not over.
func (f *file) open() bool {
	switch f.State {
	case FileLoading, FileOffered, FileWaiting, FileMoving:
		return true
	default:
		return false
	}
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
	one := f.find(id)
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

// settleLocked lets go of what a file that is over holds.
func (f *files) settleLocked(one *file) {
	if one.open() || one.spool == nil || len(one.moves) > 0 {
		return
	}
	closeSpool(one.spool)
	one.spool = nil
}

// begin lets files come: the stay has its session.
func (f *files) begin() {
	f.mu.Lock()
	f.begun = true
	early := f.early
	f.early = nil
	f.mu.Unlock()
	for _, act := range early {
		act()
	}
}

// laterLocked keeps for begin what comes before it.
func (f *files) laterLocked(act func()) bool {
	if !f.begun && len(f.early) < maxFiles {
		f.early = append(f.early, act)
	}
	return !f.begun
}

// shared takes over a file that is offered.
func (f *files) shared(st *stay, m signal.Shared) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.laterLocked(func() { f.shared(st, m) }) || f.ended {
		return
	}
	one := f.find(m.ID)
	switch you := st.session; {
	case one != nil && one.Mine && one.State == FileLoading:
		one.State, one.At, one.By = FileOffered, m.At, m.By
		room := you.Snapshot()
		for _, id := range m.To {
			name := ""
			if p, ok := room.Participant(id); ok {
				name = p.Name
			}
			one.To = append(one.To, FileTo{ID: id, Name: name, State: FileOffered})
		}
	case one == nil && m.From != you.You() && slices.Contains(m.To, you.You()):
		open := 0
		for _, other := range f.all {
			if other.open() {
				open++
			}
		}
		if open >= maxFiles {
			return // a host that allows more than any does
		}
		f.addLocked(&file{
			File:  File{ID: m.ID, At: m.At, From: m.From, By: m.By, Name: filename.Clean(m.Name), Size: m.Size, State: FileOffered},
			moves: make(map[string]context.CancelFunc), keys: make(map[string]bool),
		})
	default:
		return // we know it
	}
	f.changedLocked(st)
}

func (f *files) answer(ctx context.Context, st *stay, id string, take bool) error {
	f.mu.Lock()
	one := f.find(id)
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
	one := f.find(id)
	if one == nil || !one.open() {
		f.mu.Unlock()
		return nil
	}
	mine, loading := one.Mine, one.State == FileLoading
	if mine {
		one.State = FileGone
		for i := range one.To {
			if one.To[i].State == FileOffered || one.To[i].State == FileWaiting || one.To[i].State == FileMoving {
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
		for _, stop := range one.moves {
			stop()
		}
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

// statusOf is a delivery's state as it is shown.
func statusOf(m signal.Delivery) FileStatus {
	switch m.State {
	case signal.FileTaken:
		if m.Key == "" {
			return FileWaiting
		}
		return FileMoving
	case signal.FileDone:
		return FileDone
	case signal.FileDeclined:
		return FileDeclined
	case signal.FileFailed:
		return FileFailed
	case signal.FileWithdrawn:
		return FileGone
	default:
		return FileOffered
	}
}

// delivered acts on news of a file's way to somebody.
func (f *files) delivered(st *stay, m signal.Delivery) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.laterLocked(func() { f.delivered(st, m) }) {
		return
	}
	one := f.find(m.ID)
	if one == nil || f.ended {
		return
	}
	status := statusOf(m)
	moves := status == FileMoving && !one.keys[m.Key]
	if stop := one.moves[m.Who]; stop != nil && m.State.Ended() && m.State != signal.FileDone {
		stop()
	}
	switch {
	case one.Mine:
		i := slices.IndexFunc(one.To, func(to FileTo) bool { return to.ID == m.Who })
		if i < 0 || !one.open() {
			return
		}
		one.To[i].State = status
		if moves {
			one.keys[m.Key] = true
			f.moveLocked(st, one, m.Who, func(ctx context.Context) { f.send(ctx, st, one, m) })
		}
		one.State = summary(one.To)
		f.settleLocked(one)
	// That it broke off may come before why.
	case m.Who == st.session.You() && (one.open() || one.State == FileFailed && status == FileGone):
		one.State, one.Code = status, ""
		if moves {
			one.keys[m.Key] = true
			f.moveLocked(st, one, m.Who, func(ctx context.Context) { f.receive(ctx, st, one, m) })
		}
	default:
		return
	}
	f.changedLocked(st)
}

// summary is the status of a file of ours.
func summary(to []FileTo) FileStatus {
	for _, status := range []FileStatus{FileMoving, FileWaiting, FileOffered, FileDone, FileFailed, FileDeclined} {
		if slices.ContainsFunc(to, func(one FileTo) bool { return one.State == status }) {
			return status
		}
	}
	return FileGone
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
	if one.open() || err == nil {
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
		for _, stop := range one.moves {
			stop()
		}
	}
	f.mu.Unlock()
	f.work.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		if one.open() {
			one.State = FileGone
		}
		f.settleLocked(one)
	}
}
