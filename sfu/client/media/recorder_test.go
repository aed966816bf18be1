package media_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/client/media/ogg"
	"github.com/earshot/earshot/sfu/signal"
)

const frame = 20 * time.Millisecond

// toneFrames are the packets of testdata/tone440.ogg: 2 s of 440 Hz.
func toneFrames(t *testing.T) [][]byte {
	t.Helper()
	f, err := os.Open("testdata/tone440.ogg")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	frames, _ := readOgg(t, f)
	return frames
}

func readOgg(t *testing.T, in io.Reader) (packets [][]byte, head ogg.Head) {
	t.Helper()
	r, err := ogg.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return packets, r.Head()
		}
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, bytes.Clone(p))
	}
}

func seated(ids ...string) signal.Snapshot {
	s := signal.Snapshot{Seats: ids}
	for _, id := range ids {
		if id != "" {
			s.Participants = append(s.Participants, signal.Participant{ID: id, Name: "Name of " + id})
		}
	}
	return s
}

// source makes the packets of one uplink as a seat carries them.
type source struct {
	frames [][]byte
	seq    uint16
	ts     uint32
	n      int
}

func (s *source) next() *rtp.Packet {
	p := &rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: s.seq, Timestamp: s.ts},
		Payload: s.frames[s.n%(len(s.frames)-2)+1],
	}
	s.seq++
	s.ts += 960
	s.n++
	return p
}

// record runs a scene on a synthetic clock and returns the directory of its files.
func record(t *testing.T, seating *media.Seating, scene func(*media.Recorder)) (dir string) {
	t.Helper()
	dir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: seating})
		if err != nil {
			t.Fatal(err)
		}
		scene(r)
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

func speak(r *media.Recorder, seat int, s *source, packets int) {
	for range packets {
		r.Packet(seat, s.next())
		time.Sleep(frame)
	}
}

// loudness decodes a file with ffmpeg and returns the level of each 100 ms, in dBFS.
func loudness(t *testing.T, path string, decoder string) []float64 {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("skipped: needs ffmpeg to listen to the recording")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-err_detect", "crccheck", "-c:a", decoder, "-i", path, "-f", "s16le", "-ac", "1", "-ar", "48000", "-")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pcm, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("ffmpeg: %v: %s", err, stderr.String())
	}
	var levels []float64
	for part := range slices.Chunk(pcm, 2*4800) {
		sum := 0.0
		for i := 0; i+1 < len(part); i += 2 {
			v := float64(int16(binary.LittleEndian.Uint16(part[i:]))) / 32768
			sum += v * v
		}
		levels = append(levels, 10*math.Log10(sum/float64(len(part)/2)+1e-12))
	}
	return levels
}

// expect checks tenths of a second: loud where spans say so, silent elsewhere; a tenth beside an edge may be either.
func expect(t *testing.T, levels []float64, length int, loud ...[2]int) {
	t.Helper()
	if d := len(levels) - length; d < -1 || d > 1 {
		t.Errorf("recording lasts %d tenths of a second, want %d", len(levels), length)
	}
	for i, level := range levels {
		inside, edge := false, false
		for _, span := range loud {
			inside = inside || i >= span[0] && i < span[1]
			edge = edge || i >= span[0]-1 && i <= span[0] || i >= span[1]-1 && i <= span[1]+1
		}
		switch {
		case edge:
		case inside && level < -30:
			t.Errorf("tenth %d: %.0f dB, want the tone", i, level)
		case !inside && level > -70:
			t.Errorf("tenth %d: %.0f dB, want silence", i, level)
		}
	}
}

func TestRecorder_KeepsTheSilenceOfTheWallClock(t *testing.T) {
	frames := toneFrames(t)
	var seating media.Seating
	seating.Set(seated("", "ann"))
	dir := record(t, &seating, func(r *media.Recorder) {
		time.Sleep(3 * time.Second)
		s := &source{frames: frames, seq: 65500, ts: math.MaxUint32 - 20000} // both wrap within the tone
		speak(r, 1, s, 100)
		time.Sleep(2 * time.Second) // silence in which the sender's clock ran on
		s.ts += 2 * 48000
		speak(r, 1, s, 50)
		time.Sleep(1500 * time.Millisecond) // and one in which it did not, as after a change of source
		p := s.next()
		p.Marker = true
		r.Packet(1, p)
		time.Sleep(frame)
		speak(r, 1, s, 49)
	})
	path := filepath.Join(dir, "Name of ann-ann.ogg")
	for _, decoder := range []string{"libopus", "opus"} {
		t.Run(decoder, func(t *testing.T) {
			expect(t, loudness(t, path, decoder), 105, [2]int{30, 50}, [2]int{70, 80}, [2]int{95, 105})
		})
	}
}

func TestRecorder_WritesOneFileForEachTalkerWhateverSeatsTheyHave(t *testing.T) {
	frames := toneFrames(t)
	var seating media.Seating
	seating.Set(seated("ann", "bob"))
	dir := record(t, &seating, func(r *media.Recorder) {
		a, b := &source{frames: frames}, &source{frames: frames, seq: 9, ts: 77}
		speak(r, 0, a, 50)
		speak(r, 1, b, 50)
		seating.Set(seated("bob", "ann")) // they change seats
		time.Sleep(time.Second)
		speak(r, 1, b, 50) // Ann
		speak(r, 0, a, 50) // Bob
		seating.Set(seated("", ""))
		speak(r, 0, a, 50) // nobody
	})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 { // and the timeline
		t.Fatalf("%v files, %v", entries, err)
	}
	expect(t, loudness(t, filepath.Join(dir, "Name of ann-ann.ogg"), "libopus"), 40, [2]int{0, 10}, [2]int{30, 40})
	expect(t, loudness(t, filepath.Join(dir, "Name of bob-bob.ogg"), "libopus"), 50, [2]int{10, 20}, [2]int{40, 50})
}

// layout returns a recording's packets after the pre-skip, gaps marked.
func layout(t *testing.T, path string, frames [][]byte) (s string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	packets, head := readOgg(t, bytes.NewReader(b))
	if head.PreSkip != 3840 || head.Channels != 2 {
		t.Fatalf("head %+v", head)
	}
	for _, p := range packets {
		i := slices.IndexFunc(frames, func(f []byte) bool { return bytes.Equal(f, p) })
		switch {
		case i >= 0:
			s += string(rune('a' + i))
		case len(p) == 1 && s != "":
			s += "-" // concealed
		case s != "":
			s += "_"
		}
	}
	return s
}

func TestRecorder_RestoresOrderAndLeavesAGapForLoss(t *testing.T) {
	frames := make([][]byte, 26)
	for i := range frames {
		frames[i] = []byte{31 << 3, byte(i), 1, 2, 3}
	}
	packet := func(c rune) *rtp.Packet {
		i := uint16(c - 'a')
		return &rtp.Packet{Header: rtp.Header{SequenceNumber: 65530 + i, Timestamp: math.MaxUint32 - 3000 + uint32(i)*960}, Payload: frames[i]}
	}
	for name, c := range map[string]struct{ arrive, want string }{
		"in order":      {"abcdefghij", "abcdefghij"},
		"swapped":       {"abdcefhgij", "abcdefghij"},
		"retransmitted": {"abefghcdij", "abcdefghij"},
		"duplicates":    {"aabbcdcdefggghiijj", "abcdefghij"},
		"lost":          {"abcfghij", "abc--fghij"},
		"far too late":  {"abd.............c", "ab-d"},
		// 24 frames are missing: five concealed, one of silence, three packets of six frames.
		"away": {"a........................z", "a-----____z"},
		// The timestamp says half a second, the clock does not: a new source.
		"jumped": {"az", "az"},
	} {
		t.Run(name, func(t *testing.T) {
			var seating media.Seating
			seating.Set(seated("ann"))
			dir := record(t, &seating, func(r *media.Recorder) {
				for _, c := range c.arrive {
					if c != '.' {
						r.Packet(0, packet(c))
					}
					time.Sleep(frame)
				}
			})
			got := layout(t, filepath.Join(dir, "Name of ann-ann.ogg"), frames)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestRecorder_GivesFirstPacketsToWhoeverTheNewsThenNames(t *testing.T) {
	frames := toneFrames(t)
	var seating media.Seating
	dir := record(t, &seating, func(r *media.Recorder) {
		s := &source{frames: frames}
		r.Packet(0, s.next())
		seating.Set(seated("ann"))
		time.Sleep(frame)
		s.seq++ // one is lost, so that what follows waits
		s.ts += 960
		speak(r, 0, s, 20)
	})
	if got := layout(t, filepath.Join(dir, "Name of ann-ann.ogg"), frames); !strings.HasPrefix(got, "b") {
		t.Errorf("the first packet is missing: %q", got)
	}
}

func TestRecorder_LeavesAPlayableFileWhenItIsKilled(t *testing.T) {
	frames := toneFrames(t)
	var seating media.Seating
	seating.Set(seated("ann"))
	dir, killed := t.TempDir(), filepath.Join(t.TempDir(), "killed.ogg")
	synctest.Test(t, func(t *testing.T) {
		r, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: &seating})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		speak(r, 0, &source{frames: frames}, 175)
		// What is in the file at this moment is what kill -9 leaves.
		b, err := os.ReadFile(filepath.Join(dir, "Name of ann-ann.ogg"))
		if err == nil {
			err = os.WriteFile(killed, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	levels := loudness(t, killed, "libopus")
	if len(levels) < 25 {
		t.Fatalf("%d tenths of 3.5 s were saved", len(levels))
	}
	expect(t, levels, len(levels), [2]int{0, len(levels)})
}

func TestRecorder_NeverOverwritesAnEarlierRecording(t *testing.T) {
	dir := t.TempDir()
	var seating media.Seating
	seating.Set(seated("ann"))
	for range 3 {
		r, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: &seating})
		if err != nil {
			t.Fatal(err)
		}
		r.Packet(0, (&source{frames: toneFrames(t)}).next())
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if r.Files() != 1 {
			t.Errorf("%d files", r.Files())
		}
	}
	for _, name := range []string{"Name of ann-ann.ogg", "Name of ann-ann-2.ogg", "Name of ann-ann-3.ogg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestBadInput_13_TheRecorderStaysInItsDirectoryWhateverTheNames(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "in", "here")
	var seating media.Seating
	seating.Set(signal.Snapshot{
		Participants: []signal.Participant{{ID: "../../out", Name: "../../../etc/passwd"}},
		Seats:        []string{"../../out"},
	})
	r, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: &seating})
	if err != nil {
		t.Fatal(err)
	}
	r.Packet(0, (&source{frames: toneFrames(t)}).next())
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || entries[0].Name() != "_._.._.._etc_passwd-_._.._out.ogg" || entries[1].Name() != "timeline.json" {
		t.Fatalf("%v, %v", entries, err)
	}
}

func TestNewRecorder_SaysAtOnceThatItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := media.NewRecorder(media.RecorderConfig{Dir: filepath.Join(file, "dir"), Seating: new(media.Seating)}); err == nil {
		t.Error("recording into a file's inside")
	}
}

// Whatever a sender does with its sequence numbers, timestamps and payloads: the file stays whole, in order, and never
// more than a moment longer than the recording.
func TestRecorder_IsNotMovedByHostileTimelines(t *testing.T) {
	frames := toneFrames(t)
	payloads := [][]byte{
		frames[1], {}, {0}, {31 << 3}, {31<<3 | 3}, {31<<3 | 3, 6, 1}, {31<<3 | 3, 48, 0}, {3<<3 | 1, 1, 2}, {28 << 3, 1, 2}, make([]byte, 1400),
	}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var seating media.Seating
		seating.Set(seated("ann", "ann", "bob"))
		const seconds = 10
		dir := record(t, &seating, func(r *media.Recorder) {
			for range seconds * 50 {
				for range rng.IntN(4) {
					p := &rtp.Packet{
						Header:  rtp.Header{SequenceNumber: uint16(rng.Uint32() >> rng.IntN(16)), Timestamp: rng.Uint32() >> rng.IntN(32), Marker: rng.IntN(3) == 0},
						Payload: payloads[rng.IntN(len(payloads))],
					}
					r.Packet(rng.IntN(4), p)
				}
				time.Sleep(frame)
			}
		})
		for _, id := range []string{"ann", "bob"} {
			b, err := os.ReadFile(filepath.Join(dir, "Name of "+id+"-"+id+".ogg"))
			if err != nil {
				t.Fatal(err)
			}
			readOgg(t, bytes.NewReader(b))
			last := bytes.LastIndex(b, []byte("OggS"))
			if flags := b[last+5]; flags != 4 {
				t.Errorf("seed %d, %s: the last page has flags %d", seed, id, flags)
			}
			if got, most := binary.LittleEndian.Uint64(b[last+6:]), uint64(3840+(seconds+2)*48000+5760); got > most {
				t.Errorf("seed %d, %s: %d samples long, at most %d allowed", seed, id, got, most)
			}
		}
	}
}

func TestFirstAudio_IsTheFirstPacketWithSoundOfEachTalker(t *testing.T) {
	var seating media.Seating
	f := media.NewFirstAudio(&seating)
	sound, dtx := &rtp.Packet{Payload: []byte{31 << 3, 1, 2}}, &rtp.Packet{Payload: []byte{31 << 3, 1}}
	heard := func(seat int, p *rtp.Packet) string {
		talker, ok := f.Packet(seat, p)
		if !ok {
			return ""
		}
		return talker.ID
	}
	if got := heard(0, sound); got != "" {
		t.Errorf("an unknown seat was %q", got)
	}
	seating.Set(seated("ann", "bob"))
	for i, c := range []struct {
		seat int
		p    *rtp.Packet
		want string
	}{{0, dtx, ""}, {0, sound, "ann"}, {0, sound, ""}, {1, sound, "bob"}, {2, sound, ""}, {-1, sound, ""}} {
		if got := heard(c.seat, c.p); got != c.want {
			t.Errorf("packet %d: %q, want %q", i, got, c.want)
		}
	}
	seating.Set(seated("bob", "ann", "cid"))
	if heard(0, sound) != "" || heard(1, sound) != "" || heard(2, sound) != "cid" {
		t.Error("a new seat made somebody new of an old talker")
	}
	seating.Set(signal.Snapshot{Rev: 2, Seats: []string{""}})
	seating.Set(seated("late"))
	if talker, ok := seating.At(0); ok {
		t.Errorf("older news put %v into the seat", talker)
	}
}
