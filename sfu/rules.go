package sfu

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/earshot/earshot/sfu/signal"
)

// RulesVersion is the form of Rules as JSON.
const RulesVersion = 1

// Rules are all that moderation has decided in a room, as one value: another computer that takes the room over goes on with
// it (Config.Rules). As JSON it is self-contained and checked when it is read. A Rules is never changed, only replaced.
type Rules struct {
	Version int    `json:"version"`
	Rev     uint64 `json:"rev"` // of the room when it was last changed
	signal.Rules
	Moderators []signal.Moderator `json:"moderators,omitempty"`
	Bans       []signal.Ban       `json:"bans,omitempty"`
	// Muted are those whom a moderator muted, so that leaving and entering again does not undo it.
	Muted []signal.Ban `json:"muted,omitempty"`
}

// UnmarshalJSON implements json.Unmarshaler: it refuses another version, and more than a room remembers.
func (r *Rules) UnmarshalJSON(b []byte) error {
	type plain Rules // without this method
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if p.Version != RulesVersion {
		return fmt.Errorf("rules of version %d, want %d", p.Version, RulesVersion)
	}
	read := Rules(p)
	if err := read.check(); err != nil {
		return err
	}
	*r = read
	return nil
}

// check validates and cleans, in place.
func (r *Rules) check() error {
	desk := signal.Desk{Bans: r.Bans, Moderators: r.Moderators}
	if err := desk.Validate(); err != nil {
		return err
	}
	muted := signal.Desk{Bans: r.Muted}
	return muted.Validate()
}

// banned returns the ban of a key.
func (r *Rules) banned(key string) (signal.Ban, bool) { return find(r.Bans, key) }

// muted returns how a key came to be muted by a moderator.
func (r *Rules) muted(key string) (signal.Ban, bool) { return find(r.Muted, key) }

// appointed reports whether the host made somebody with that key a moderator.
func (r *Rules) appointed(key string) bool {
	return key != "" && slices.ContainsFunc(r.Moderators, func(m signal.Moderator) bool { return m.Key == key })
}

func find(list []signal.Ban, key string) (signal.Ban, bool) {
	i := slices.IndexFunc(list, func(b signal.Ban) bool { return b.Key == key })
	if i < 0 || key == "" {
		return signal.Ban{}, false
	}
	return list[i], true
}

// with returns a list with one more entry in it, in place of an earlier one of the key. CodeListFull.
func with(list []signal.Ban, b signal.Ban) ([]signal.Ban, error) {
	list = without(list, b.Key)
	if len(list) >= signal.MaxBans {
		return nil, signal.Problemf(signal.CodeListFull, "%d on the list", len(list))
	}
	return append(list, b), nil
}

// without returns a new list, always.
func without(list []signal.Ban, key string) []signal.Ban {
	return slices.DeleteFunc(slices.Clone(list), func(b signal.Ban) bool { return b.Key == key })
}

// newcomer is what the rules want to know of somebody at the door.
type newcomer struct {
	key       string
	host      bool // has the host's key
	returning bool // was inside a moment ago
	admitted  bool // was let in
	recording bool
	guest     bool // has no app
}

// admit says whether somebody may enter now. knock: somebody inside has to let them in first. Errors: CodeBanned, CodeNoGuests,
// CodeNoRecording, CodeLocked.
func (r *Rules) admit(n newcomer) (knock bool, err error) {
	if b, ok := r.banned(n.key); ok && !n.host {
		return false, &signal.Problem{Code: signal.CodeBanned, By: b.By, Reason: b.Reason}
	}
	trusted := n.host || r.appointed(n.key)
	switch {
	case n.recording && r.NoRecording:
		return false, signal.Problemf(signal.CodeNoRecording, "")
	case trusted:
		return false, nil
	case n.guest && !r.Guests, n.key == "" && r.NoGuests:
		return false, signal.Problemf(signal.CodeNoGuests, "")
	case n.returning, n.admitted:
		return false, nil
	case r.Locked:
		return false, signal.Problemf(signal.CodeLocked, "")
	}
	return r.Knock || n.guest && !r.GuestsFree, nil
}
