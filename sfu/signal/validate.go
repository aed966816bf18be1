package signal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func validOffer(sdp string) error {
	switch {
	case len(sdp) > MaxOffer:
		return Problemf(CodeTooLarge, "SDP of %d bytes, limit %d", len(sdp), MaxOffer)
	case !strings.HasPrefix(sdp, "v=0"), strings.ContainsRune(sdp, 0):
		return Problemf(CodeBadOffer, "not SDP")
	}
	return nil
}

// CleanPIN returns a PIN as it is proved: NFKC, so that digits typed with a Korean or Japanese keyboard are the same, and
// without spaces around it. It returns CodeBadPIN for one that is shorter than MinPIN characters, longer than MaxPIN bytes
// or has control characters in it.
func CleanPIN(pin string) (string, error) {
	if !utf8.ValidString(pin) || len(pin) > 4*MaxPIN {
		return "", Problemf(CodeBadPIN, "not UTF-8, or over %d bytes", MaxPIN)
	}
	pin = strings.TrimSpace(norm.NFKC.String(pin))
	switch {
	case utf8.RuneCountInString(pin) < MinPIN, len(pin) > MaxPIN:
		return "", Problemf(CodeBadPIN, "want %d characters to %d bytes", MinPIN, MaxPIN)
	case strings.ContainsFunc(pin, unicode.IsControl):
		return "", Problemf(CodeBadPIN, "control characters")
	}
	return pin, nil
}

func (m *Prove) validate() error {
	switch {
	case m.V != Version:
		return Problemf(CodeUnsupportedVersion, "version %d, this host speaks %d", m.V, Version)
	case len(m.Share) > maxToken:
		return Problemf(CodeTooLarge, "share longer than %d bytes", maxToken)
	}
	return nil
}

func (m *Proof) validate() error {
	if len(m.Share) > maxToken || len(m.Proof) > maxToken {
		return Problemf(CodeTooLarge, "share or proof longer than %d bytes", maxToken)
	}
	return nil
}

func (m *Join) validate() error {
	if m.V != Version {
		return Problemf(CodeUnsupportedVersion, "version %d, this host speaks %d", m.V, Version)
	}
	if len(m.Resume) > maxToken || len(m.HostKey) > maxToken || len(m.Proof) > maxToken || len(m.PIN) > 4*MaxPIN {
		return Problemf(CodeTooLarge, "token longer than %d bytes", maxToken)
	}
	if err := m.Quality.validate(); err != nil {
		return err
	}
	if m.Resume != "" {
		if m.Offer == "" {
			return nil
		}
		return validOffer(m.Offer) // of a guest who returns, under the name of before
	}
	name, err := CleanName(m.Name)
	if err != nil {
		return err
	}
	m.Name = name
	return validOffer(m.Offer)
}

func (m *Candidate) validate() error {
	switch {
	case len(m.Candidate) > MaxCandidate, len(m.Mid) > 32:
		return Problemf(CodeTooLarge, "candidate of %d bytes, limit %d", len(m.Candidate), MaxCandidate)
	case strings.ContainsAny(m.Candidate, "\r\n\x00"):
		return Problemf(CodeBadMessage, "candidate with a line break")
	}
	return nil
}

func (m *Restart) validate() error {
	if err := m.Quality.validate(); err != nil {
		return err
	}
	return validOffer(m.Offer)
}

func (*Update) validate() error { return nil }
func (*Sync) validate() error   { return nil }
func (*Leave) validate() error  { return nil }
func (*Beat) validate() error   { return nil }

func (m *Welcome) validate() error {
	if m.You == "" || m.Resume == "" {
		return Problemf(CodeBadMessage, "welcome without you or resume")
	}
	return m.Room.validate()
}

func (*Restarted) validate() error { return nil }
func (m *Joined) validate() error  { return m.Participant.validate() }
func (*Left) validate() error      { return nil }
func (m *Updated) validate() error { return m.Participant.validate() }

func (m *Seats) validate() error {
	if len(m.Seats) > MaxSeats {
		return Problemf(CodeBadMessage, "%d seats, limit %d", len(m.Seats), MaxSeats)
	}
	return nil
}
func (*Levels) validate() error   { return nil }
func (*Protect) validate() error  { return nil }
func (m *Resync) validate() error { return m.Room.validate() }
func (m *Error) validate() error  { tidyWords(&m.By, &m.Reason); return nil }
func (m *Bye) validate() error    { tidyWords(&m.By, &m.Reason); return nil }

func (s *Snapshot) validate() error {
	if err := s.Facts.Validate(); err != nil {
		return err
	}
	if len(s.Seats) > MaxSeats {
		return Problemf(CodeBadMessage, "%d seats, limit %d", len(s.Seats), MaxSeats)
	}
	for i := range s.Participants {
		if err := s.Participants[i].validate(); err != nil {
			return err
		}
	}
	return nil
}

// validate cleans the name in place: a hostile host must not reach the screens of others with it either.
func (p *Participant) validate() error {
	if p.ID == "" || len(p.ID) > 64 {
		return Problemf(CodeBadMessage, "participant without an id")
	}
	if p.Key != "" && !ValidFingerprint(p.Key) {
		return Problemf(CodeBadMessage, "participant with a key that is none")
	}
	if p.Hand < 0 {
		return Problemf(CodeBadMessage, "participant with a hand of %d", p.Hand)
	}
	name, err := CleanName(p.Name)
	if err != nil {
		return err
	}
	p.Name = name
	return nil
}

// Validate checks and cleans, in place, facts that came from the network.
func (f *RoomFacts) Validate() error {
	if f.V != Version {
		return Problemf(CodeUnsupportedVersion, "room of version %d, this app speaks %d", f.V, Version)
	}
	if f.ID == "" || len(f.ID) > 64 {
		return Problemf(CodeBadMessage, "room without an id")
	}
	if f.Participants < 0 || f.Capacity < 1 || f.Seats < 1 || f.Seats > MaxSeats || f.Epoch < 0 || len(f.People) > MaxPeople || len(f.Recorders) > MaxPeople {
		return Problemf(CodeBadMessage, "room facts out of range")
	}
	for _, name := range []*string{&f.Name, &f.Host} {
		clean, err := CleanName(*name)
		if err != nil {
			return err
		}
		*name = clean
	}
	for _, names := range [][]string{f.People, f.Recorders} {
		for i, name := range names {
			clean, err := CleanName(name)
			if err != nil {
				return err
			}
			names[i] = clean
		}
	}
	return nil
}
