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

// Seating says who sits where. Set and At are safe for concurrent use and never wait for each other; the zero value is
// a room without anybody.
type Seating struct {
	seats atomic.Pointer[seats]
}

type seats struct {
	revision uint64
	talkers  []Talker // index is the seat; an empty ID is nobody
}

// Set takes over the seats of a snapshot, unless it is older than the last one.
func (s *Seating) Set(room signal.Snapshot) {
	next := &seats{revision: room.Rev, talkers: make([]Talker, len(room.Seats))}
	for i, id := range room.Seats {
		if p, ok := room.Participant(id); ok {
			next.talkers[i] = Talker{ID: p.ID, Name: p.Name}
		}
	}
	for {
		old := s.seats.Load()
		if old != nil && old.revision > next.revision || s.seats.CompareAndSwap(old, next) {
			return
		}
	}
}

// At returns who sits in a seat; false when nobody does, or nobody that we have been told of yet.
func (s *Seating) At(seat int) (Talker, bool) {
	now := s.seats.Load()
	if now == nil || seat < 0 || seat >= len(now.talkers) || now.talkers[seat].ID == "" {
		return Talker{}, false
	}
	return now.talkers[seat], true
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
