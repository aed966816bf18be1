package media_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/client/media"
)

func TestBadInput_39_TheRecorderEndsWhenTheDiskIsFullAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("skipped: needs root to mount a small disk:", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil { // fails when a file was left open
			t.Error(err)
		}
	}()
	var seating media.Seating
	seating.Set(seated("ann"))
	r, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: &seating})
	if err != nil {
		t.Fatal(err)
	}
	s := &source{frames: [][]byte{{31 << 3}, append([]byte{31 << 3}, make([]byte, 1200)...), {31 << 3}}}
	deadline := time.After(10 * time.Second)
	for ended := false; !ended; {
		r.Packet(0, s.next())
		select {
		case <-r.Done():
			ended = true
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			t.Fatal("the recording went on")
		}
	}
	if !errors.Is(r.Err(), syscall.ENOSPC) {
		t.Errorf("ended with %v", r.Err())
	}
	r.Packet(0, s.next()) // of no effect
	if err := r.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("closed with %v", err)
	}
	// What there was room for plays to its end, and the timeline is whole.
	f, err := os.Open(filepath.Join(dir, "Name of ann-ann.ogg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if packets, _ := readOgg(t, f); len(packets) < 3 {
		t.Errorf("%d packets are left", len(packets))
	}
	readTimeline(t, filepath.Join(dir, "timeline.json"))
}
