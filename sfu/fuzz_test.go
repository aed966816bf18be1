package sfu

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// reader hands out the bytes of a fuzz input as numbers; 0 after its end.
type reader struct{ b []byte }

func (r *reader) more() bool { return len(r.b) > 0 }

func (r *reader) uint8() uint8 {
	if len(r.b) == 0 {
		return 0
	}
	n := r.b[0]
	r.b = r.b[1:]
	return n
}

func (r *reader) uint16() uint16 { return uint16(r.uint8())<<8 | uint16(r.uint8()) }
func (r *reader) uint32() uint32 { return uint32(r.uint16())<<16 | uint32(r.uint16()) }

// bytes returns a length in one byte and as many bytes.
func (r *reader) bytes() []byte {
	n := min(int(r.uint8()), len(r.b))
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// Whatever packets come, what goes out is one continuous stream: a new source takes the next number and at least one frame
// later, within a source the distances are kept, no number comes twice or belongs to a source before.
func FuzzRewriter(f *testing.F) {
	f.Add([]byte("\x00\x00\x14\x01\x05\x14\x00\x00\x14"))                                 // in order
	f.Add([]byte("\x02\xff\xff\x00\x14\x00\x00\x14\x00\x00\x14"))                         // over the wrap
	f.Add([]byte("\x06\x10\x00\x00\x14\x01\xfe\x14\x01\x03\x14\x03\x14\x02\x90\x00\x14")) // reordered, doubled, restarted
	f.Add([]byte("\x00\x14\x24\x14\x00\x14\x2c\xff"))                                     // the clock of another goroutine
	f.Fuzz(func(t *testing.T, b []byte) {
		in := &reader{b}
		var (
			r       rewriter
			seq     uint16
			ts      uint32
			now     = time.Second
			high    uint16 // highest number that went out
			highTS  uint32
			offset  uint16 // of the current source
			offsets uint32
			floor   uint16
			gone    = make(map[uint16]bool) // numbers of the current source
		)
		for first := true; in.more(); first = false {
			flags := in.uint8()
			switch flags & 3 {
			case 0:
				seq++
				ts += frame
			case 1:
				d := int8(in.uint8())          //nolint:gosec // signed on purpose
				seq += uint16(d)               //nolint:gosec // as above
				ts += uint32(int32(d)) * frame //nolint:gosec // as above
			case 2:
				seq, ts = in.uint16(), in.uint32()
			}
			passed := time.Duration(in.uint8()) * time.Millisecond
			if flags&8 != 0 { // two uplinks read the clock before they meet in the seat
				passed = -passed / 10
			}
			now += passed
			fresh := flags&4 != 0
			outSeq, outTS, marker, ok := r.next(seq, ts, flags&16 != 0, fresh, now)
			if !ok {
				if first || fresh {
					t.Fatal("the first packet of a source was dropped")
				}
				continue
			}
			if begun := first || fresh || outSeq-seq != offset; begun {
				if !marker {
					t.Fatalf("a source began without a marker at %d", outSeq)
				}
				if !first && outSeq != high+1 {
					t.Fatalf("a source began at %d after %d", outSeq, high)
				}
				if step := outTS - highTS; !first && (step < frame || step > 1<<31) {
					t.Fatalf("the timestamp stepped by %d", int32(step)) //nolint:gosec // for people
				}
				offset, offsets, floor = outSeq-seq, outTS-ts, outSeq
				clear(gone)
			} else {
				if outTS-ts != offsets {
					t.Fatal("the timestamp's offset changed within a source")
				}
				if before(outSeq, floor) {
					t.Fatalf("number %d belongs to the source before, which ended at %d", outSeq, floor-1)
				}
				if gone[outSeq] {
					t.Fatalf("number %d came twice", outSeq)
				}
			}
			if len(gone) > 1<<14 {
				clear(gone)
			}
			gone[outSeq] = true
			if first || before(high, outSeq) {
				high, highTS = outSeq, outTS
			}
		}
	})
}

func FuzzLevel(f *testing.F) {
	f.Add([]byte{0x80 | 0x30}, []byte{15 << 3, 1, 2, 3}, uint8(1))
	f.Add([]byte{}, []byte{3<<3 | 3, 0x3f}, uint8(0))
	f.Add([]byte{127, 1}, []byte{}, uint8(14))
	f.Add([]byte{0}, bytes.Repeat([]byte{31<<3 | 3, 48}, 600), uint8(2))
	f.Fuzz(func(t *testing.T, extension, payload []byte, id uint8) {
		h := rtp.Header{Version: 2}
		if id %= 15; id > 0 && len(extension) > 0 && len(extension) <= 16 {
			if err := h.SetExtension(id, extension); err != nil {
				t.Fatal(err)
			}
		}
		var g guess
		var m gauge
		m.setAlert(alertAtFirst)
		for range 3 {
			level := levelOf(&h, payload, id, &g)
			if level < silence || level > 0 {
				t.Fatalf("level %d", level)
			}
			if len(h.Extensions) > 0 && level != -int(extension[0]&0x7f) {
				t.Fatalf("level %d of %x", level, extension)
			}
			d := opusDuration(payload)
			if d <= 0 || d > 120*time.Millisecond {
				t.Fatalf("%v of sound", d)
			}
			if loud := m.hear(level, d); loud != (level >= alertAtFirst) {
				t.Fatalf("level %d is loud: %v", level, loud)
			}
			if r := m.take(); r.peak != level || r.mean != level || r.heard == 0 || r.loud > r.heard {
				t.Fatalf("level %d is read as %+v", level, r)
			}
		}
	})
}

func FuzzRED(f *testing.F) {
	var w redWriter
	w.build([]redBlock{{offset: 2 * frame, payload: []byte("older")}, {offset: frame, payload: []byte("old")}}, []byte("own"))
	f.Add(bytes.Clone(w.payload(111)))
	f.Add([]byte{111, 1, 2, 3})
	f.Add([]byte{0x80 | 111, 0xff, 0xff, 0xff, 111, 1})
	f.Add([]byte{0x80 | 111, 0, 0, 1, 0x80 | 111, 0, 0, 2, 0x80 | 111, 0, 0, 1, 111, 'a', 'b', 'b', 'c', 'd'})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		var blocks [maxRedundant]redBlock
		n, own, err := unwrapRED(b, &blocks)
		if err != nil {
			return
		}
		total := 1 + len(own.payload)
		for _, block := range blocks[:n] {
			total += redHeader + len(block.payload)
			if block.pt > 127 || block.offset > maxREDOffset || len(block.payload) > maxREDBlock {
				t.Fatalf("block %+v", block)
			}
		}
		if own.pt > 127 || total > len(b) {
			t.Fatalf("%d bytes of %d", total, len(b))
		}
		if !w.build(blocks[:n], own.payload) {
			if total <= maxRED {
				t.Fatalf("%d bytes were refused", total)
			}
			return
		}
		var again [maxRedundant]redBlock
		m, same, err := unwrapRED(w.payload(111), &again)
		if err != nil || m != n || !bytes.Equal(same.payload, own.payload) {
			t.Fatalf("%d blocks became %d, error %v", n, m, err)
		}
		for i := range n {
			if again[i].offset != blocks[i].offset || !bytes.Equal(again[i].payload, blocks[i].payload) {
				t.Fatalf("block %d became %+v", i, again[i])
			}
		}
	})
}

// counter is a bound downlink's writer that counts.
type counter struct {
	t       *testing.T
	packets int
}

func (c *counter) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if c.packets++; len(payload) == 0 || len(payload) > maxOpus || h.Version != 2 || h.Padding || h.Extension || len(h.CSRC) > 0 {
		c.t.Fatalf("sent %+v with %d bytes", h, len(payload))
	}
	return 0, nil
}
func (c *counter) Write([]byte) (int, error) { c.t.Fatal("sent raw bytes"); return 0, nil }

// fuzzed returns a participant with one seat that somebody else talks in.
func fuzzed(t *testing.T) (p *peer, speak func(), out *counter) {
	t.Helper()
	talker, s, _ := stageFor(0)
	out = &counter{t: t}
	d := &downlink{seat: s}
	d.bound.Store(&binding{writer: out, ssrc: 1, opus: opusType})
	d.hear(true)
	s.subscribers.Store(&[]*downlink{d})
	return &peer{uplink: newUplink(time.Now(), nil), seats: []*downlink{d}}, talk(t, talker), out
}

// Whatever RTCP says, nothing is sent but what the seat keeps, within the allowance.
func FuzzRTCP(f *testing.F) {
	word := binary.BigEndian.AppendUint32
	f.Add(word(word(word([]byte{0x81, 205, 0, 3}, 1), 1), 0x0001ffff))           // NACK
	f.Add(word(word([]byte{0x81, 206, 0, 2}, 1), 1))                             // PLI
	f.Add(append(word([]byte{0x80, 201, 0, 1}, 1), 0x81, 203, 0, 1, 0, 0, 0, 1)) // RR and BYE
	f.Add(append(word([]byte{0x81, 201, 0, 7}, 1), make([]byte, 24)...))
	f.Add(append(word([]byte{0x80, 200, 0, 6}, 1), make([]byte, 20)...))
	f.Add([]byte{0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0, 0, 0, 0, 0, 0, 1})
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, speak, out := fuzzed(t)
		for range 10 {
			speak()
		}
		sent := out.packets
		for i := range 20 {
			p.hearRTCP(b, time.Duration(i)*time.Millisecond)
		}
		if resent := out.packets - sent; resent > resendsPerSecond+1+2 {
			t.Fatalf("%d packets were sent again within 20 ms", resent)
		}
		sent = out.packets
		speak()
		if out.packets != sent+1 {
			t.Fatal("the seat is not heard any more")
		}
	})
}

// Whatever RTP comes, what is forwarded is a packet of Opus.
func FuzzUplink(f *testing.F) {
	packet := func(h rtp.Header, payload string) []byte {
		b, err := (&rtp.Packet{Header: h, Payload: []byte(payload)}).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		return append([]byte{byte(len(b))}, b...)
	}
	one := packet(rtp.Header{Version: 2, PayloadType: opusType, SSRC: 7, SequenceNumber: 1}, "xvoice")
	f.Add(one)
	f.Add(append(bytes.Clone(one), packet(rtp.Header{Version: 2, PayloadType: redType, SSRC: 7, SequenceNumber: 4, Timestamp: 3 * frame}, "\xef\x0f\x00\x03oldxown")...))
	f.Add(append(bytes.Clone(one), packet(rtp.Header{Version: 2, Padding: true, PaddingSize: 4, PayloadType: opusType, SSRC: 8}, "x")...))
	f.Add([]byte{13, 0xbf, opusType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 14, 0x90, opusType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde})
	f.Fuzz(func(t *testing.T, b []byte) {
		u, s, _ := stageFor(0)
		u.levelID.Store(1)
		out := &counter{t: t}
		d := &downlink{seat: s}
		d.bound.Store(&binding{writer: out, ssrc: 1, opus: opusType})
		d.hear(true)
		s.subscribers.Store(&[]*downlink{d})
		packets := 0
		for in := (&reader{b}); in.more(); packets++ {
			u.receive(in.bytes(), time.Duration(packets)*tick)
		}
		if most := packets * (1 + maxRedundant); out.packets > most {
			t.Fatalf("%d packets became %d", packets, out.packets)
		}
	})
}

// Whatever people do, the stage holds what it must.
func FuzzStage(f *testing.F) {
	f.Add([]byte{3, 0, 0, 0, 0, 0, 0, 0x21, 0x45, 0xff, 0x22, 0x45, 0xff, 0x23})
	f.Add([]byte{1, 0, 0, 0, 0x20, 0, 50, 0x21, 127, 50, 1, 2, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		in := &reader{b}
		s := newScene(1+int(in.uint8()%12), 0)
		for names := 0; in.more(); {
			n := len(s.people)
			who := 0
			op := in.uint8()
			if n > 0 {
				who = int(op>>3) % n
			}
			switch {
			case n == 0 || op&7 == 0 && n < 40:
				s.join(string(rune('A' + names)))
				names++
				s.assign(s.now)
			case op&7 == 1:
				s.remove(s.people[who].voice)
				s.people = append(s.people[:who:who], s.people[who+1:]...)
				s.assign(s.now)
			case op&7 == 2:
				s.mute(s.people[who].voice, op>>7 == 0, s.now)
			default:
				s.people[who].sound = steady(-int(in.uint8()))
				s.play(time.Duration(in.uint8()) * 4 * time.Millisecond)
			}
			s.check(t, 0)
		}
	})
}
