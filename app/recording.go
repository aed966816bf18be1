package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/internal/filename"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	// tapeRetry is how long a tape without sound waits before it is connected anew.
	tapeRetry = time.Second
	// tapeWithin is how long one try may take.
	tapeWithin = 5 * time.Second
	// maxRoomPart bounds a room's name in the name of a folder, in bytes.
	maxRoomPart = 80
)

// Codes of notices about a recording that has ended. Their detail is its folder.
const (
	NoticeRecordingSaved     signal.Code = "recording_saved"     // by our own wish
	NoticeRecordingForbidden signal.Code = "recording_forbidden" // the room's rules allow none any more
	NoticeRecordingDiskFull  signal.Code = "recording_disk_full"
	NoticeRecordingFailed    signal.Code = "recording_failed" // it could not be written for another reason
	NoticeRecordingCut       signal.Code = "recording_cut"    // the room ended, or we lost it
)

// Recording is what this app records now.
type Recording struct {
	Folder string `json:"folder"`
	Since  int64  `json:"since"` // ms since 1970
}

// StartRecording records everybody in the room we are in, us included, and returns when it does and everybody is told. It does nothing
// when it records already. Errors: CodeNotInRoom, CodeNoRecording, CodeRecordingsFull, CodeBadFolder, CodeUnsupported, CodeLost.
func (m *Methods) StartRecording() error { return m.app.startRecording() }

// StopRecording ends the recording, if there is one; a notice says where it is.
func (m *Methods) StopRecording() error {
	m.app.mu.Lock()
	st := m.app.stay
	m.app.mu.Unlock()
	if st != nil {
		st.stopTape(NoticeRecordingSaved)
	}
	return nil
}

// ShowRecordings shows the latest recording in the system's file manager, or where recordings go. Errors: CodeBadFolder, CodeNoBrowser.
func (m *Methods) ShowRecordings() error {
	a := m.app
	a.mu.Lock()
	dir := a.recorded
	if dir == "" {
		dir = a.foldersLocked().Recordings
	}
	a.mu.Unlock()
	return a.showFolder(dir)
}

func (a *App) showFolder(dir string) error {
	if a.cfg.ShowFolder == nil {
		return signal.Problemf(signal.CodeNoBrowser, "")
	}
	return a.cfg.ShowFolder(dir)
}

// tape records one stay over a media connection of its own, which the host binds to our participant (PROTOCOL, Recording): it brings
// our own voice too.
type tape struct {
	app      *App
	session  *client.Session
	log      *slog.Logger
	folder   string
	since    time.Time
	seating  media.Seating
	recorder *media.Recorder
	stop     context.CancelFunc
	done     chan struct{}

	peer *media.Peer // belongs to run

	once sync.Once
	why  signal.Code // of the end; set by once
}

func (a *App) startRecording() error {
	a.taping.Lock()
	defer a.taping.Unlock()
	st, err := a.current()
	if err != nil {
		return err
	}
	a.mu.Lock()
	running, base := st.tape != nil, a.foldersLocked().Recordings
	a.mu.Unlock()
	if running {
		return nil
	}
	room := st.session.Snapshot()
	if room.Rules.NoRecording {
		return signal.Problemf(signal.CodeNoRecording, "")
	}
	now := time.Now()
	t := &tape{
		app: a, session: st.session, log: a.log, since: now, done: make(chan struct{}),
		folder: newFolder(filepath.Join(base, filename.Part(room.Facts.Name, "Earshot", maxRoomPart)+now.Format(" 2006-01-02 15.04.05"))),
	}
	t.recorder, err = media.NewRecorder(media.RecorderConfig{Dir: t.folder, Seating: &t.seating, Room: room.Facts.Name, Logger: a.log})
	if err != nil {
		return signal.Problemf(signal.CodeBadFolder, "%v", err)
	}
	t.roomIs(room)
	ctx, cancel := context.WithCancel(context.Background())
	t.stop = cancel
	if err := t.connect(ctx); err != nil {
		cancel()
		t.giveUp()
		return err
	}
	a.change(func() {
		st.tape = t
		a.recorded = t.folder
	})
	t.roomIs(st.session.Snapshot()) // what has changed meanwhile
	a.log.Info("recording_started")
	a.work.Go(func() { t.run(ctx, st) })
	return nil
}

// newFolder returns a path that nothing has yet.
func newFolder(path string) string {
	for n, name := 2, path; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = path + "-" + string(rune('0'+min(n, 9)))
		if n > 9 {
			return name // the recorder overwrites nothing there either
		}
	}
}

// giveUp leaves nothing behind of a recording that has not begun.
func (t *tape) giveUp() {
	t.closePeer()
	_ = t.recorder.Close()
	_ = os.Remove(filepath.Join(t.folder, "timeline.json"))
	_ = os.Remove(t.folder) // empty
}

// connect opens the media connection, in place of an earlier one.
func (t *tape) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tapeWithin)
	defer cancel()
	t.closePeer()
	host, _, err := net.SplitHostPort(t.session.Address())
	loopback := err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
	peer, err := media.NewPeer(media.PeerConfig{
		Seats: t.session.Snapshot().Facts.Seats, Loopback: loopback, Logger: t.log,
		OnPacket: func(seat int, p *rtp.Packet) { t.recorder.Packet(seat, p) },
	})
	if err != nil {
		return err
	}
	t.peer = peer
	offer, err := peer.Offer(ctx)
	if err != nil {
		return err
	}
	answer, err := t.session.Tape(ctx, offer)
	if err != nil {
		return err
	}
	return peer.Accept(answer)
}

func (t *tape) closePeer() {
	if t.peer != nil {
		if err := t.peer.Close(); err != nil {
			t.log.Debug("tape_not_closed", "error", err)
		}
		t.peer = nil
	}
}

// roomIs takes over who sits where.
func (t *tape) roomIs(room signal.Snapshot) {
	t.seating.Set(room)
	t.recorder.RosterIs(room)
	if room.Rules.NoRecording && t.stop != nil {
		t.end(NoticeRecordingForbidden)
	}
}

// roomIs publishes a change of our room.
func (a *App) roomIs(st *stay, room signal.Snapshot) {
	if t := st.taped(); t != nil {
		t.roomIs(room)
	}
	a.change(func() {})
}

// end makes run end, for the first reason that is given.
func (t *tape) end(why signal.Code) {
	t.once.Do(func() { t.why = why })
	t.stop()
}

// run records until the end, and says then how it was.
func (t *tape) run(ctx context.Context, st *stay) {
	defer close(t.done)
	retry := time.NewTicker(tapeRetry)
	defer retry.Stop()
	path, began := t.session.Path(), time.Now()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-t.session.Done():
			t.end(NoticeRecordingCut)
		case <-t.recorder.Done():
			why := NoticeRecordingFailed
			if diskFull(t.recorder.Err()) {
				why = NoticeRecordingDiskFull
			}
			t.end(why)
		case <-retry.C:
			now := t.session.Path()
			if now == path && t.standing(began) {
				continue
			}
			if err := t.connect(ctx); err != nil {
				t.log.Debug("tape_not_connected", "error", err)
				if code := signal.AsProblem(err).Code; code == signal.CodeNoRecording {
					t.end(NoticeRecordingForbidden)
				}
				continue
			}
			path, began = now, time.Now()
		}
	}
	t.closePeer()
	if err := t.recorder.Close(); err != nil && t.why == NoticeRecordingSaved {
		t.why = NoticeRecordingFailed
		if diskFull(err) {
			t.why = NoticeRecordingDiskFull
		}
	}
	off := false
	told, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	if err := t.session.Update(told, signal.Update{Recording: &off}); err != nil {
		t.log.Debug("end_of_recording_not_told", "error", err)
	}
	t.log.Info("recording_ended", "why", string(t.why))
	t.app.change(func() {
		st.tape = nil
		t.app.addNotice(Notice{Code: t.why, Detail: t.folder, Room: t.session.Snapshot().Facts.Name})
	})
}

// standing reports that media flows, or may still begin to.
func (t *tape) standing(began time.Time) bool {
	if t.peer == nil {
		return false
	}
	switch t.peer.State() {
	case webrtc.PeerConnectionStateConnected:
		return true
	case webrtc.PeerConnectionStateNew, webrtc.PeerConnectionStateConnecting:
		return time.Since(began) < tapeWithin
	default:
		return false
	}
}

// stopTape ends the recording of a stay, if there is one, and waits for its files.
func (st *stay) stopTape(why signal.Code) {
	if t := st.taped(); t != nil {
		t.end(why)
		<-t.done
	}
}

// taped returns the tape of a stay, or nil.
func (st *stay) taped() *tape {
	st.app.mu.Lock()
	defer st.app.mu.Unlock()
	return st.tape
}

// diskFull reports that a write failed for want of space.
func diskFull(err error) bool {
	const handleDiskFull, diskFullOnWindows = syscall.Errno(39), syscall.Errno(112) // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
	return errors.Is(err, syscall.ENOSPC) ||
		runtime.GOOS == "windows" && (errors.Is(err, handleDiskFull) || errors.Is(err, diskFullOnWindows))
}
