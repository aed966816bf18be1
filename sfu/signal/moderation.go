package signal

import "unicode/utf8"

// Limits of moderation on the wire. They keep a full Desk below MaxMessage.
const (
	// MaxReason is the length of a reason in bytes of UTF-8: a sentence.
	MaxReason = 120
	// MaxBans and MaxModerators bound what a host's rules list, MaxKnocks who waits at the door of one room. An office that
	// would ban more people wants a PIN.
	MaxBans       = 64
	MaxModerators = 32
	MaxKnocks     = 16
)

// Rules are what holds in a room for everybody, and everybody may see. The zero value: anybody may enter and record.
type Rules struct {
	Locked      bool `json:"locked,omitempty"`      // nobody new enters
	Knock       bool `json:"knock,omitempty"`       // whoever is new has to be let in
	NoGuests    bool `json:"noGuests,omitempty"`    // nobody enters without a key
	NoRecording bool `json:"noRecording,omitempty"` // nobody records
	Guests      bool `json:"guests,omitempty"`      // people without the app may come by their browser, unless NoGuests
	GuestsFree  bool `json:"guestsFree,omitempty"`  // and need not be let in
}

// RulesChange changes some of the rules. A nil field stays as it is.
type RulesChange struct {
	Locked      *bool `json:"locked,omitempty"`
	Knock       *bool `json:"knock,omitempty"`
	NoGuests    *bool `json:"noGuests,omitempty"`
	NoRecording *bool `json:"noRecording,omitempty"`
	Guests      *bool `json:"guests,omitempty"`
	GuestsFree  *bool `json:"guestsFree,omitempty"`
}

// Apply returns the rules after the change.
func (c RulesChange) Apply(r Rules) Rules {
	for _, f := range []struct {
		to   *bool
		from *bool
	}{
		{&r.Locked, c.Locked},
		{&r.Knock, c.Knock},
		{&r.NoGuests, c.NoGuests},
		{&r.NoRecording, c.NoRecording},
		{&r.Guests, c.Guests},
		{&r.GuestsFree, c.GuestsFree},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return r
}

// Deed is what a moderator does.
type Deed string

// The deeds. Those at the end are the host's alone.
const (
	DeedMute    Deed = "mute"    // nothing of that person is forwarded, until
	DeedUnmute  Deed = "unmute"  // whether it is heard is its own wish again
	DeedLower   Deed = "lower"   // takes that person's hand down
	DeedRemove  Deed = "remove"  // out of the room
	DeedBan     Deed = "ban"     // out of the room, and of those to come, by key
	DeedUnban   Deed = "unban"   // by key
	DeedAdmit   Deed = "admit"   // lets in who knocks
	DeedRefuse  Deed = "refuse"  // sends away who knocks
	DeedRule    Deed = "rule"    // changes the rules
	DeedAppoint Deed = "appoint" // makes a moderator of a person who is here
	DeedDismiss Deed = "dismiss" // takes that back, by id or key
	DeedEnd     Deed = "end"     // ends the room for everybody
)

// Ban is one key that may not enter.
type Ban struct {
	Key    string `json:"key"`
	Name   string `json:"name"`             // that it had
	By     string `json:"by,omitempty"`     // name of who did it
	Reason string `json:"reason,omitempty"` // given for it
	At     int64  `json:"at,omitempty"`     // Unix time, s
}

// Moderator is one key that may moderate.
type Moderator struct {
	Key  string `json:"key"`
	Name string `json:"name"` // that it had
}

// Knock is somebody who waits to be let in.
type Knock struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Key  string `json:"key,omitempty"`
	// Guest says that they have no Earshot and come by their browser.
	Guest bool `json:"guest,omitempty"`
}

// Messages of moderation, of a participant to the host.
type (
	// Moderate is a deed of the host or of a moderator. The answer is a Moderated or an Error with the same Ask.
	Moderate struct {
		Ask    uint64       `json:"ask"`              // of the participant's choice
		Do     Deed         `json:"do"`               //
		ID     string       `json:"id,omitempty"`     // of a participant, or of somebody who knocks
		Key    string       `json:"key,omitempty"`    // of somebody who need not be here: DeedUnban, DeedDismiss
		Reason string       `json:"reason,omitempty"` // for the person concerned
		Rules  *RulesChange `json:"rules,omitempty"`  // DeedRule
	}
)

// Messages of moderation, of the host to a participant.
type (
	// Moderated answers Moderate: it is done.
	Moderated struct {
		Ask uint64 `json:"ask"`
	}
	// Ruled replaces the room's rules.
	Ruled struct {
		Rev   uint64 `json:"rev"`
		Rules Rules  `json:"rules"`
	}
	// Desk is what only the host and moderators see, whole: at their join, and after each change.
	Desk struct {
		Bans       []Ban       `json:"bans"`
		Moderators []Moderator `json:"moderators"`
		Knocking   []Knock     `json:"knocking"` // in order of coming
	}
	// Silenced tells a participant that a moderator muted it, by whom and why, or that this is over. It is repeated after a resume.
	Silenced struct {
		On     bool   `json:"on"`
		By     string `json:"by,omitempty"`
		Reason string `json:"reason,omitempty"`
	}
	// Waiting answers a Join that has to wait until somebody lets it in: Welcome or Bye follows.
	Waiting struct{}
)

// Revision implements Change.
func (c *Ruled) Revision() uint64 { return c.Rev }

func (c *Ruled) apply(s *Snapshot) {
	s.Rules = c.Rules
	s.Facts.Locked, s.Facts.Knock = c.Rules.Locked, c.Rules.Knock
}

// CleanReason returns a reason fit to show, cleaned like a name; "" stays "". CodeBadReason when it is too long.
func CleanReason(reason string) (string, error) {
	if !utf8.ValidString(reason) || len(reason) > 4*MaxReason {
		return "", Problemf(CodeBadReason, "not UTF-8, or over %d bytes", MaxReason)
	}
	if reason = cleanText(reason); len(reason) > MaxReason {
		return "", Problemf(CodeBadReason, "%d bytes, limit %d", len(reason), MaxReason)
	}
	return reason, nil
}

func (m *Moderate) validate() error {
	var err error
	if m.Reason, err = CleanReason(m.Reason); err != nil {
		return err
	}
	if len(m.ID) > 64 || m.Key != "" && !ValidFingerprint(m.Key) {
		return Problemf(CodeBadMessage, "%.16s of an id or a key that is none", m.Do)
	}
	byID, byKey, rules := m.ID != "", m.Key != "", m.Rules != nil
	var fits bool
	switch m.Do {
	case DeedMute, DeedUnmute, DeedLower, DeedRemove, DeedBan, DeedAdmit, DeedRefuse, DeedAppoint:
		fits = byID && !byKey && !rules
	case DeedDismiss:
		fits = byID != byKey && !rules
	case DeedUnban:
		fits = !byID && byKey && !rules
	case DeedRule:
		fits = !byID && !byKey && rules
	case DeedEnd:
		fits = !byID && !byKey && !rules
	default:
		return Problemf(CodeUnsupported, "do %.32q", m.Do)
	}
	if !fits {
		return Problemf(CodeBadMessage, "%s of nobody, or of more than it is for", m.Do)
	}
	return nil
}

func (*Moderated) validate() error { return nil }
func (*Ruled) validate() error     { return nil }
func (*Waiting) validate() error   { return nil }

func (m *Silenced) validate() error { tidyWords(&m.By, &m.Reason); return nil }

func (m *Desk) validate() error {
	if len(m.Bans) > MaxBans || len(m.Moderators) > MaxModerators || len(m.Knocking) > MaxKnocks {
		return Problemf(CodeBadMessage, "a desk of %d bans, %d moderators, %d waiting", len(m.Bans), len(m.Moderators), len(m.Knocking))
	}
	for i := range m.Bans {
		if err := m.Bans[i].validate(); err != nil {
			return err
		}
	}
	for i := range m.Moderators {
		if err := m.Moderators[i].validate(); err != nil {
			return err
		}
	}
	for i, k := range m.Knocking {
		p := Participant{ID: k.ID, Name: k.Name, Key: k.Key}
		if err := p.validate(); err != nil {
			return err
		}
		m.Knocking[i].Name = p.Name
	}
	return nil
}

func (b *Ban) validate() error {
	p := Participant{ID: "-", Name: b.Name, Key: b.Key}
	if err := p.validate(); err != nil || b.Key == "" {
		return Problemf(CodeBadMessage, "ban without a key or a name")
	}
	b.Name = p.Name
	return cleanWords(&b.By, &b.Reason)
}

// Validate checks and cleans, in place, a desk that comes from elsewhere than the network.
func (m *Desk) Validate() error { return m.validate() }

func (m *Moderator) validate() error {
	p := Participant{ID: "-", Name: m.Name, Key: m.Key}
	if err := p.validate(); err != nil || m.Key == "" {
		return Problemf(CodeBadMessage, "moderator without a key or a name")
	}
	m.Name = p.Name
	return nil
}

// tidyWords is cleanWords for messages that matter without their words: what cannot be shown is left out.
func tidyWords(by, reason *string) {
	if cleanWords(by, reason) != nil {
		*by, *reason = "", ""
	}
}

// cleanWords cleans the name of who did something, and the reason, in place. Both may be missing.
func cleanWords(by, reason *string) (err error) {
	if *by != "" {
		if *by, err = CleanName(*by); err != nil {
			return err
		}
	}
	*reason, err = CleanReason(*reason)
	return err
}
