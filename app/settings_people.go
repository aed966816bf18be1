package app

import "github.com/earshot/earshot/sfu/signal"

const (
	// maxVolume is how loud somebody can be made, in percent: 6 dB louder. Beyond, noise is what grows.
	maxVolume = 200
	// maxPeople is how many others' loudness is kept, 15 kB that go into each State; the page forgets whoever was changed
	// longest ago.
	maxPeople = 100
)

// People is what the user wants of others in all rooms.
type People struct {
	// Loudness has those who are not played as they come, in the order of their last change.
	Loudness []Loudness `json:"loudness"`
}

// Loudness is how loud we play somebody: a key, or a name where the person has none.
type Loudness struct {
	Key    string `json:"key,omitempty"`
	Name   string `json:"name"`   // as it was then
	Volume int    `json:"volume"` // percent, 0 to 200
	Muted  bool   `json:"muted,omitempty"`
}

func (p *People) defaults() { *p = People{Loudness: []Loudness{}} }

// check returns CodeBadMessage for what no page would set.
func (p *People) check() error {
	if p.Loudness == nil {
		p.Loudness = []Loudness{}
	}
	if len(p.Loudness) > maxPeople {
		return signal.Problemf(signal.CodeBadMessage, "loudness of %d people, limit %d", len(p.Loudness), maxPeople)
	}
	for _, one := range p.Loudness {
		if one.Volume < 0 || one.Volume > maxVolume {
			return signal.Problemf(signal.CodeBadMessage, "a volume of %d %%", one.Volume)
		}
		if one.Key != "" && !signal.ValidFingerprint(one.Key) {
			return signal.Problemf(signal.CodeBadMessage, "a key that is none")
		}
		if clean, err := signal.CleanName(one.Name); err != nil || clean != one.Name {
			return signal.Problemf(signal.CodeBadMessage, "a name that is none")
		}
	}
	return nil
}
