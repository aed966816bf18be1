package media

import (
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/signal"
)

// Talker is who is heard from a seat.
type Talker struct {
	ID, Name string
}

// Seating says who sits where. Set and At are safe for concurrent use and never wait; the zero value is a room without
// anybody.
type Seating struct {
	seats atomic.Pointer[[]Talker]
}

// Set takes over the seats of a snapshot.
func (s *Seating) Set(room signal.Snapshot) {
	seats := make([]Talker, len(room.Seats))
	for i, id := range room.Seats {
		if p, ok := room.Participant(id); ok {
			seats[i] = Talker{ID: p.ID, Name: p.Name}
		}
	}
	s.seats.Store(&seats)
}

// At returns who sits in a seat; false when nobody does, or nobody that we have been told of yet.
func (s *Seating) At(seat int) (Talker, bool) {
	seats := s.seats.Load()
	if seats == nil || seat < 0 || seat >= len(*seats) || (*seats)[seat].ID == "" {
		return Talker{}, false
	}
	return (*seats)[seat], true
}

// FirstAudio notices the first sound of each talker. It is safe for concurrent use.
type FirstAudio struct {
	seating *Seating

	mu    sync.Mutex
	heard map[string]bool // ids of talkers
}

// NewFirstAudio returns a FirstAudio that reads names from seating.
func NewFirstAudio(seating *Seating) *FirstAudio {
	return &FirstAudio{seating: seating, heard: make(map[string]bool)}
}

// Packet returns the talker of a packet, and true when it is the first one with sound in it.
func (f *FirstAudio) Packet(seat int, p *rtp.Packet) (Talker, bool) {
	if !IsSpeech(p.Payload) {
		return Talker{}, false
	}
	t, ok := f.seating.At(seat)
	if !ok {
		return Talker{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.heard[t.ID] {
		return Talker{}, false
	}
	f.heard[t.ID] = true
	return t, true
}
