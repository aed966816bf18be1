package app

import (
	"slices"

	"github.com/earshot/earshot/sfu/signal"
)

// Desktop is how the app behaves among the other programs of a computer.
type Desktop struct {
	OnClose OnClose `json:"onClose"`
	// DoNotDisturb has nothing notify while no window of ours has the focus.
	DoNotDisturb bool `json:"doNotDisturb"`
	StartAtLogin bool `json:"startAtLogin"`
}

// OnClose says what the window's close button does while we are in a room or host one. Otherwise it ends the app.
type OnClose string

// The ways to close.
const (
	CloseAsks  OnClose = "ask"
	CloseHides OnClose = "hide" // the call goes on
	CloseQuits OnClose = "quit"
)

func (d *Desktop) defaults() { *d = Desktop{OnClose: CloseAsks} }

func (d *Desktop) check() error {
	if !slices.Contains([]OnClose{CloseAsks, CloseHides, CloseQuits}, d.OnClose) {
		return signal.Problemf(signal.CodeBadMessage, "onClose %.16q", d.OnClose)
	}
	return nil
}

// Place is where the window was when it was closed, in logical pixels. Zero sizes are those of a new installation.
type Place struct {
	Width     int  `json:"width"`
	Height    int  `json:"height"`
	X         int  `json:"x"`
	Y         int  `json:"y"`
	Maximised bool `json:"maximised"`
}

// maxPlace is more pixels than the desktops of a few large screens side by side have.
const maxPlace = 32767

func (p *Place) defaults() { *p = Place{} }

func (p *Place) check() error {
	for _, n := range []int{p.Width, p.Height, p.X, p.Y} {
		if n < -maxPlace || n > maxPlace {
			return signal.Problemf(signal.CodeBadMessage, "%d pixels", n)
		}
	}
	if p.Width < 0 || p.Height < 0 {
		return signal.Problemf(signal.CodeBadMessage, "a size of %d×%d", p.Width, p.Height)
	}
	return nil
}

// Within returns the place moved and shrunk so that all of it is on a screen of that size; what the screen's size is not known of
// stays.
func (p Place) Within(width, height int) Place {
	if width <= 0 || height <= 0 {
		return p
	}
	p.Width, p.Height = min(p.Width, width), min(p.Height, height)
	p.X, p.Y = max(0, min(p.X, width-p.Width)), max(0, min(p.Y, height-p.Height))
	return p
}
