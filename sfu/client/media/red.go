package media

import (
	"encoding/binary"
	"errors"
)

// mimeTypeRED is redundant audio (RFC 2198): each packet carries frames before it once more.
const mimeTypeRED = "audio/red"

const (
	redDepth     = 2         // how many earlier frames a packet carries, as the SFU sends it
	redHeader    = 4         // bytes for each of them
	redMax       = 1180      // bytes of a payload, so that it fits into a packet on a path with an MTU of 1280
	redMaxOffset = 1<<14 - 1 // samples back
	redMaxBlock  = 1<<10 - 1 // bytes of an earlier frame
	redFollows   = 1 << 7    // the bit that says that another header follows
	redTypeMask  = redFollows - 1
)

var errNotRED = errors.New("not a RED payload")

// frame is one Opus packet and when it was.
type frame struct {
	timestamp uint32
	payload   []byte
}

// redundancy keeps the last frames of a sender and joins them with the next. The zero value has none.
type redundancy struct {
	kept [redDepth]frame // oldest first; no payload is none
	out  []byte
}

// keep remembers a frame that was sent. It copies it.
func (r *redundancy) keep(timestamp uint32, payload []byte) {
	oldest := r.kept[0].payload[:0]
	copy(r.kept[:], r.kept[1:])
	r.kept[redDepth-1] = frame{timestamp, append(oldest, payload...)}
}

// wrap returns a frame with those kept before it, valid until the next call; false when none is near enough or they do
// not fit.
func (r *redundancy) wrap(opus uint8, timestamp uint32, payload []byte) ([]byte, bool) {
	var blocks []frame
	size := 1 + len(payload)
	for _, f := range r.kept {
		if len(f.payload) == 0 || timestamp-f.timestamp > redMaxOffset || len(f.payload) > redMaxBlock {
			blocks, size = nil, 1+len(payload) // what is before a frame that is missing could not be numbered
			continue
		}
		blocks = append(blocks, f)
		size += redHeader + len(f.payload)
	}
	if len(blocks) == 0 || size > redMax {
		return nil, false
	}
	r.out = r.out[:0]
	for _, f := range blocks {
		r.out = append(r.out, redFollows|opus)
		r.out = binary.BigEndian.AppendUint16(r.out, uint16((timestamp-f.timestamp)<<2|uint32(len(f.payload)>>8))) //nolint:gosec // 14 and 2 bits
		r.out = append(r.out, byte(len(f.payload)))
	}
	r.out = append(r.out, opus)
	for _, f := range blocks {
		r.out = append(r.out, f.payload...)
	}
	return append(r.out, payload...), true
}

// unwrapRED returns the frames of a RED payload, oldest first and its own last. They are parts of b.
func unwrapRED(timestamp uint32, b []byte) ([]frame, error) {
	var frames []frame
	var sizes []int
	for {
		if len(b) == 0 {
			return nil, errNotRED
		}
		if b[0]&redFollows == 0 {
			break
		}
		if len(b) < redHeader {
			return nil, errNotRED
		}
		offset := uint32(binary.BigEndian.Uint16(b[1:]) >> 2)
		frames = append(frames, frame{timestamp: timestamp - offset})
		sizes = append(sizes, int(b[2]&3)<<8|int(b[3]))
		b = b[redHeader:]
	}
	b = b[1:]
	for i, size := range sizes {
		if len(b) < size {
			return nil, errNotRED
		}
		frames[i].payload, b = b[:size], b[size:]
	}
	return append(frames, frame{timestamp, b}), nil
}
