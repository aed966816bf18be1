package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/earshot/earshot/sfu/signal"
)

// output writes events for scripts or sentences for people. It is safe for concurrent use.
type output struct {
	json bool

	mu             sync.Mutex
	stdout, stderr io.Writer
	err            error         // the first that standard output had
	broken         chan struct{} // closed with err
}

func (r *runner) output(json bool) *output {
	return &output{json: json, stdout: r.Stdout, stderr: r.Stderr, broken: make(chan struct{})}
}

// event writes one line of JSON, when scripts are listening.
func (o *output) event(v any) {
	if !o.json {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	e := json.NewEncoder(o.stdout) // one object and one line feed in one Write
	e.SetEscapeHTML(false)
	o.note(e.Encode(v))
}

// say writes what happened for people: to standard output, which with --json belongs to the script.
func (o *output) say(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.json {
		fmt.Fprintf(o.stderr, format+"\n", args...) //nolint:errcheck // nowhere left to say it
		return
	}
	_, err := fmt.Fprintf(o.stdout, format+"\n", args...)
	o.note(err)
}

// warn writes what went wrong without ending the command.
func (o *output) warn(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintf(o.stderr, "earshot: "+format+"\n", args...) //nolint:errcheck // nowhere left to say it
}

// progress writes how it goes, to standard error.
func (o *output) progress(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintf(o.stderr, format+"\n", args...) //nolint:errcheck // nowhere left to say it
}

func (o *output) note(err error) {
	if err != nil && o.err == nil {
		o.err = fmt.Errorf("write to standard output: %w", err)
		close(o.broken)
	}
}

// failed returns why standard output cannot be written to any more.
func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// The values of events.
type (
	// personView is a participant.
	personView struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	// roomView is a room, the same in every command.
	roomView struct {
		ID           string   `json:"id"`
		Name         string   `json:"name"`
		Host         string   `json:"host"`
		Port         int      `json:"port"`
		Addresses    []string `json:"addresses"` // IP:PORT, the likeliest first
		Fingerprint  string   `json:"fingerprint"`
		Invite       string   `json:"invite"`
		Code         string   `json:"code"` // the invite as a short text; "" when there is none
		Participants int      `json:"participants"`
		PIN          bool     `json:"pin"`
		Epoch        int      `json:"epoch"`
	}
	roomEvent struct {
		Event string   `json:"event"` // ready, room, up, changed, down
		Room  roomView `json:"room"`
	}
	readyEvent struct {
		roomEvent
		Metrics string `json:"metrics,omitempty"` // URL
		Guests  string `json:"guests,omitempty"`  // URL for browsers
	}
	personEvent struct {
		Event       string     `json:"event"` // joined, left
		Participant personView `json:"participant"`
		Key         string     `json:"key,omitempty"` // of who joined, told by a host
	}
	knockEvent struct {
		Event string `json:"event"` // knock
		ID    string `json:"id"`
		Name  string `json:"name"`
		Key   string `json:"key,omitempty"`
	}
	wrongPINEvent struct {
		Event   string `json:"event"`   // wrong_pin
		Address string `json:"address"` // of who tried
		Tries   int    `json:"tries"`   // failed ones from there since the last that was right
	}
	seatsEvent struct {
		Event string   `json:"event"` // seats
		Seats []string `json:"seats"` // who is heard in each, by id; "" is nobody
	}
	selfEvent struct {
		Event string     `json:"event"` // joined, rejoined
		You   personView `json:"you"`
		Room  roomView   `json:"room"`
		Took  millis     `json:"took_ms"`
	}
	hearingEvent struct {
		Event       string     `json:"event"` // hearing
		Participant personView `json:"participant"`
		Took        millis     `json:"took_ms"`
	}
	endedEvent struct {
		Event string      `json:"event"` // ended
		Code  signal.Code `json:"code"`
	}
	plainEvent struct {
		Event string `json:"event"` // reconnecting, waiting
	}
	resumedEvent struct {
		Event string `json:"event"` // resumed
		Took  millis `json:"took_ms"`
	}
	urlEvent struct {
		Event string `json:"event"` // ready
		URL   string `json:"url"`
	}
)

func person(p signal.Participant) personView { return personView{ID: p.ID, Name: p.Name} }
