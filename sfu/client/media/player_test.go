package media_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/client/media/ogg"
)

const tonePackets = 101 // in testdata/tone440.ogg

// sent is a packet and when it left, from the beginning.
type sent struct {
	rtp.Header
	size int
	at   time.Duration
}

// clocked is a Sink that notes times and can be slow.
type clocked struct {
	start   time.Time
	packets []sent
	delay   func(n int) time.Duration
	fail    error
}

func (c *clocked) WriteRTP(p *rtp.Packet) error {
	c.packets = append(c.packets, sent{p.Header, len(p.Payload), time.Since(c.start)})
	if c.delay != nil {
		time.Sleep(c.delay(len(c.packets) - 1))
	}
	return c.fail
}

func openTone(t *testing.T) *media.Player {
	t.Helper()
	p, err := media.OpenPlayer("testdata/tone440.ogg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestPlayer_SendsOnePacketEvery20Milliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openTone(t)
		if got := p.Duration(); got != tonePackets*20*time.Millisecond {
			t.Errorf("duration %v", got)
		}
		c := &clocked{start: time.Now()}
		if err := p.Play(t.Context(), c, false); err != nil {
			t.Fatal(err)
		}
		if len(c.packets) != tonePackets {
			t.Fatalf("%d packets, want %d", len(c.packets), tonePackets)
		}
		first := c.packets[0]
		for i, s := range c.packets {
			if want := time.Duration(i) * 20 * time.Millisecond; s.at != want {
				t.Errorf("packet %d left at %v, want %v", i, s.at, want)
			}
			if s.SequenceNumber != first.SequenceNumber+uint16(i) || s.Timestamp != first.Timestamp+uint32(i)*960 || s.Marker != (i == 0) || s.size < 3 {
				t.Errorf("packet %d is %+v", i, s)
			}
		}
	})
}

func TestPlayer_LoopsWithoutABreakUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openTone(t)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second-time.Millisecond)
		defer cancel()
		c := &clocked{start: time.Now()}
		if err := p.Play(ctx, c, true); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if len(c.packets) != 250 {
			t.Fatalf("%d packets in 5 s, want 250", len(c.packets))
		}
		for i, s := range c.packets {
			if s.SequenceNumber != c.packets[0].SequenceNumber+uint16(i) || s.at != time.Duration(i)*20*time.Millisecond {
				t.Fatalf("packet %d is %+v", i, s)
			}
		}
	})
}

func TestPlayer_CatchesUpAfterAShortStallAndLeavesOutALongOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openTone(t)
		c := &clocked{start: time.Now(), delay: func(n int) time.Duration {
			switch n {
			case 10:
				return 150 * time.Millisecond
			case 50:
				return 5 * time.Second
			}
			return 0
		}}
		if err := p.Play(t.Context(), c, false); err != nil {
			t.Fatal(err)
		}
		if got, want := c.packets[20].at, 400*time.Millisecond; got != want {
			t.Errorf("after the short stall packet 20 left at %v, want %v", got, want)
		}
		after := c.packets[51]
		if want := 6 * time.Second; after.at != want || !after.Marker {
			t.Errorf("after the long stall: at %v, marker %v", after.at, after.Marker)
		}
		if got := after.Timestamp - c.packets[50].Timestamp; got != 5*48000 {
			t.Errorf("the timestamp moved by %d over 5 s", got)
		}
		if got, want := c.packets[100].at-after.at, 49*20*time.Millisecond; got != want {
			t.Errorf("the rest took %v, want %v", got, want)
		}
	})
}

func TestPlayer_StopsWhenTheSinkFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clocked{start: time.Now(), fail: os.ErrClosed}
		if err := openTone(t).Play(t.Context(), c, true); !errors.Is(err, os.ErrClosed) || len(c.packets) != 1 {
			t.Fatalf("%v after %d packets", err, len(c.packets))
		}
	})
}

func TestOpenPlayer_SaysWhatIsWrongWithAFile(t *testing.T) {
	tone, err := os.ReadFile("testdata/tone440.ogg")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	packets := func(name string, packets ...[]byte) string {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		w, err := ogg.NewWriter(f, 1, ogg.Head{Channels: 1}, "test")
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range packets {
			if err := w.Packet(p, int64(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	for name, c := range map[string]struct {
		path string
		want error // nil: it plays
	}{
		"missing":          {filepath.Join(dir, "none"), os.ErrNotExist},
		"text":             {write("text", []byte("hello, this is a text and no Ogg file")), ogg.ErrNotOgg},
		"truncated":        {write("cut", tone[:len(tone)/2]), ogg.ErrTruncated},
		"no audio":         {packets("silent"), ogg.ErrTruncated},
		"an empty packet":  {packets("empty", []byte{}), ogg.ErrCorrupt},
		"121 ms":           {packets("long", []byte{31<<3 | 3, 7}), ogg.ErrCorrupt},
		"10 ms":            {packets("10ms", []byte{30 << 3, 1, 2}), media.ErrFrameSize},
		"60 ms":            {packets("60ms", []byte{3 << 3, 1, 2}), media.ErrFrameSize},
		"40 ms later":      {packets("40ms", []byte{31 << 3, 1}, []byte{31<<3 | 1, 1}), media.ErrFrameSize},
		"too large":        {packets("large", append([]byte{30<<3 | 1}, make([]byte, 2000)...)), media.ErrPacketTooLarge},
		"20 ms CELT":       {packets("20a", []byte{31 << 3, 1}), nil},
		"20 ms SILK":       {packets("20b", []byte{1 << 3, 1}), nil},
		"20 ms hybrid":     {packets("20c", []byte{15 << 3, 1}), nil},
		"two times 10 ms":  {packets("20d", []byte{14<<3 | 1, 1, 1}), nil},
		"eight times 2.5":  {packets("20e", []byte{28<<3 | 3, 8, 1}), nil},
		"stereo, 2x10, VB": {packets("20f", []byte{30<<3 | 4 | 2, 1, 1}), nil},
	} {
		p, err := media.OpenPlayer(c.path)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil {
			p.Close()
		}
	}
}
