// Package ogg reads and writes Opus in Ogg (RFC 3533, RFC 7845), packet by packet.
//
// It exists because a WebRTC participant needs what pion's oggreader and oggwriter leave out: single packets of files
// that carry fifty in a page or split one over two, and granule positions that the caller chooses.
//
// Everything here is a plain value used by one goroutine; nothing opens files or keeps time.
package ogg

import "errors"

// Errors of reading. They come wrapped with the offset in the file.
var (
	// ErrNotOgg is returned for a file that does not begin with an Ogg page.
	ErrNotOgg = errors.New("not an Ogg file")
	// ErrNotOpus is returned for an Ogg file without an Opus stream that can be read: another codec, or a mapping of
	// several Opus streams (surround, ambisonics).
	ErrNotOpus = errors.New("not an Ogg Opus file of one stream")
	// ErrTruncated is returned where a file ends in the middle of a page or of a packet.
	ErrTruncated = errors.New("the file is cut off")
	// ErrCorrupt is returned for a page whose checksum is wrong, or bytes between pages.
	ErrCorrupt = errors.New("the file is damaged")
)

const (
	headerSize  = 27                         // bytes of a page header before its lacing values (RFC 3533 §6)
	maxSegments = 255                        // lacing values in a page
	maxPage     = headerSize + 255 + 255*255 // bytes
)

// Flags of a page header (RFC 3533 §6).
const (
	flagContinued = 1 << iota // the first packet began on an earlier page
	flagFirst                 // first page of a logical stream
	flagLast                  // last page of a logical stream
)

// crc is the table of the CRC of RFC 3533 §6: polynomial 0x04c11db7, most significant bit first, no inversion. hash/crc32
// has the reflected form only.
type crc [256]uint32

func newCRC() *crc {
	var t crc
	for i := range t {
		c := uint32(i) << 24 //nolint:gosec // i < 256
		for range 8 {
			if c&(1<<31) != 0 {
				c = c<<1 ^ 0x04c11db7
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return &t
}

// of returns the CRC of a page whose own CRC field is taken as zero.
func (t *crc) of(page []byte) uint32 {
	var c uint32
	for i, b := range page {
		if i >= 22 && i < 26 {
			b = 0
		}
		c = c<<8 ^ t[byte(c>>24)^b]
	}
	return c
}
