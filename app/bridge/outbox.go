package bridge

import "sync"

// outbox holds the events that one page has not been sent: at most one of each name, the newest.
type outbox struct {
	wake chan struct{} // has room for one: something is waiting

	mu      sync.Mutex
	waiting []event // in the order in which their names were first put
}

type event struct {
	name  string
	frame []byte // the whole message, shared by all pages
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// put adds e or replaces the one of its name. It never blocks.
func (o *outbox) put(e event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.waiting {
		if o.waiting[i].name == e.name {
			o.waiting[i] = e
			return
		}
	}
	o.waiting = append(o.waiting, e)
	o.signalLocked()
}

func (o *outbox) signalLocked() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take removes and returns the oldest event, and whether there was one. It signals wake again if more are waiting.
func (o *outbox) take() (event, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		return event{}, false
	}
	e := o.waiting[0]
	o.waiting = append(o.waiting[:0], o.waiting[1:]...)
	if len(o.waiting) > 0 {
		o.signalLocked()
	}
	return e, true
}
