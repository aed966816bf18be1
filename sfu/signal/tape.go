package signal

import "slices"

type (
	// Tape begins to record: the host answers with a second, listening connection that is sent everybody's voice, the
	// participant's own included, and marks the participant as recording for as long as that lasts. Another Tape replaces the
	// connection; an Update that nothing is recorded any more closes it.
	Tape struct {
		Offer string `json:"offer"` // SDP of the shape of a join's
	}
	// Taped answers Tape.
	Taped struct {
		Answer string `json:"answer"` // SDP with the host's candidates
	}
)

func (m *Tape) validate() error { return validOffer(m.Offer) }
func (*Taped) validate() error  { return nil }

// Recorders returns the first MaxPeople names of those who record; nil when nobody does.
func Recorders(roster []Participant) []string {
	var names []string
	for _, p := range roster {
		if p.Recording && len(names) < MaxPeople {
			names = append(names, p.Name)
		}
	}
	return slices.Clip(names)
}
