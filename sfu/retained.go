package sfu

import "sync/atomic"

// retain is how many packets of each seat are kept: 64 are 1.3 s of 20 ms frames, longer than any playout buffer waits
// for a retransmission. A power of two.
const retain = 64

// retained keeps the latest packets of one seat, once for all who hear it, because they differ in nothing but SSRC,
// payload type and a constant in the sequence number. The seat's holder writes; those who answer NACKs read, from other
// goroutines. A slot is tried, never waited for.
type retained struct {
	slots [retain]slot
}

type slot struct {
	busy atomic.Bool
	used bool
	seq  uint16
	ts   uint32
	// redundancy says which earlier packets the RED form of this one carried: bit i is seq-1-i; 0 is that it had none
	// and went to everybody as plain Opus. A retransmission must be the very bytes of the packet, because it is
	// encrypted with the same nonce (RFC 7714 §8.1).
	redundancy uint8
	marker     bool
	payload    []byte
}

func (r *retained) at(seq uint16) *slot { return &r.slots[seq%retain] }

// hold returns the slot of a sequence number for the caller alone until release, or nil.
func (r *retained) hold(seq uint16) *slot {
	s := r.at(seq)
	if !s.busy.CompareAndSwap(false, true) {
		return nil
	}
	if !s.used || s.seq != seq {
		s.release()
		return nil
	}
	return s
}

func (s *slot) release() { s.busy.Store(false) }

// put keeps one packet, unless somebody reads the slot just now: then that packet cannot be had again.
func (r *retained) put(seq uint16, ts uint32, marker bool, payload []byte, redundancy uint8) {
	s := r.at(seq)
	if !s.busy.CompareAndSwap(false, true) {
		return
	}
	s.used, s.seq, s.ts, s.marker, s.redundancy = true, seq, ts, marker, redundancy
	s.payload = append(s.payload[:0], payload...)
	s.release()
}

// red builds the RED form of a packet with the earlier ones that redundancy names. It returns false when one of them is
// not here any more or just now read by somebody else.
func (r *retained) red(w *redWriter, seq uint16, ts uint32, payload []byte, redundancy uint8) bool {
	var (
		blocks [maxRedundant]redBlock
		held   [maxRedundant]*slot
		n      int
		whole  = true
	)
	for back := uint16(maxRedundant); back > 0; back-- {
		if redundancy&(1<<(back-1)) == 0 {
			continue
		}
		s := r.hold(seq - back)
		if s == nil {
			whole = false
			break
		}
		blocks[n], held[n] = redBlock{offset: ts - s.ts, payload: s.payload}, s
		n++
	}
	whole = whole && w.build(blocks[:n], payload)
	for _, s := range held[:n] {
		s.release()
	}
	return whole
}

// redundancy returns which of the packets before seq fit into its RED form; 0 is none.
func (r *retained) redundancy(seq uint16, ts uint32, payload []byte) (mask uint8) {
	total := 1 + len(payload)
	for back := uint16(1); back <= maxRedundant; back++ {
		s := r.hold(seq - back)
		if s == nil {
			break
		}
		size, offset := len(s.payload), ts-s.ts
		s.release()
		if total += redHeader + size; offset > maxREDOffset || size > maxREDBlock || total > maxRED {
			break
		}
		mask |= 1 << (back - 1)
	}
	return mask
}
