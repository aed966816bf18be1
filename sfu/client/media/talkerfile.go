package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/earshot/earshot/sfu/client/media/ogg"
)

const (
	// preSkip is what players discard at the beginning, in samples: the 80 ms that RFC 7845 §5.1.1.2 recommends for a
	// decoder that starts in the middle of a stream. They are silence of our own, so nothing that was said is lost.
	preSkip = 3840
	// concealed is how much of a gap the decoder is asked to conceal, in samples: 100 ms, after which libopus has faded
	// out anyway. The rest is digital silence.
	concealed = ClockRate / 10
	// maxSameName is how many files of one talker's name and id a directory may hold.
	maxSameName = 1000
)

// CELT full-band TOC bytes, mono (RFC 6716 §3.1), by frame size in samples.
const (
	tocCELT20  = 31 << 3
	tocCELT10  = 30 << 3
	tocCELT5   = 29 << 3
	tocCELT2_5 = 28 << 3
)

// silence is a 20 ms CELT frame whose silence flag is set (RFC 6716 §4.3): digital silence, and the decoder's noise
// floor goes with it, so that empty frames after it stay silent.
const silence = "\xf8\xff\xfe"

// talkerFile is the Ogg Opus file of one talker. Places and lengths are in samples since the recording's start.
type talkerFile struct {
	file    *os.File
	ogg     *ogg.Writer
	end     int64 // where the next packet would begin
	toc     byte  // of the last packet of the talker
	talked  bool  // there was one
	flushed time.Time
}

// newTalkerFile creates the file, never over another one: NAME-ID.ogg, then NAME-ID-2.ogg and so on.
func newTalkerFile(dir string, t Talker, now time.Time) (*talkerFile, error) {
	f, err := createNew(dir, fileName(t), ".ogg")
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	// Two channels, because a talker may switch to stereo; mono packets decode to both.
	w, err := ogg.NewWriter(&wholeFile{file: f}, rand.Uint32(), ogg.Head{Channels: 2, PreSkip: preSkip, InputRate: ClockRate}, //nolint:gosec // a serial number, not a secret
		"Earshot", "TITLE="+t.Name)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("record: %w", err), f.Close())
	}
	file := &talkerFile{file: f, ogg: w, end: -preSkip, flushed: now}
	if err := file.fill(0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return file, nil
}

// write appends a packet at a place, which must not lie before the end. A gap of less than 2.5 ms cannot be expressed
// in Opus and is left to the next one.
func (t *talkerFile) write(packet []byte, at, samples int64) error {
	if err := t.fill(at); err != nil {
		return err
	}
	t.toc, t.talked = packet[0], true
	return t.packet(packet, samples)
}

// fill brings the end up to a place, with packets that say "nothing came": Ogg Opus has no other way (RFC 7845 §4.1).
func (t *talkerFile) fill(until int64) error {
	if t.talked {
		empty, n := []byte{t.toc &^ 3}, int64(frameSize(t.toc))
		for from := t.end; until-t.end >= n && t.end-from < concealed; {
			if err := t.packet(empty, n); err != nil {
				return err
			}
		}
	}
	if until-t.end >= frameSamples {
		if err := t.packet([]byte(silence), frameSamples); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		packet  []byte
		samples int64
	}{
		{[]byte{tocCELT20 | 3, 6}, 6 * frameSamples}, // six frames of no bytes: 120 ms, the most in a packet
		{[]byte{tocCELT20}, frameSamples},
		{[]byte{tocCELT10}, frameSamples / 2},
		{[]byte{tocCELT5}, frameSamples / 4},
		{[]byte{tocCELT2_5}, frameSamples / 8},
	} {
		for until-t.end >= step.samples {
			if err := t.packet(step.packet, step.samples); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *talkerFile) packet(b []byte, samples int64) error {
	if err := t.ogg.Packet(b, t.end+samples+preSkip); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	t.end += samples
	return nil
}

// flush writes pages out when the last time is flushEvery ago.
func (t *talkerFile) flush(now time.Time) error {
	if now.Sub(t.flushed) < flushEvery {
		return nil
	}
	t.flushed = now
	if err := t.ogg.Flush(); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// close ends the stream and closes the file.
func (t *talkerFile) close() error {
	if err := errors.Join(t.ogg.Close(), t.file.Close()); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// wholeFile is written to whole pieces at a time: one that did not fit is taken off again, so that a file on a full disk ends with
// a whole page.
type wholeFile struct {
	file *os.File
	size int64
}

// Write implements io.Writer.
func (w *wholeFile) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	if err != nil {
		if n > 0 {
			err = errors.Join(err, w.file.Truncate(w.size))
		}
		return 0, err
	}
	w.size += int64(n)
	return n, nil
}
