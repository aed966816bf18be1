package load

// lateWindow is how many packets back a late one still counts, and a second copy is recognised: 20 s of voice.
const lateWindow = 1024

// newSource is how far a sequence number may move within one source. RFC 3550 §A.1 calls it MAX_DROPOUT.
const newSource = 3000

// stream counts the packets of one SSRC by their sequence numbers. Lost is what is missing between the first and the
// last; what never came after the last one nobody can know from the numbers.
type stream struct {
	started     bool
	first, last int64 // lowest and highest sequence number, extended over wraps
	here        int64 // of those between first and last
	seen        [lateWindow / 64]uint64
	before      int64 // lost before the source began anew

	received, duplicates, reordered int64
}

// add counts one packet and reports whether it is the first copy.
func (s *stream) add(seq uint16) bool {
	if !s.started {
		s.begin(seq)
		return true
	}
	ahead := int64(int16(seq - uint16(s.last))) //nolint:gosec // the distance on a 16-bit circle
	n := s.last + ahead
	switch {
	case ahead > newSource || ahead < -newSource:
		s.before += s.missing()
		s.begin(seq)
		return true
	case ahead > 0:
		for k := s.last + 1; k <= n && k <= s.last+lateWindow; k++ {
			s.clear(k)
		}
		s.last = n
	case ahead <= -lateWindow, s.has(n):
		s.duplicates++
		return false
	default:
		s.reordered++
		s.first = min(s.first, n)
	}
	s.set(n)
	s.here++
	s.received++
	return true
}

func (s *stream) begin(seq uint16) {
	n := int64(seq) + 1<<32 // late ones before the first stay positive
	s.started, s.first, s.last, s.here = true, n, n, 1
	s.seen = [lateWindow / 64]uint64{}
	s.set(n)
	s.received++
}

func (s *stream) missing() int64 {
	if !s.started {
		return 0
	}
	return s.last - s.first + 1 - s.here
}

// lost returns how many packets are missing.
func (s *stream) lost() int64 { return s.before + s.missing() }

func (s *stream) has(n int64) bool { return s.seen[n/64&(lateWindow/64-1)]>>(n&63)&1 != 0 }
func (s *stream) set(n int64)      { s.seen[n/64&(lateWindow/64-1)] |= 1 << (n & 63) }
func (s *stream) clear(n int64)    { s.seen[n/64&(lateWindow/64-1)] &^= 1 << (n & 63) }
