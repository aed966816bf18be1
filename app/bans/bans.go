// Package bans keeps whom a host has banned from its rooms, by key, in a file of the configuration directory that a person can
// read and edit. Everything else that moderation decides ends with the room.
package bans

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/earshot/earshot/internal/keptfile"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	fileName = "bans.json"
	// maxFile bounds the file in bytes; a full one has 60 kB.
	maxFile = 512 << 10
)

// Load returns the bans kept in dir, none where there is no file. One that cannot be used is put aside, and told as an error; the
// list is empty then.
func Load(dir string) ([]signal.Ban, error) {
	path := filepath.Join(dir, fileName)
	rules, err := read(path)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return rules.Bans, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("read bans: %w", err)
	}
	aside, asideErr := keptfile.Aside(path)
	if asideErr != nil {
		return nil, fmt.Errorf("read bans: %w", errors.Join(err, asideErr))
	}
	return nil, fmt.Errorf("bans kept aside as %s: %w", aside, err)
}

// read reads what are rules of a room in form, with nothing but bans in them.
func read(path string) (rules sfu.Rules, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return rules, err
	}
	if info.Size() > maxFile {
		return rules, fmt.Errorf("%d bytes", info.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return rules, err
	}
	err = json.Unmarshal(b, &rules)
	return rules, err
}

// Keeper writes the bans of a room as they change. It is safe for concurrent use.
type Keeper struct {
	path   string
	failed func(error)

	mu      sync.Mutex
	last    []signal.Ban // to be written, or written
	writing bool
	work    sync.WaitGroup
}

// Keep returns a keeper of the bans in dir, which are these now. failed is told when they could not be written.
func Keep(dir string, now []signal.Ban, failed func(error)) *Keeper {
	return &Keeper{path: filepath.Join(dir, fileName), last: now, failed: failed}
}

// Ruled takes a room's rules after a change (sfu.Config.Ruled). It does not wait for the disk.
func (k *Keeper) Ruled(r sfu.Rules) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.Equal(k.last, r.Bans) {
		return
	}
	k.last = r.Bans
	if !k.writing {
		k.writing = true
		k.work.Go(k.write)
	}
}

// Close waits until all is written.
func (k *Keeper) Close() { k.work.Wait() }

// write writes what is last, until nothing newer is there.
func (k *Keeper) write() {
	for {
		k.mu.Lock()
		bans := k.last
		k.mu.Unlock()
		b, err := json.MarshalIndent(sfu.Rules{Version: sfu.RulesVersion, Bans: bans}, "", "  ")
		if err == nil {
			err = keptfile.Write(k.path, append(b, '\n'))
		}
		if err != nil {
			k.failed(fmt.Errorf("keep bans: %w", err))
		}
		k.mu.Lock()
		done := slices.Equal(bans, k.last)
		k.writing = !done
		k.mu.Unlock()
		if done {
			return
		}
	}
}
