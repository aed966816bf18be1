package media

import (
	"bytes"
	"testing"
)

func TestRedundancy_CarriesTheTwoFramesBefore(t *testing.T) {
	var r redundancy
	if _, ok := r.wrap(111, 0, []byte("first")); ok {
		t.Error("the first frame has none before it")
	}
	r.keep(0, []byte("first"))
	r.keep(960, []byte("second"))
	wrapped, ok := r.wrap(111, 1920, []byte("third"))
	if !ok {
		t.Fatal("not wrapped")
	}
	frames, err := unwrapRED(1920, wrapped)
	if err != nil || len(frames) != 3 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	for i, want := range []string{"first", "second", "third"} {
		if string(frames[i].payload) != want || frames[i].timestamp != 960*uint32(i) { //nolint:gosec // 0 to 2
			t.Errorf("frame %d is %q at %d", i, frames[i].payload, frames[i].timestamp)
		}
	}
}

func TestRedundancy_LeavesOutWhatIsTooFarBackOrTooBig(t *testing.T) {
	var r redundancy
	r.keep(0, []byte("before a long silence"))
	if _, ok := r.wrap(111, 48000, []byte("word")); ok {
		t.Error("a frame of a second ago was sent again")
	}
	r.keep(48000, bytes.Repeat([]byte{1}, 1000))
	if _, ok := r.wrap(111, 48960, bytes.Repeat([]byte{1}, 1000)); ok {
		t.Error("a packet became larger than a network's")
	}
}

func FuzzUnwrapRED(f *testing.F) {
	f.Add([]byte{0x80 | 111, 0x0f, 0x00, 0x01, 111, 1, 2, 3})
	f.Add([]byte{111})
	f.Fuzz(func(t *testing.T, b []byte) {
		frames, err := unwrapRED(0, b)
		if err != nil {
			return
		}
		size := 0
		for _, frame := range frames {
			size += len(frame.payload)
		}
		if size >= len(b) {
			t.Errorf("%d bytes out of %d", size, len(b))
		}
	})
}
