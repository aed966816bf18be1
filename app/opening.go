package app

import "strings"

// maxOpened bounds what the system may ask to open, in bytes: four times what an invite may be, so that one that is too
// long is still told to be none.
const maxOpened = 2048

// OpenInvite asks the page of the window to open a room, because the system was asked to: a link was clicked, or the program
// was started with an invite. ref is what a stranger may have written. It waits for a page; the latest one counts.
func (a *App) OpenInvite(ref string) {
	ref = strings.ToValidUTF8(ref[:min(len(ref), maxOpened)], "")
	if ref == "" {
		return
	}
	a.mu.Lock()
	a.opened = ref
	a.mu.Unlock()
	a.emit(EventInvite, nil)
}

// takeInvite returns what OpenInvite was asked for last, once.
func (a *App) takeInvite() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	ref := a.opened
	a.opened = ""
	return ref
}
