//go:build !headless

package app

import (
	"context"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// The mini window's size in logical pixels: a line of who talks, and three buttons under it.
const (
	miniWidth  = 300
	miniHeight = 156
)

// desk is the window as the app and its page use it. Place, OnClose and the rest of Window's functions are the app's.
type desk struct {
	ctx    context.Context //nolint:containedctx // of Wails' runtime, which has no other handle
	window Window

	mu       sync.Mutex
	hidden   bool
	quitting bool
	before   *Place // where the window is when it is not small; nil when it is not
	count    int    // of notifications

	notifying sync.Once
	noNotify  error
}

// beforeClose is asked by Wails, and by Quit, whether the window is to stay.
func (d *desk) beforeClose() (stay bool) {
	d.mu.Lock()
	quitting := d.quitting
	d.mu.Unlock()
	if !quitting {
		switch d.window.OnClose() {
		case CloseAsks:
			d.front()
			d.window.AskHowToClose()
			return true
		case CloseHides:
			d.Hide()
			return true
		case CloseQuits:
		}
	}
	d.keepPlace()
	return false
}

// front shows the window before all others.
func (d *desk) front() {
	d.mu.Lock()
	d.hidden = false
	d.mu.Unlock()
	runtime.WindowUnminimise(d.ctx)
	runtime.WindowShow(d.ctx)
	runtime.Show(d.ctx)
}

// Hide is Desk.Hide. Where nothing could bring a hidden window back, it is minimised.
func (d *desk) Hide() {
	d.keepPlace()
	switch {
	case goruntime.GOOS == "darwin":
		runtime.Hide(d.ctx) // a click in the Dock shows it
	case canComeBack(instance(d.window.ConfigDir)):
		d.mu.Lock()
		d.hidden = true
		d.mu.Unlock()
		runtime.WindowHide(d.ctx)
	default:
		runtime.WindowMinimise(d.ctx)
	}
}

// idle is told that the window is no longer in use: a hidden one is shown, because nobody would know that it still runs.
func (d *desk) idle() {
	d.mu.Lock()
	hidden := d.hidden
	d.mu.Unlock()
	if hidden {
		d.front()
	}
}

// Quit is Desk.Quit.
func (d *desk) Quit() {
	d.mu.Lock()
	d.quitting = true
	d.mu.Unlock()
	runtime.Quit(d.ctx)
}

// AskWhereToSave is Desk.AskWhereToSave.
func (d *desk) AskWhereToSave(name string) (string, error) {
	return runtime.SaveFileDialog(d.ctx, runtime.SaveDialogOptions{DefaultFilename: name})
}

// Notify is Desk.Notify.
func (d *desk) Notify(n Notification) error {
	d.notifying.Do(func() {
		if d.noNotify = runtime.InitializeNotifications(d.ctx); d.noNotify != nil {
			return
		}
		runtime.OnNotificationResponse(d.ctx, func(runtime.NotificationResult) { d.front() })
		if goruntime.GOOS == "darwin" {
			_, d.noNotify = runtime.RequestNotificationAuthorization(d.ctx)
		}
	})
	if d.noNotify != nil {
		return d.noNotify
	}
	d.mu.Lock()
	d.count++
	id := "earshot-" + strconv.Itoa(d.count)
	d.mu.Unlock()
	if goruntime.GOOS == "linux" { // a body may have markup there (Desktop Notifications Specification), and this is a stranger's
		n.Body = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(n.Body)
	}
	return runtime.SendNotification(d.ctx, runtime.NotificationOptions{ID: id, Title: n.Title, Body: n.Body})
}

// Mini is Desk.Mini.
func (d *desk) Mini(on bool) {
	d.mu.Lock()
	before := d.before
	d.mu.Unlock()
	switch {
	case on && before == nil:
		place := d.place()
		d.mu.Lock()
		d.before = &place
		d.mu.Unlock()
		runtime.WindowUnmaximise(d.ctx)
		d.allow(miniWidth, miniHeight)
		runtime.WindowSetSize(d.ctx, miniWidth, miniHeight)
		runtime.WindowSetAlwaysOnTop(d.ctx, true)
	case !on && before != nil:
		d.mu.Lock()
		d.before = nil
		d.mu.Unlock()
		runtime.WindowSetAlwaysOnTop(d.ctx, false)
		d.put(*before)
		d.allow(minWidth, minHeight)
	}
}

// allow sets the smallest size and waits until it holds: on Linux Wails v2.15.0 has GTK's thread do that, and a new size not.
func (d *desk) allow(width, height int) {
	runtime.WindowSetMinSize(d.ctx, width, height)
	runtime.WindowGetSize(d.ctx)
}

// place is where the window is.
func (d *desk) place() Place {
	var p Place
	p.Width, p.Height = runtime.WindowGetSize(d.ctx)
	p.X, p.Y = runtime.WindowGetPosition(d.ctx)
	p.Maximised = runtime.WindowIsMaximised(d.ctx)
	return p
}

func (d *desk) keepPlace() {
	d.mu.Lock()
	before, hidden := d.before, d.hidden
	d.mu.Unlock()
	switch {
	case hidden: // it was kept when it was hidden
	case before != nil:
		d.window.KeepPlace(*before)
	default:
		p := d.place()
		if p.Maximised { // its size is the screen's: the one to go back to is that of before
			last := d.window.Place()
			last.Maximised = true
			p = last
		}
		d.window.KeepPlace(p)
	}
}

// put moves the window there, as far as there is a screen.
func (d *desk) put(p Place) {
	if p.Width == 0 || p.Height == 0 {
		p.Width, p.Height = firstWidth, firstHeight
	}
	width, height := d.screen()
	p = p.Within(width, height)
	runtime.WindowSetSize(d.ctx, p.Width, p.Height)
	runtime.WindowSetPosition(d.ctx, p.X, p.Y)
	if p.Maximised {
		runtime.WindowMaximise(d.ctx)
	}
}

// screen is the size of the screen that the window is on, 0×0 when it is not known.
func (d *desk) screen() (width, height int) {
	screens, err := runtime.ScreenGetAll(d.ctx)
	if err != nil {
		return 0, 0
	}
	for _, s := range screens {
		if s.IsCurrent || width == 0 {
			width, height = s.Size.Width, s.Size.Height
		}
	}
	return width, height
}
