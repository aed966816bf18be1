package app

import (
	"context"
	"slices"

	"github.com/earshot/earshot/internal/filename"
	"github.com/earshot/earshot/sfu/signal"
)

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
	one := f.findLocked(m.ID)
	switch you := st.session.You(); {
	case one != nil && one.Mine && one.State == FileLoading:
		one.State, one.At, one.By = FileOffered, m.At, m.By
		room := st.session.Snapshot()
		for _, id := range m.To {
			name := ""
			if p, ok := room.Participant(id); ok {
				name = p.Name
			}
			one.To = append(one.To, FileTo{ID: id, Name: name, State: FileOffered})
		}
	case one == nil && m.From != you && slices.Contains(m.To, you):
		open := 0
		for _, other := range f.all {
			if other.State.open() {
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
	one := f.findLocked(m.ID)
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
		if i < 0 || !one.State.open() {
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
	case m.Who == st.session.You() && (one.State.open() || one.State == FileFailed && status == FileGone):
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
