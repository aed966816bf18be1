//go:build !headless

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	goruntime "runtime"
	"strings"
	"sync"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"github.com/earshot/earshot/sfu/signal"
)

// RunWindow shows the app's window and returns when it has been closed. It must be called by the main goroutine, and at
// most once.
//
// `wails build` runs the program once, built with the tag bindings, to write down what can be called. Then RunWindow does
// nothing else and returns nil; so nothing may have been started before it.
func RunWindow(w Window) error {
	if !Generating {
		if _, err := fs.Stat(w.Pages, "index.html"); err != nil {
			return ErrNoPage // Wails would end the program
		}
		if goruntime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return fmt.Errorf("%w: there is no display", ErrNoWindow)
		}
	}
	if build == plain {
		return fmt.Errorf("%w: this program was built without it (\"make build\" builds it)", ErrNoWindow)
	}
	if !Generating && handOver(instance(w.ConfigDir)) {
		return nil
	}
	s := &showing{window: w}
	err := runWails(s.options())
	s.end(context.Background())
	switch {
	case err != nil && !s.begun:
		return fmt.Errorf("%w: %w", ErrNoWindow, err)
	case err != nil:
		return fmt.Errorf("show the window: %w", err)
	}
	return nil
}

// Generating says that `wails build` runs the program for the list of bound methods: RunWindow wants no more than
// Window.Methods, which may be of no app, and nothing else is to be made.
const Generating = build == generating

// runWails is wails.Run, with the panic by which it says that GTK does not reach the display turned into an error.
func runWails(o *options.App) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		reason, ok := r.(error)
		if !ok || !strings.Contains(reason.Error(), "init GTK") {
			panic(r)
		}
		err = reason
	}()
	return wails.Run(o)
}

// showing is one run of the window.
type showing struct {
	window Window

	mu    sync.Mutex
	begun bool   // the window is open
	over  bool   // the window is closed
	shown bool   // its page has been there
	desk  *desk  // nil before begun
	quiet func() // ends the events; nil before begun
}

// start is called by Wails beside the window, with the context that its runtime wants.
func (s *showing) start(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.begun = true
	allowMicrophone()
	d := &desk{ctx: ctx, window: s.window}
	s.desk = d
	s.window.Attach(d)
	used := false // belongs to the events, which come one at a time
	s.quiet = s.window.Subscribe(func(event string, payload any) {
		runtime.EventsEmit(ctx, event, payload)
		if state, ok := payload.(State); ok {
			uses := state.Session != nil || state.Hosting != nil || state.Waiting != nil
			if used && !uses {
				go d.idle() // it waits for the window
			}
			used = uses
		}
	})
	go func() {
		select {
		case <-s.window.Done:
			d.Quit()
		case <-ctx.Done():
		}
	}()
}

// drawn is called by Wails when the page is there: the window is where Wails puts it, and moves to where it was.
func (s *showing) drawn(context.Context) {
	s.mu.Lock()
	d, first := s.desk, !s.shown
	s.shown = true
	s.mu.Unlock()
	if p := s.window.Place(); first && d != nil && p.Width > 0 && !p.Maximised {
		d.put(p)
	}
}

// beforeClose says whether the window stays although it was closed.
func (s *showing) beforeClose(context.Context) bool {
	s.mu.Lock()
	d := s.desk
	s.mu.Unlock()
	return d != nil && d.beforeClose()
}

// quit ends the program without asking.
func (s *showing) quit() {
	s.mu.Lock()
	d := s.desk
	s.mu.Unlock()
	if d != nil {
		d.Quit()
	}
}

// end ends the events. Only its first call does anything.
func (s *showing) end(context.Context) {
	s.mu.Lock()
	quiet, first := s.quiet, !s.over
	s.over = true
	s.mu.Unlock()
	if first && quiet != nil {
		quiet()
		s.window.Attach(nil)
	}
}

// secondWindow is called when the program was started again with the same configuration directory. The second program has
// checked its arguments: an invite can only be the last of them.
func (s *showing) secondWindow(second options.SecondInstanceData) {
	s.comeToFront()
	if n := len(second.Args); n > 0 && signal.LooksLikeInvite(second.Args[n-1]) {
		s.window.OpenInvite(second.Args[n-1])
	}
}

// openLink is called when macOS was asked to open a link of ours.
func (s *showing) openLink(url string) {
	s.comeToFront()
	s.window.OpenInvite(url)
}

func (s *showing) comeToFront() {
	s.mu.Lock()
	d := s.desk
	s.mu.Unlock()
	if d != nil {
		d.front()
	}
}

// instance names the windows of which there is only one: those of one configuration directory.
func instance(configDir string) string {
	sum := sha256.Sum256([]byte(configDir))
	return "earshot-" + hex.EncodeToString(sum[:8])
}
