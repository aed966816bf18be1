package soundcard

// What is to be kept waiting at the loudspeaker, in samples: the least that was there within a second is held near a
// margin, which a break makes larger and time smaller again.
const (
	leastMargin = 15 * Rate / 1000
	mostMargin  = 80 * Rate / 1000
	marginUp    = 5 * Rate / 1000
	marginDown  = 0.1 * Rate / 1000 // each second
	// nearEnough is left alone: the server asks for blocks, so what it holds is known to about one.
	nearEnough = 4 * Rate / 1000
	farOff     = 12 * Rate / 1000
	// One sample of a block more or fewer is a thirtieth of a semitone, which nobody hears; two are a fifteenth.
	slowly  = 1
	quickly = 2
	// lateBy is how far above the margin sound is left out.
	lateBy = 40 * Rate / 1000
)

// balance keeps the delay at the loudspeaker small while two clocks drift apart.
type balance struct {
	margin float64
	least  int
	seen   int // blocks
	breaks int
	adjust int
	said   func(least int, margin float64, breaks, adjust int) // each second
}

func newBalance() *balance { return &balance{margin: leastMargin, least: mostMargin * 10} }

// most is how many samples may wait.
func (b *balance) most() int { return int(b.margin) + lateBy }

// tick takes how many samples wait to be played, and whether there were none since the last tick, and returns by how many the
// next blocks are to be longer.
func (b *balance) tick(waiting int, broke bool, blocks int) (longer int) {
	if broke {
		b.margin = min(mostMargin, b.margin+marginUp)
		b.breaks++
	}
	b.least = min(b.least, waiting)
	if b.seen += blocks; b.seen*Block < Rate {
		return b.adjust * blocks
	}
	b.margin = max(leastMargin, b.margin-marginDown)
	off := b.least - int(b.margin)
	switch {
	case b.breaks > 0: // after one the server waits for enough by itself
		b.adjust = 0
	case off > farOff:
		b.adjust = -quickly
	case off > nearEnough:
		b.adjust = -slowly
	case off < -farOff:
		b.adjust = quickly
	case off < -nearEnough:
		b.adjust = slowly
	default:
		b.adjust = 0
	}
	b.said(b.least, b.margin, b.breaks, b.adjust)
	b.least, b.seen, b.breaks = mostMargin*10, 0, 0
	return b.adjust * blocks
}
