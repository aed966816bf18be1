// Package diagnostics keeps the recent log of an app and takes out of texts what names people, computers and networks, so that
// somebody can be asked for help without being told who was in which room.
package diagnostics

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// logFile is the recent log's name in the configuration directory, and logBefore that of the log before it.
const (
	logFile   = "earshot.log"
	logBefore = "earshot.log.1"
)

// maxLog is bytes of one of the two files. An app logs some 100 bytes for each transition, so this is weeks; a fault that repeats
// pushes itself out and costs 512 kB of disk at most.
const maxLog = 256 << 10

// Log is the recent log of the apps of one configuration directory, in two files that are never longer than maxLog together with one
// line. It is safe for concurrent use; what cannot be written is lost.
type Log struct {
	mu   sync.Mutex
	dir  string
	file *os.File
	size int64
}

// Open opens the recent log in a configuration directory, which is created. A log that cannot be written is an error and a Log that
// keeps nothing.
func Open(dir string) (*Log, error) {
	l := &Log{dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return l, fmt.Errorf("keep a log: %w", err)
	}
	return l, l.openLocked()
}

func (l *Log) openLocked() error {
	file, err := os.OpenFile(filepath.Join(l.dir, logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep a log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("keep a log: %w", err), file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write appends one line.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return len(line), nil
	}
	if l.size+int64(len(line)) > maxLog {
		_ = l.file.Close()
		l.file = nil
		if err := os.Rename(filepath.Join(l.dir, logFile), filepath.Join(l.dir, logBefore)); err != nil {
			return 0, fmt.Errorf("keep a log: %w", err)
		}
		if err := l.openLocked(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("keep a log: %w", err)
	}
	return n, nil
}

// Close ends the writing.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}

// Beside returns a logger that logs to log and, from level info on, keeps it here.
func (l *Log) Beside(log *slog.Logger) *slog.Logger {
	return slog.New(slog.NewMultiHandler(log.Handler(), slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelInfo})))
}

// Recent returns the end of what was logged in a configuration directory, at most limit bytes of whole lines.
func Recent(dir string, limit int) ([]byte, error) {
	var all []byte
	for _, name := range []string{logBefore, logFile} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		all = append(all, b...)
	}
	if cut := len(all) - limit; cut > 0 {
		all = all[cut:]
		_, all, _ = bytes.Cut(all, []byte("\n"))
	}
	return all, nil
}
