package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// timelineVersion is the form of the file; docs/RECORDING.md describes it.
	timelineVersion = 1
	// spokeGap is the longest pause within one stretch of speech, in samples: 300 ms, the usual border between a pause for breath
	// and one between sentences.
	spokeGap = ClockRate * 3 / 10
	// spokeLeast is the shortest stretch that is noted, in samples: 60 ms. While somebody is silent their encoder sends a single
	// packet of 20 ms of background noise now and then.
	spokeLeast = 3 * frameSamples
)

// timelineEnd closes the JSON of a timeline. It is written behind every event and overwritten by the next: the file is whole at any
// moment.
const timelineEnd = "\n]}\n"

// timelineEvent is one event of a timeline. Times are in seconds since the recording's start.
type timelineEvent struct {
	At      seconds  `json:"at"`
	Event   string   `json:"event"`
	ID      string   `json:"id,omitempty"`
	Name    string   `json:"name,omitempty"`
	File    string   `json:"file,omitempty"`
	Begins  *seconds `json:"begins,omitempty"`
	Until   *seconds `json:"until,omitempty"`
	Dropped int64    `json:"dropped,omitempty"`
	Why     string   `json:"why,omitempty"`
}

// seconds are written with milliseconds.
type seconds float64

// MarshalJSON implements json.Marshaler.
func (s seconds) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", math.Max(0, float64(s))), nil
}

func inSeconds(samples int64) seconds { return seconds(float64(samples) / ClockRate) }

// timeline is the file that says who was there, which file is whose, and who spoke when. It belongs to the recorder's
// goroutine.
type timeline struct {
	file    *os.File
	at      int64 // where the next event goes
	pending []byte
	begun   bool // an event was written
	start   time.Time
	here    map[string]string // names by id
	spurts  map[string]*spurt // by id
}

// spurt is a stretch of speech, in samples since the recording's start.
type spurt struct{ from, until int64 }

// newTimeline creates timeline.json, or timeline-2.json and so on, in a directory.
func newTimeline(dir, room string, start time.Time) (*timeline, error) {
	f, err := createNew(dir, "timeline", ".json")
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	name, err := json.Marshal(room)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("record: %w", err), f.Close())
	}
	head := fmt.Sprintf("{\"version\":%d,\"program\":\"Earshot\",\"room\":%s,\"began\":%q,\"events\":[",
		timelineVersion, name, start.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	t := &timeline{file: f, start: start, here: make(map[string]string), spurts: make(map[string]*spurt)}
	if _, err := f.WriteString(head + timelineEnd); err != nil {
		return nil, errors.Join(fmt.Errorf("record: %w", err), f.Close())
	}
	t.at = int64(len(head))
	return t, nil
}

// createNew creates dir/base.ext, never over another file: then base-2.ext and so on.
func createNew(dir, base, ext string) (*os.File, error) {
	var f *os.File
	err := fs.ErrExist
	for i := 1; errors.Is(err, fs.ErrExist) && i <= maxSameName; i++ {
		suffix := ""
		if i > 1 {
			suffix = fmt.Sprintf("-%d", i)
		}
		f, err = os.OpenFile(filepath.Join(dir, base+suffix+ext), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	}
	return f, err
}

func (t *timeline) note(e timelineEvent) {
	b, err := json.Marshal(e)
	if err != nil {
		return // none of them can fail
	}
	if t.begun || len(t.pending) > 0 {
		t.pending = append(t.pending, ',')
	}
	t.pending = append(append(t.pending, '\n'), b...)
}

func (t *timeline) since(at time.Time) seconds { return seconds(at.Sub(t.start).Seconds()) }

// rosterIs notes who came and who went.
func (t *timeline) rosterIs(room signal.Snapshot, at time.Time) {
	now := make(map[string]string, len(room.Participants))
	for _, p := range room.Participants {
		now[p.ID] = p.Name
		if _, known := t.here[p.ID]; !known {
			t.note(timelineEvent{At: t.since(at), Event: "joined", ID: p.ID, Name: p.Name})
		}
	}
	for id, name := range t.here {
		if _, still := now[id]; !still {
			t.silent(id)
			t.note(timelineEvent{At: t.since(at), Event: "left", ID: id, Name: name})
		}
	}
	t.here = now
}

// fileIs notes whose file was begun. All files begin with the recording: they are to be laid at the same moment.
func (t *timeline) fileIs(talker Talker, path string, at time.Time) {
	t.note(timelineEvent{
		At: t.since(at), Event: "file", ID: talker.ID, Name: talker.Name, File: filepath.Base(path), Begins: new(seconds),
	})
}

// spoke notes that there is sound of somebody in some samples.
func (t *timeline) spoke(id string, from, samples int64) {
	s := t.spurts[id]
	if s != nil && from-s.until > spokeGap {
		t.silent(id)
		s = nil
	}
	if s == nil {
		s = &spurt{from: from}
		t.spurts[id] = s
	}
	s.until = max(s.until, from+samples)
}

// settle notes the stretches that ended by a place in the recording.
func (t *timeline) settle(now int64) {
	for id, s := range t.spurts {
		if now-s.until > ClockRate { // what comes late is in order by then
			t.silent(id)
		}
	}
}

// silent ends somebody's stretch of speech.
func (t *timeline) silent(id string) {
	s := t.spurts[id]
	if s == nil {
		return
	}
	delete(t.spurts, id)
	if s.until-s.from >= spokeLeast {
		until := inSeconds(s.until)
		t.note(timelineEvent{At: inSeconds(s.from), Event: "spoke", ID: id, Until: &until})
	}
}

// flush writes what was noted. When it fails the file is what it was before.
func (t *timeline) flush() error {
	if len(t.pending) == 0 {
		return nil
	}
	if _, err := t.file.WriteAt(append(t.pending, timelineEnd...), t.at); err != nil {
		// The old end fits where it was before.
		_, undo := t.file.WriteAt([]byte(timelineEnd), t.at)
		if undo == nil {
			undo = t.file.Truncate(t.at + int64(len(timelineEnd)))
		}
		return fmt.Errorf("record: %w", errors.Join(err, undo))
	}
	t.at += int64(len(t.pending))
	t.pending, t.begun = t.pending[:0], true
	return nil
}

// close notes the end, which a timeline without one has not lived to see.
func (t *timeline) close(now time.Time, dropped int64, why error) error {
	for id := range t.spurts {
		t.silent(id)
	}
	end := timelineEvent{At: t.since(now), Event: "ended", Dropped: dropped}
	if why != nil {
		end.Why = strings.TrimPrefix(why.Error(), "record: ")
	}
	t.note(end)
	return errors.Join(t.flush(), t.file.Close())
}
