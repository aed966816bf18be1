package ogg

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A Writer writes one Opus stream. Each page leaves in a single Write, so that what a killed process left behind is a
// playable file up to its last page. The newest packet is always held back, because only the last page of a stream may
// carry the end-of-stream flag.
//
// A failed write is final: every later call returns it again.
type Writer struct {
	out      io.Writer
	crc      *crc
	serial   uint32
	sequence uint32
	packets  []byte // of the page being filled
	lace     []byte // lacing values of packets
	before   int64  // granule position before the newest packet
	granule  int64  // and after it
	newest   int    // lacing values of the newest packet; 0 when there is none
	page     []byte // scratch
	err      error
}

// NewWriter writes the two header pages. serial tells this stream from others in one file; comments are NAME=value.
func NewWriter(out io.Writer, serial uint32, head Head, vendor string, comments ...string) (*Writer, error) {
	w := &Writer{out: out, crc: newCRC(), serial: serial}
	for i, p := range [][]byte{head.packet(), tags(vendor, comments)} {
		if len(p) >= 255*maxSegments {
			return nil, fmt.Errorf("write Ogg header: %d bytes of tags", len(p))
		}
		w.add(p, 0)
		flag := byte(0)
		if i == 0 {
			flag = flagFirst
		}
		if err := w.write(len(w.lace), 0, flag); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Packet appends a packet after which the stream has granule samples at 48 kHz, pre-skip included. It copies b.
func (w *Writer) Packet(b []byte, granule int64) error {
	if w.err != nil {
		return w.err
	}
	need := len(b)/255 + 1
	if need > maxSegments {
		return fmt.Errorf("write Ogg packet: %d bytes", len(b))
	}
	if granule < w.granule {
		return fmt.Errorf("write Ogg packet: granule position %d after %d", granule, w.granule)
	}
	if len(w.lace)+need > maxSegments {
		if err := w.write(len(w.lace), w.granule, 0); err != nil {
			return err
		}
	}
	w.add(b, granule)
	return nil
}

func (w *Writer) add(b []byte, granule int64) {
	w.packets = append(w.packets, b...)
	w.newest = len(b)/255 + 1
	for range w.newest - 1 {
		w.lace = append(w.lace, 255)
	}
	w.lace = append(w.lace, byte(len(b)%255))
	w.before, w.granule = w.granule, granule
}

// Flush writes out every packet but the newest.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	if n := len(w.lace) - w.newest; n > 0 {
		return w.write(n, w.before, 0)
	}
	return nil
}

// Close writes what is left as the stream's last page. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	err := w.write(len(w.lace), w.granule, flagLast)
	if err == nil {
		w.err = io.ErrClosedPipe
	}
	return err
}

// write makes a page of the first n lacing values and what they stand for.
func (w *Writer) write(n int, granule int64, flags byte) error {
	size := 0
	for _, l := range w.lace[:n] {
		size += int(l)
	}
	p := append(w.page[:0], "OggS\x00"...)
	p = append(p, flags)
	p = binary.LittleEndian.AppendUint64(p, uint64(granule)) //nolint:gosec // never negative
	p = binary.LittleEndian.AppendUint32(p, w.serial)
	p = binary.LittleEndian.AppendUint32(p, w.sequence)
	p = append(p, 0, 0, 0, 0, byte(n)) //nolint:gosec // n <= maxSegments
	p = append(p, w.lace[:n]...)
	p = append(p, w.packets[:size]...)
	binary.LittleEndian.PutUint32(p[22:], w.crc.of(p))
	w.page = p
	w.sequence++
	if _, w.err = w.out.Write(p); w.err != nil {
		w.err = fmt.Errorf("write Ogg page: %w", w.err)
		return w.err
	}
	w.packets = append(w.packets[:0], w.packets[size:]...)
	w.lace = append(w.lace[:0], w.lace[n:]...)
	if len(w.lace) == 0 {
		w.newest = 0
	}
	return nil
}
