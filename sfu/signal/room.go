package signal

import "slices"

// RoomFacts is what anybody on the LAN may know of a room: the answer of GET /v1/room.
type RoomFacts struct {
	V            int      `json:"v"`                // protocol version
	ID           string   `json:"id"`               // stable for the life of the room
	Name         string   `json:"name"`             // display name, never trusted, never markup
	Host         string   `json:"host"`             // name of the person whose app hosts it
	Participants int      `json:"participants"`     // how many are inside
	People       []string `json:"people"`           // the first MaxPeople names, in order of joining
	Capacity     int      `json:"capacity"`         // how many may be inside
	Seats        int      `json:"seats"`            // K: recvonly audio m-lines an offer should have
	PIN          bool     `json:"pin"`              // a PIN is needed
	Locked       bool     `json:"locked,omitempty"` // nobody new enters
	Knock        bool     `json:"knock,omitempty"`  // whoever is new has to be let in
	// Recorders are the first MaxPeople names of those who record, to be shown before somebody enters.
	Recorders []string `json:"recorders,omitempty"`
	Epoch     int      `json:"epoch"` // grows with every change of host
}

// Participant is one person in the roster.
type Participant struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Key          string `json:"key,omitempty"`          // fingerprint of their installation's key; "" is not known
	Host         bool   `json:"host,omitempty"`         // their installation hosts the room
	Guest        bool   `json:"guest,omitempty"`        // they have no installation and came by their browser
	Moderator    bool   `json:"moderator,omitempty"`    // appointed by the host
	Muted        bool   `json:"muted,omitempty"`        // by their own wish; the SFU forwards nothing of theirs
	Silenced     bool   `json:"silenced,omitempty"`     // muted by the host or a moderator, beside their own wish
	Listener     bool   `json:"listener,omitempty"`     // no microphone
	Deafened     bool   `json:"deafened,omitempty"`     // hears nobody, by their own wish
	Hand         int    `json:"hand,omitempty"`         // raised: the lower, the earlier; 0 is not
	Recording    bool   `json:"recording,omitempty"`    // keeps what it hears
	Reconnecting bool   `json:"reconnecting,omitempty"` // their Signal connection dropped, their place is kept
}

// Snapshot is the whole state of a room at one revision.
type Snapshot struct {
	Rev          uint64        `json:"rev"`
	Facts        RoomFacts     `json:"facts"`
	Rules        Rules         `json:"rules"`
	Participants []Participant `json:"participants"` // in order of joining
	Seats        []string      `json:"seats"`        // K participant ids; "" is an empty seat
}

// Clone returns a deep copy.
func (s Snapshot) Clone() Snapshot {
	s.Facts.People = slices.Clone(s.Facts.People)
	s.Facts.Recorders = slices.Clone(s.Facts.Recorders)
	s.Participants = slices.Clone(s.Participants)
	s.Seats = slices.Clone(s.Seats)
	return s
}

// Participant returns the participant of that id.
func (s *Snapshot) Participant(id string) (Participant, bool) {
	i := s.index(id)
	if i < 0 {
		return Participant{}, false
	}
	return s.Participants[i], true
}

func (s *Snapshot) index(id string) int {
	return slices.IndexFunc(s.Participants, func(p Participant) bool { return p.ID == id })
}

// Apply brings the snapshot to the change's revision. It reports false, and changes nothing, when a change before this
// one is missing: the receiver then asks for a Snapshot with Sync. A change it already has is ignored and reported true.
func (s *Snapshot) Apply(c Change) bool {
	rev := c.Revision()
	if rev <= s.Rev {
		return true
	}
	if rev != s.Rev+1 {
		return false
	}
	s.Rev = rev
	c.apply(s)
	s.Facts.Participants = len(s.Participants)
	s.Facts.People = People(s.Participants)
	s.Facts.Recorders = Recorders(s.Participants)
	return true
}

// People returns the first MaxPeople names, never nil.
func People(roster []Participant) []string {
	names := make([]string, 0, MaxPeople)
	for _, p := range roster[:min(len(roster), MaxPeople)] {
		names = append(names, p.Name)
	}
	return names
}
