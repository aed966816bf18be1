package ogg

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Head is the identification header of an Opus stream (RFC 7845 §5.1).
type Head struct {
	Channels  int    // 1 or 2
	PreSkip   int    // samples at 48 kHz to discard at the beginning
	InputRate uint32 // Hz of the original, for information only; Opus in Ogg always counts at 48 kHz
}

const (
	headMagic = "OpusHead"
	tagsMagic = "OpusTags"
)

// parseHead reads an OpusHead packet. Mapping family 0, and any other that maps one stream to one or two channels, is
// the same packets and is accepted.
func parseHead(b []byte) (Head, error) {
	if !bytes.HasPrefix(b, []byte(headMagic)) {
		return Head{}, ErrNotOpus
	}
	// The upper four bits of the version change only when older readers must refuse (RFC 7845 §5.1).
	if len(b) < 19 || b[8]&0xf0 != 0 {
		return Head{}, fmt.Errorf("%w: unreadable OpusHead", ErrNotOpus)
	}
	h := Head{
		Channels:  int(b[9]),
		PreSkip:   int(binary.LittleEndian.Uint16(b[10:])),
		InputRate: binary.LittleEndian.Uint32(b[12:]),
	}
	if family := b[18]; family != 0 && (len(b) < 21 || b[19] != 1) {
		return Head{}, fmt.Errorf("%w: mapping family %d", ErrNotOpus, family)
	}
	if h.Channels < 1 || h.Channels > 2 {
		return Head{}, fmt.Errorf("%w: %d channels", ErrNotOpus, h.Channels)
	}
	return h, nil
}

// packet returns the OpusHead packet.
func (h Head) packet() []byte {
	b := make([]byte, 19)
	copy(b, headMagic)
	b[8] = 1                                                 // version
	b[9] = byte(h.Channels)                                  //nolint:gosec // 1 or 2
	binary.LittleEndian.PutUint16(b[10:], uint16(h.PreSkip)) //nolint:gosec // the caller's constant
	binary.LittleEndian.PutUint32(b[12:], h.InputRate)
	return b // output gain 0, mapping family 0
}

// tags returns an OpusTags packet (RFC 7845 §5.2) with comments of the form NAME=value.
func tags(vendor string, comments []string) []byte {
	b := []byte(tagsMagic)
	b = appendString(b, vendor)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(comments))) //nolint:gosec // a handful
	for _, c := range comments {
		b = appendString(b, c)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s))) //nolint:gosec // short
	return append(b, s...)
}
