package media_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

type timelineFile struct {
	Version       int
	Program, Room string
	Began         time.Time
	Events        []struct {
		At              float64
		Event, ID, Name string
		File            string
		Begins, Until   *float64
		Dropped         int
		Why             string
	}
}

func readTimeline(t *testing.T, path string) timelineFile {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f timelineFile
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return f
}

// told is what a timeline says, one event a line, in tenths of a second.
func (f timelineFile) told() []string {
	var lines []string
	for _, e := range f.Events {
		line := fmt.Sprintf("%.1f %s", e.At, strings.TrimSpace(e.Event+" "+e.ID))
		if e.Until != nil {
			line += fmt.Sprintf(" to %.1f", *e.Until)
		}
		if e.Begins != nil {
			line += fmt.Sprintf(" %s from %.0f", e.File, *e.Begins)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func TestTimeline_SaysWhoCameWhoSpokeAndWhichFileIsWhose(t *testing.T) {
	var seating media.Seating
	room := seated("ann", "bob")
	seating.Set(room)
	dir := record(t, &seating, func(r *media.Recorder) {
		r.RosterIs(room)
		ann, bob := &source{frames: toneFrames(t)}, &source{frames: toneFrames(t), seq: 7}
		time.Sleep(time.Second)
		speak(r, 0, ann, 50) // 1.0 to 2.0
		time.Sleep(100 * time.Millisecond)
		ann.ts += 5 * 960
		speak(r, 0, ann, 20) // goes on to 2.5
		// Silence: a frame of noise now and then is no speech.
		for range 4 {
			time.Sleep(400 * time.Millisecond)
			ann.ts += 20 * 960
			speak(r, 0, ann, 1)
		}
		speak(r, 1, bob, 50)
		only := seated("bob")
		only.Rev = 2
		r.RosterIs(only)
		time.Sleep(2 * time.Second)
	})
	f := readTimeline(t, filepath.Join(dir, "timeline.json"))
	if f.Version != 1 || f.Program != "Earshot" || f.Began.IsZero() {
		t.Errorf("head is %+v", f)
	}
	want := []string{
		"0.0 joined ann", "0.0 joined bob",
		"1.0 file ann Name of ann-ann.ogg from 0", "1.0 spoke ann to 2.5",
		"4.2 file bob Name of bob-bob.ogg from 0", "4.2 spoke bob to 5.2", "5.2 left ann", "7.2 ended",
	}
	if got := f.told(); !slices.Equal(got, want) {
		t.Errorf("it says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What kill -9 leaves at any moment is JSON.
func TestTimeline_IsWholeWheneverTheRecorderIsKilled(t *testing.T) {
	var seating media.Seating
	seating.Set(seated("ann"))
	said := 0
	record(t, &seating, func(r *media.Recorder) {})
	dir := t.TempDir()
	r, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: &seating, Room: `"quoted" 한글`})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for i := range 12 {
			r.RosterIs(seated(fmt.Sprintf("p%d", i)))
			time.Sleep(200 * time.Millisecond)
		}
	}()
	for going := true; going; {
		select {
		case <-stop:
			going = false
		default:
		}
		f := readTimeline(t, filepath.Join(dir, "timeline.json"))
		said = max(said, len(f.Events))
		if f.Room != `"quoted" 한글` {
			t.Fatalf("the room is %q", f.Room)
		}
	}
	if said < 5 {
		t.Errorf("only %d events were there before the end", said)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTimeline_NamesCannotBreakOutOfIt(t *testing.T) {
	var seating media.Seating
	room := signal.Snapshot{Participants: []signal.Participant{{ID: "x", Name: "\"]}\n<script>\x00"}}, Seats: []string{"x"}}
	seating.Set(room)
	dir := t.TempDir()
	r, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: &seating, Room: "a\"b"})
	if err != nil {
		t.Fatal(err)
	}
	r.RosterIs(room)
	r.Packet(0, &rtp.Packet{Payload: bytes.Repeat([]byte{31 << 3}, 20)})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if f := readTimeline(t, filepath.Join(dir, "timeline.json")); len(f.Events) != 3 || f.Events[0].Name != room.Participants[0].Name && f.Events[1].Name != room.Participants[0].Name {
		t.Errorf("%+v", f)
	}
}
