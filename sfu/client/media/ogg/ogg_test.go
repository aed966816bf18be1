package ogg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// tone is two seconds of 20 ms packets written by ffmpeg's libopus, fifty packets in a page.
func tone(tb testing.TB) []byte {
	tb.Helper()
	b, err := os.ReadFile("../testdata/tone440.ogg")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func readAll(b []byte) (packets [][]byte, err error) {
	r, err := NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return packets, nil
		}
		if err != nil {
			return packets, err
		}
		packets = append(packets, bytes.Clone(p))
	}
}

// page builds one page by hand, independently of Writer.
func page(flags byte, granule uint64, serial, sequence uint32, lace []byte, body []byte) []byte {
	p := []byte("OggS\x00")
	p = append(p, flags)
	p = binary.LittleEndian.AppendUint64(p, granule)
	p = binary.LittleEndian.AppendUint32(p, serial)
	p = binary.LittleEndian.AppendUint32(p, sequence)
	p = append(p, 0, 0, 0, 0, byte(len(lace)))
	p = append(append(p, lace...), body...)
	binary.LittleEndian.PutUint32(p[22:], newCRC().of(p))
	return p
}

// headers are the two header pages of a stream.
func headers(serial uint32) []byte {
	head, comment := Head{Channels: 1, PreSkip: 312, InputRate: 48000}.packet(), tags("test", nil)
	return slices.Concat(
		page(flagFirst, 0, serial, 0, []byte{byte(len(head))}, head),
		page(0, 0, serial, 1, []byte{byte(len(comment))}, comment))
}

func TestReader_ReadsEachPacketOfAPageThatHoldsFifty(t *testing.T) {
	packets, err := readAll(tone(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(packets) != 101 { // 2 s and the encoder's look-ahead
		t.Fatalf("%d packets, want 101", len(packets))
	}
	r, err := NewReader(bytes.NewReader(tone(t)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Head(), (Head{Channels: 1, PreSkip: 312, InputRate: 48000}); got != want {
		t.Errorf("head %+v, want %+v", got, want)
	}
}

func TestReader_JoinsPacketsThatContinueOnTheNextPages(t *testing.T) {
	want := bytes.Repeat([]byte("abcdefg"), 100) // 700 bytes: 255 + 255 + 190
	file := slices.Concat(headers(7),
		page(0, ^uint64(0), 7, 2, []byte{255}, want[:255]),
		page(flagContinued, ^uint64(0), 7, 3, []byte{255}, want[255:510]),
		page(flagContinued|flagLast, 960, 7, 4, []byte{190, 3}, append(slices.Clone(want[510:]), "end"...)))
	packets, err := readAll(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(packets) != 2 || !bytes.Equal(packets[0], want) || string(packets[1]) != "end" {
		t.Fatalf("got %d packets %.40q", len(packets), packets)
	}
}

func TestReader_DropsWhatAMissingPageTore(t *testing.T) {
	whole := page(0, 0, 7, 2, []byte{3}, []byte("one"))
	for name, file := range map[string][]byte{
		"the beginning": slices.Concat(headers(7), whole, page(flagContinued, 0, 7, 9, []byte{255, 4, 3}, append(make([]byte, 259), "two"...))),
		"the rest":      slices.Concat(headers(7), whole, page(0, 0, 7, 3, []byte{255}, make([]byte, 255)), page(0, 0, 7, 9, []byte{3}, []byte("two"))),
	} {
		packets, err := readAll(file)
		if err != nil || len(packets) != 2 || string(packets[0]) != "one" || string(packets[1]) != "two" {
			t.Errorf("%s missing: %q, %v", name, packets, err)
		}
	}
}

func TestReader_SkipsOtherStreamsAndReadsChainedOnes(t *testing.T) {
	vorbis := page(flagFirst, 0, 1, 0, []byte{7}, []byte("\x01vorbis"))
	file := slices.Concat(vorbis, headers(7),
		page(0, 0, 1, 1, []byte{5}, []byte("other")),
		page(flagLast, 960, 7, 2, []byte{3}, []byte("one")),
		headers(8),
		page(flagLast, 960, 8, 2, []byte{3}, []byte("two")))
	packets, err := readAll(file)
	if err != nil || len(packets) != 2 || string(packets[0]) != "one" || string(packets[1]) != "two" {
		t.Fatalf("%q, %v", packets, err)
	}
}

func TestReader_ReadsTagsWithAPictureInThem(t *testing.T) {
	head, comment := Head{Channels: 2}.packet(), append(tags("test", nil), make([]byte, 200_000)...)
	file := page(flagFirst, 0, 7, 0, []byte{byte(len(head))}, head)
	flags := byte(0)
	for seq := uint32(1); len(comment) > 0; seq++ {
		n := min(len(comment), 255*255)
		lace := bytes.Repeat([]byte{255}, n/255)
		if n%255 != 0 {
			lace = append(lace, byte(n%255))
		}
		file = append(file, page(flags, 0, 7, seq, lace, comment[:n])...)
		comment, flags = comment[n:], flagContinued
	}
	file = append(file, page(flagLast, 960, 7, 9, []byte{3}, []byte("one"))...)
	packets, err := readAll(file)
	if err != nil || len(packets) != 1 || string(packets[0]) != "one" {
		t.Fatalf("%q, %v", packets, err)
	}
}

func TestReader_SaysWhatIsWrongWithAFile(t *testing.T) {
	good := tone(t)
	flipped := bytes.Clone(good)
	flipped[len(flipped)-10] ^= 1
	vorbis := page(flagFirst|flagLast, 0, 1, 0, []byte{7}, []byte("\x01vorbis"))
	surround := Head{Channels: 2}.packet()
	surround[9], surround[18] = 6, 1
	surround = append(surround, 4, 2, 0, 4, 1, 2, 3, 5)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"empty":                {nil, ErrNotOgg},
		"one byte":             {[]byte("O"), ErrNotOgg},
		"a WAV":                {[]byte("RIFF\x00\x00\x00\x00WAVEfmt " + strings.Repeat("\x00", 100)), ErrNotOgg},
		"Vorbis":               {vorbis, ErrNotOpus},
		"surround":             {page(flagFirst|flagLast, 0, 1, 0, []byte{byte(len(surround))}, surround), ErrNotOpus},
		"cut in a page":        {good[:len(good)-100], ErrTruncated},
		"cut in a page header": {good[:50], ErrTruncated},
		"cut after OpusHead":   {good[:47], ErrTruncated},
		"cut within a packet":  {append(headers(7), page(0, 0, 7, 2, []byte{255}, make([]byte, 255))...), ErrTruncated},
		"ended in a packet":    {append(headers(7), page(flagLast, 0, 7, 2, []byte{255}, make([]byte, 255))...), ErrTruncated},
		"a flipped bit":        {flipped, ErrCorrupt},
		"junk between pages":   {append(headers(7), bytes.Repeat([]byte("junk"), 20)...), ErrCorrupt},
	} {
		if _, err := readAll(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestReader_EndsNormallyWhereAKilledRecorderStopped(t *testing.T) {
	file := append(headers(7), page(0, 960, 7, 2, []byte{3}, []byte("one"))...)
	packets, err := readAll(file)
	if err != nil || len(packets) != 1 {
		t.Fatalf("%q, %v", packets, err)
	}
}

func TestWriter_RoundTripsEverySize(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, 42, Head{Channels: 2, PreSkip: 3840, InputRate: 48000}, "test", "TITLE=한글")
	if err != nil {
		t.Fatal(err)
	}
	var want [][]byte
	for i := range 2000 {
		want = append(want, bytes.Repeat([]byte{byte(i)}, i%1300))
		if err := w.Packet(want[i], int64(i+1)*960); err != nil {
			t.Fatal(err)
		}
		if i%37 == 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Packet([]byte("late"), 1<<40); err == nil {
		t.Error("a closed writer took a packet")
	}
	got, err := readAll(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Fatalf("%d packets came back of %d, or others", len(got), len(want))
	}
	checkPages(t, out.Bytes())
}

// checkPages verifies flags, sequence and granule positions of every page.
func checkPages(t *testing.T, file []byte) {
	t.Helper()
	granule := uint64(0)
	for seq := uint32(0); len(file) > 0; seq++ {
		lace := file[headerSize : headerSize+int(file[26])]
		size := headerSize + len(lace)
		for _, l := range lace {
			size += int(l)
		}
		flags := file[5]
		if got := binary.LittleEndian.Uint32(file[18:]); got != seq {
			t.Fatalf("page %d has sequence %d", seq, got)
		}
		if first := flags&flagFirst != 0; first != (seq == 0) {
			t.Errorf("page %d: first-page flag is %v", seq, first)
		}
		if last := flags&flagLast != 0; last != (len(file) == size) {
			t.Errorf("page %d: last-page flag is %v", seq, last)
		}
		g := binary.LittleEndian.Uint64(file[6:])
		if g < granule || seq < 2 && g != 0 {
			t.Errorf("page %d: granule position %d after %d", seq, g, granule)
		}
		granule = g
		file = file[size:]
	}
}

func TestWriter_RefusesGranulesThatGoBackAndHugePackets(t *testing.T) {
	w, err := NewWriter(io.Discard, 1, Head{Channels: 1}, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Packet([]byte{1}, 960); err != nil {
		t.Fatal(err)
	}
	if err := w.Packet([]byte{1}, 959); err == nil {
		t.Error("the granule position went back")
	}
	if err := w.Packet(make([]byte, 255*255), 1920); err == nil {
		t.Error("a packet took more than a page")
	}
}

type failing struct{ after int }

var errFull = errors.New("no space left")

func (f *failing) Write(b []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriter_KeepsAWriteErrorForEver(t *testing.T) {
	if _, err := NewWriter(&failing{}, 1, Head{Channels: 1}, "test"); !errors.Is(err, errFull) {
		t.Errorf("headers: %v", err)
	}
	w, err := NewWriter(&failing{after: 2}, 1, Head{Channels: 1}, "test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := w.Packet([]byte{1}, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); !errors.Is(err, errFull) {
		t.Errorf("flush: %v", err)
	}
	if err := errors.Join(w.Packet([]byte{1}, 9), w.Close()); !errors.Is(err, errFull) {
		t.Errorf("afterwards: %v", err)
	}
}

// Whatever the bytes: no panic, no endless loop, and what is written reads back.
func FuzzReader(f *testing.F) {
	f.Add(tone(f)[:400])
	f.Add(append(headers(7), page(flagContinued, 0, 7, 2, []byte{255, 3}, make([]byte, 258))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		fixChecksums(b)
		packets, err := readAll(b)
		total := 0
		for _, p := range packets {
			total += len(p)
		}
		if total > len(b) {
			t.Fatalf("%d bytes of packets out of %d (%v)", total, len(b), err)
		}
	})
}

// fixChecksums lets mutated pages through to what is behind the checksum.
func fixChecksums(b []byte) {
	for {
		i := bytes.Index(b, []byte("OggS"))
		if i < 0 || len(b)-i < headerSize {
			return
		}
		b = b[i:]
		size := headerSize + int(b[26])
		if size > len(b) {
			return
		}
		for _, l := range b[headerSize:size] {
			size += int(l)
		}
		if size > len(b) {
			return
		}
		binary.LittleEndian.PutUint32(b[22:], newCRC().of(b[:size]))
		b = b[size:]
	}
}
