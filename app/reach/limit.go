package reach

import (
	"net/netip"
	"time"
)

// How often this app dials for others. A person who looks again and again does so a few times a minute; each time costs one
// TCP connection and three small datagrams.
const (
	dialsPerAsker  = 6  // a minute, for one address
	dialsPerMinute = 30 // for all together
	maxDialling    = 2  // at once
)

// limit counts dials over the last minute. Its owner locks.
type limit struct {
	dials []dial // of the last minute, oldest first
	now   int    // under way
}

type dial struct {
	to netip.Addr
	at time.Time
}

// begin takes a place for a dial, if there is one; end gives it back.
func (l *limit) begin(to netip.Addr, now time.Time) bool {
	to = to.WithZone("")
	for len(l.dials) > 0 && now.Sub(l.dials[0].at) >= time.Minute {
		l.dials = l.dials[1:]
	}
	same := 0
	for _, d := range l.dials {
		if d.to == to {
			same++
		}
	}
	if l.now >= maxDialling || same >= dialsPerAsker || len(l.dials) >= dialsPerMinute {
		return false
	}
	l.dials = append(l.dials, dial{to, now})
	l.now++
	return true
}

func (l *limit) end() { l.now-- }
