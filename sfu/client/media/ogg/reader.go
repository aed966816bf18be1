package ogg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxPacket bounds an audio packet in bytes: 48 frames of 1275 bytes are the most that Opus can say (RFC 6716 §3.4).
const maxPacket = 48 * 1275

// A Reader returns the Opus packets of a file one by one, whatever pages they came in. Other streams multiplexed into
// the file are skipped; streams chained one after the other are read on. A file without an end-of-stream page, which is
// what a killed recorder leaves, ends normally after its last whole page.
type Reader struct {
	in     *bufio.Reader
	crc    *crc
	offset int64 // of the next page

	head   Head
	serial uint32

	page  []byte // the page being read
	lace  []byte // its lacing values not read yet
	body  []byte // its bytes not read yet
	last  bool   // it is the stream's last
	whole []byte // the packet being put together
	open  bool   // whole continues on the next page
}

// NewReader reads the headers of the first Opus stream in r. It returns ErrNotOgg, ErrNotOpus, ErrTruncated or
// ErrCorrupt.
func NewReader(r io.Reader) (*Reader, error) {
	o := &Reader{in: bufio.NewReaderSize(r, maxPage), crc: newCRC()}
	if err := o.begin(); err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrNotOpus
			if o.offset == 0 {
				err = fmt.Errorf("%w: it is empty", ErrNotOgg)
			}
		}
		return nil, err
	}
	return o, nil
}

// Head returns the identification header of the stream that is being read.
func (o *Reader) Head() Head { return o.head }

// Next returns the next audio packet, which is valid until the following call. At the end of the file it returns io.EOF.
func (o *Reader) Next() ([]byte, error) {
	for {
		packet, err := o.packet(false)
		if !errors.Is(err, errStreamEnd) {
			return packet, err
		}
		if err := o.begin(); err != nil {
			return nil, err
		}
	}
}

// errStreamEnd says that the logical stream is over.
var errStreamEnd = errors.New("end of stream")

// begin finds the next first page of an Opus stream and reads its two headers.
func (o *Reader) begin() error {
	var refused error
	for {
		p, err := o.readPage()
		if errors.Is(err, io.EOF) && refused != nil {
			return refused
		}
		if err != nil {
			return err
		}
		if p[5]&flagFirst == 0 {
			continue
		}
		lace, body := split(p)
		head, err := parseHead(body)
		if err != nil { // another codec, perhaps multiplexed with Opus
			refused = fmt.Errorf("at byte %d: %w", o.offset-int64(len(p)), err)
			continue
		}
		o.head, o.serial = head, binary.LittleEndian.Uint32(p[14:])
		o.last, o.open, o.whole = p[5]&flagLast != 0, false, o.whole[:0]
		o.lace, o.body = lace, body
		break
	}
	if _, err := o.packet(true); err != nil { // OpusHead, seen above
		return headersCut(err)
	}
	tags, err := o.packet(true)
	if err != nil {
		return headersCut(err)
	}
	if !bytes.HasPrefix(tags, []byte(tagsMagic)) {
		return fmt.Errorf("%w: no OpusTags", ErrNotOpus)
	}
	return nil
}

func headersCut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, errStreamEnd) {
		return fmt.Errorf("%w: within its headers", ErrTruncated)
	}
	return err
}

// packet puts the next packet together from lacing values (RFC 3533 §5): each 255 says that more follows. Of a header
// longer than an audio packet (tags with a picture in them) only the beginning is kept.
func (o *Reader) packet(header bool) ([]byte, error) {
	if !o.open {
		o.whole = o.whole[:0]
	}
	for {
		for len(o.lace) > 0 {
			n := int(o.lace[0])
			if len(o.whole)+n <= maxPacket {
				o.whole = append(o.whole, o.body[:n]...)
			} else if !header {
				return nil, fmt.Errorf("%w: at byte %d: a packet of more than %d bytes", ErrCorrupt, o.offset, maxPacket)
			}
			o.lace, o.body = o.lace[1:], o.body[n:]
			if o.open = n == 255; !o.open {
				return o.whole, nil
			}
		}
		if err := o.nextPage(); err != nil {
			return nil, err
		}
	}
}

// nextPage moves to the stream's next page.
func (o *Reader) nextPage() error {
	if o.last {
		if o.open {
			return fmt.Errorf("%w: at byte %d, within a packet", ErrTruncated, o.offset)
		}
		return errStreamEnd
	}
	for {
		p, err := o.readPage()
		if errors.Is(err, io.EOF) && o.open {
			return fmt.Errorf("%w: at byte %d, within a packet", ErrTruncated, o.offset)
		}
		if err != nil {
			return err
		}
		if binary.LittleEndian.Uint32(p[14:]) != o.serial {
			continue
		}
		o.last = p[5]&flagLast != 0
		o.lace, o.body = split(p)
		switch continued := p[5]&flagContinued != 0; {
		case continued && !o.open: // its beginning was on a page that is missing
			o.skipContinued()
		case !continued && o.open: // its rest was
			o.open, o.whole = false, o.whole[:0]
		}
		return nil
	}
}

// skipContinued drops the end of a packet whose beginning is missing.
func (o *Reader) skipContinued() {
	for len(o.lace) > 0 {
		n := int(o.lace[0])
		o.lace, o.body = o.lace[1:], o.body[n:]
		if n < 255 {
			return
		}
	}
}

// readPage returns the next page of any stream, its checksum verified, valid until the next call.
func (o *Reader) readPage() ([]byte, error) {
	o.page = append(o.page[:0], make([]byte, headerSize)...)
	n, err := io.ReadFull(o.in, o.page)
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case n >= 4 && string(o.page[:4]) != "OggS", err != nil && o.offset == 0:
		if o.offset == 0 {
			return nil, ErrNotOgg
		}
		return nil, fmt.Errorf("%w: at byte %d: no page begins here", ErrCorrupt, o.offset)
	case err != nil:
		return nil, o.cut(err)
	}
	segments := int(o.page[26])
	o.page = append(o.page, make([]byte, segments)...)
	if _, err := io.ReadFull(o.in, o.page[headerSize:]); err != nil {
		return nil, o.cut(err)
	}
	size := 0
	for _, n := range o.page[headerSize:] {
		size += int(n)
	}
	body := len(o.page)
	o.page = append(o.page, make([]byte, size)...)
	if _, err := io.ReadFull(o.in, o.page[body:]); err != nil {
		return nil, o.cut(err)
	}
	if o.page[4] != 0 || binary.LittleEndian.Uint32(o.page[22:]) != o.crc.of(o.page) {
		return nil, fmt.Errorf("%w: at byte %d: wrong checksum", ErrCorrupt, o.offset)
	}
	o.offset += int64(len(o.page))
	return o.page, nil
}

// cut turns the end of the input within a page into ErrTruncated, and passes a read error on.
func (o *Reader) cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: at byte %d, within a page", ErrTruncated, o.offset)
	}
	return fmt.Errorf("read Ogg page: %w", err)
}

// split returns a page's lacing values and its bytes.
func split(page []byte) (lace, body []byte) {
	end := headerSize + int(page[26])
	return page[headerSize:end], page[end:]
}
