package load

// heardWindow is how many packets of a talker a listener remembers until they are judged: 80 s of voice. Judging comes
// after a second; the rest is for a machine that stands still.
const heardWindow = 4096

// hearing is what one listener has heard of one talker, by the numbers inside the packets.
type hearing struct {
	judged uint32 // numbers below are judged
	seen   [heardWindow / 64]uint64
}

// add notes a number.
func (h *hearing) add(n uint32) {
	if n >= h.judged && n-h.judged < heardWindow {
		h.seen[n/64%(heardWindow/64)] |= 1 << (n % 64)
	}
}

// judge returns how many of the numbers before end came and how many did not, of those not judged yet, and forgets them.
func (h *hearing) judge(end uint32) (came, missing int64) {
	for ; h.judged != end; h.judged++ {
		word, bit := &h.seen[h.judged/64%(heardWindow/64)], uint64(1)<<(h.judged%64)
		if *word&bit != 0 {
			came++
		} else {
			missing++
		}
		*word &^= bit
	}
	return came, missing
}

const (
	// lookEvery is how often who talks and who holds a seat is looked at.
	lookEvery = frame * 5
	// lookGrace is for how many looks before and after its packets a talker must have held the seat, and the listener
	// have been connected, for a packet to count as due: 500 ms, in which news of a change travel on a busy machine.
	lookGrace = 5
	// lookBack is how many looks are kept.
	lookBack = 4 * lookGrace
)

// due decides, look by look, which numbers of a talker a listener must have heard.
type due struct {
	heard hearing
	next  [lookBack]uint32 // the talker's next number at the look
	held  [lookBack]bool   // the talker held a seat and both were connected
	looks int

	came, lost int64
}

// look notes the talker's next number and judges the packets sent between two earlier looks.
func (d *due) look(next uint32, held bool) {
	i := d.looks % lookBack
	d.next[i], d.held[i] = next, held
	d.looks++
	if d.looks < 2*lookGrace+2 {
		return
	}
	from := d.looks - lookGrace - 2 // the packets between the looks from and from+1
	certain := true
	for k := d.looks - 2*lookGrace - 2; k < d.looks; k++ {
		certain = certain && d.held[k%lookBack]
	}
	if start := d.next[from%lookBack]; d.heard.judged < start {
		d.heard.judge(start) // before anybody looked
	}
	came, missing := d.heard.judge(d.next[(from+1)%lookBack])
	if certain {
		d.came += came
		d.lost += missing
	}
}
