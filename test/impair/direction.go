//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/earshot/earshot/test/impair/line"
)

// direction carries the frames of one end to the other.
type direction struct {
	from, to int // sockets
	concerns func(frame []byte) bool
	epoch    time.Time
	wake     chan struct{} // something new waits on the line

	mu     sync.Mutex // guards what follows
	line   *line.Line
	counts counts
}

// counts is what a direction says of itself.
type counts struct {
	line.Counters
	Other    int `json:"other"`    // passed untouched, being none of our concern
	Unsent   int `json:"unsent"`   // refused by the network at the far end
	Overread int `json:"overread"` // lost before we could read them: this program did not keep up
}

func newDirection(from, to int, concerns func([]byte) bool, seed uint64, epoch time.Time) *direction {
	return &direction{from: from, to: to, concerns: concerns, epoch: epoch, wake: make(chan struct{}, 1), line: line.New(seed)}
}

// set changes the conditions, which are valid.
func (d *direction) set(c line.Conditions) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.line.Set(c)
}

func (d *direction) count() counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	// Reading the statistics resets them.
	if stats, err := unix.GetsockoptTpacketStats(d.from, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		d.counts.Overread += int(stats.Drops)
	}
	d.counts.Counters = d.line.Counters()
	return d.counts
}

// read takes frames from one end until ctx is done. An interface that goes down may come back; one that is gone ends it.
func (d *direction) read(ctx context.Context) error {
	buf := make([]byte, maxFrame)
	for ctx.Err() == nil {
		n, err := unix.Read(d.from, buf)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR), errors.Is(err, unix.ENETDOWN):
			continue
		case err != nil:
			return fmt.Errorf("read: %w", err)
		case n < vnetHeader:
			continue
		}
		d.take(buf[:n])
	}
	return nil
}

// take handles one frame with its virtio header.
func (d *direction) take(frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.concerns(frame[vnetHeader:]) {
		d.counts.Other++
		d.sendLocked(frame)
		return
	}
	d.line.Enter(bytes.Clone(frame), time.Since(d.epoch))
	d.flushLocked()
	if _, waits := d.line.Next(); waits {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
}

// keepTime sends what waits on the line when its time has come, until ctx is done.
func (d *direction) keepTime(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
		d.mu.Lock()
		d.flushLocked()
		at, waits := d.line.Next()
		d.mu.Unlock()
		if waits {
			timer.Reset(at - time.Since(d.epoch))
		}
	}
}

func (d *direction) flushLocked() {
	for {
		frame, ok := d.line.Leave(time.Since(d.epoch))
		if !ok {
			return
		}
		d.sendLocked(frame)
	}
}

// sendLocked holds the lock so that frames keep their order.
func (d *direction) sendLocked(frame []byte) {
	for {
		_, err := unix.Write(d.to, frame)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			d.counts.Unsent++
		}
		return
	}
}
