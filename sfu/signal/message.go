package signal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Message is one Signal message. The concrete types below are all there are.
type Message interface {
	validate() error
}

// Kind returns the message's "type" field.
func Kind(m Message) string {
	switch m.(type) {
	case *Prove:
		return "prove"
	case *Join:
		return "join"
	case *Candidate:
		return "candidate"
	case *Restart:
		return "restart"
	case *Update:
		return "update"
	case *Sync:
		return "sync"
	case *Report:
		return "report"
	case *Say:
		return "say"
	case *Leave:
		return "leave"
	case *Beat:
		return "beat"
	case *Moderate:
		return "moderate"
	case *Share:
		return "share"
	case *Unshare:
		return "unshare"
	case *Fetch:
		return "fetch"
	case *Shared:
		return "shared"
	case *Delivery:
		return "delivery"
	case *Tape:
		return "tape"
	case *Taped:
		return "taped"
	case *Proof:
		return "proof"
	case *Welcome:
		return "welcome"
	case *Restarted:
		return "restarted"
	case *Joined:
		return "joined"
	case *Left:
		return "left"
	case *Updated:
		return "updated"
	case *Seats:
		return "seats"
	case *Levels:
		return "levels"
	case *Links:
		return "links"
	case *Protect:
		return "protect"
	case *Chat:
		return "chat"
	case *Resync:
		return "snapshot"
	case *Waiting:
		return "waiting"
	case *Moderated:
		return "moderated"
	case *Ruled:
		return "ruled"
	case *Desk:
		return "desk"
	case *Silenced:
		return "silenced"
	case *Received:
		return "received"
	case *Error:
		return "error"
	case *Bye:
		return "bye"
	}
	return ""
}

// Change is a message that moves a room's Snapshot by one revision.
type Change interface {
	Message
	// Revision is the one the room has after the change.
	Revision() uint64
	apply(*Snapshot)
}

// Messages of a participant to the host.
type (
	// Prove begins to prove the PIN, before the join into a room that has one: the initiator's CPace share.
	Prove struct {
		V     int    `json:"v"`
		Share []byte `json:"share"`
	}
	// Join asks to enter, or with Resume to come back: to the same media, or, for guests, with an Offer to media anew. It is the first message of a connection, but for Prove.
	Join struct {
		V        int    `json:"v"`
		Name     string `json:"name,omitempty"`
		Offer    string `json:"offer,omitempty"`    // SDP; empty when media is resumed as well
		Resume   string `json:"resume,omitempty"`   // the token of an earlier Welcome
		Chat     uint64 `json:"chat,omitempty"`     // when resuming, the number of the last chat message that came
		Muted    bool   `json:"muted,omitempty"`    // enter muted
		Listener bool   `json:"listener,omitempty"` // enter without a microphone
		Deafened bool   `json:"deafened,omitempty"` // enter without hearing anybody
		HostKey  string `json:"hostKey,omitempty"`  // proves that this is the app that hosts the room
		Proof    []byte `json:"proof,omitempty"`    // of the PIN, after Prove and Proof
		// PIN is the room's, as it was typed: of guests alone, whose page comes from the host anyhow.
		PIN string `json:"pin,omitempty"`
		// Recording says that what is heard is kept.
		Recording bool `json:"recording,omitempty"`
		// Quality is how the answer is to steer the participant's encoder; nil is the usual voice.
		Quality *Quality `json:"quality,omitempty"`
	}
	// Candidate is one trickled ICE candidate of the participant. The host's own are in its answer.
	Candidate struct {
		Candidate string `json:"candidate"`
		Mid       string `json:"mid,omitempty"`
	}
	// Restart asks for another answer on the same connection and m-lines: an ICE restart when the offer has new
	// credentials (RFC 8445 §9), else what the encoder is to send now.
	Restart struct {
		Offer   string   `json:"offer"`
		Quality *Quality `json:"quality,omitempty"` // nil stays as it is
	}
	// Update changes what the participant says of itself. A nil field stays as it is.
	Update struct {
		Muted    *bool `json:"muted,omitempty"`
		Listener *bool `json:"listener,omitempty"`
		Deafened *bool `json:"deafened,omitempty"`
		Hand     *bool `json:"hand,omitempty"` // raised
		// Recording says that what is heard is kept, or no longer.
		Recording *bool `json:"recording,omitempty"`
	}
	// Sync asks for a Snapshot after a missed revision.
	Sync struct{}
	// Report is what the participant's receiver measured since its last report. At most one a second.
	Report struct {
		Received     int     `json:"received"`     // packets, all seats together
		Lost         int     `json:"lost"`         // packets that never came, not even again
		Concealed    float64 `json:"concealed"`    // of what was played, the share that was made up: 0 to 1
		BufferMillis float64 `json:"bufferMillis"` // how long sound waits in the jitter buffer, ms
	}
	// Leave ends the participant's stay; the host answers Bye with CodeLeft.
	Leave struct{}
	// Beat is answered with a Beat: the ping of a guest's page, which cannot send those of WebSocket.
	Beat struct{}
)

// Messages of the host to a participant.
type (
	// Proof answers Prove: the responder's CPace share, and its own proof that it knows the PIN.
	Proof struct {
		Share []byte `json:"share"`
		Proof []byte `json:"proof"`
	}
	// Welcome answers Join.
	Welcome struct {
		You    string   `json:"you"`              // the participant's id
		Resume string   `json:"resume"`           // secret: returns to this place within ResumeWithin
		Answer string   `json:"answer,omitempty"` // SDP with the host's candidates; empty when resuming
		Room   Snapshot `json:"room"`
	}
	// Restarted answers Restart.
	Restarted struct {
		Answer string `json:"answer"`
	}
	// Joined adds a participant to the roster.
	Joined struct {
		Rev         uint64      `json:"rev"`
		Participant Participant `json:"participant"`
	}
	// Left takes a participant from the roster, and from its seat.
	Left struct {
		Rev  uint64 `json:"rev"`
		ID   string `json:"id"`
		Code Code   `json:"code"` // CodeLeft, CodeLost, …
	}
	// Updated replaces a participant's entry in the roster.
	Updated struct {
		Rev         uint64      `json:"rev"`
		Participant Participant `json:"participant"`
	}
	// Seats says who holds each of the K seats.
	Seats struct {
		Rev   uint64   `json:"rev"`
		Seats []string `json:"seats"`
	}
	// Levels carries the loudness of those who are speaking: dBov as in RFC 6464, -127 (silence) to 0 (loudest).
	// A participant who is absent is silent. At most 10 a second; not numbered, a lost one matters to nobody.
	Levels struct {
		Levels map[string]int `json:"levels"`
	}
	// Links says how well participants are connected: those whose link changed visibly since the last one, everybody in
	// the first. At most one every 2 s; not numbered.
	Links struct {
		Links map[string]Link `json:"links"`
	}
	// Protect asks the participant to send each frame twice (RED, RFC 2198), or no longer to: its uplink loses packets.
	// The participant answers with a Restart whose answer has RED first.
	Protect struct {
		On bool `json:"on"`
	}
	// Resync answers Sync.
	Resync struct {
		Room Snapshot `json:"room"`
	}
	// Error refuses one message. The connection goes on unless Bye follows.
	Error struct {
		Problem
		Re  string `json:"re,omitempty"`  // type of the refused message
		Ask uint64 `json:"ask,omitempty"` // of the refused Moderate
	}
	// Bye is the host's last message on a connection.
	Bye struct { //nolint:errname // a message, not an error
		Problem
	}
)

// Revision implements Change.
func (c *Joined) Revision() uint64 { return c.Rev }

// Revision implements Change.
func (c *Left) Revision() uint64 { return c.Rev }

// Revision implements Change.
func (c *Updated) Revision() uint64 { return c.Rev }

// Revision implements Change.
func (c *Seats) Revision() uint64 { return c.Rev }

func (c *Joined) apply(s *Snapshot) {
	if i := s.index(c.Participant.ID); i >= 0 {
		s.Participants[i] = c.Participant
		return
	}
	s.Participants = append(s.Participants, c.Participant)
}

func (c *Left) apply(s *Snapshot) {
	s.Participants = slices.DeleteFunc(s.Participants, func(p Participant) bool { return p.ID == c.ID })
	for i, id := range s.Seats {
		if id == c.ID {
			s.Seats[i] = ""
		}
	}
}

func (c *Updated) apply(s *Snapshot) {
	if i := s.index(c.Participant.ID); i >= 0 {
		s.Participants[i] = c.Participant
	}
}

func (c *Seats) apply(s *Snapshot) { s.Seats = slices.Clone(c.Seats) }

// DecodeRequest reads a message that a participant may send to the host.
func DecodeRequest(b []byte) (Message, error) {
	return decode(b, func(kind string) Message {
		switch kind {
		case "prove":
			return new(Prove)
		case "join":
			return new(Join)
		case "candidate":
			return new(Candidate)
		case "restart":
			return new(Restart)
		case "update":
			return new(Update)
		case "sync":
			return new(Sync)
		case "report":
			return new(Report)
		case "say":
			return new(Say)
		case "leave":
			return new(Leave)
		case "beat":
			return new(Beat)
		case "moderate":
			return new(Moderate)
		case "share":
			return new(Share)
		case "unshare":
			return new(Unshare)
		case "fetch":
			return new(Fetch)
		case "tape":
			return new(Tape)
		}
		return nil
	})
}

// DecodeEvent reads a message that a host may send to a participant.
func DecodeEvent(b []byte) (Message, error) {
	return decode(b, func(kind string) Message {
		switch kind {
		case "proof":
			return new(Proof)
		case "welcome":
			return new(Welcome)
		case "restarted":
			return new(Restarted)
		case "shared":
			return new(Shared)
		case "delivery":
			return new(Delivery)
		case "taped":
			return new(Taped)
		case "joined":
			return new(Joined)
		case "left":
			return new(Left)
		case "updated":
			return new(Updated)
		case "seats":
			return new(Seats)
		case "levels":
			return new(Levels)
		case "links":
			return new(Links)
		case "protect":
			return new(Protect)
		case "chat":
			return new(Chat)
		case "snapshot":
			return new(Resync)
		case "waiting":
			return new(Waiting)
		case "moderated":
			return new(Moderated)
		case "ruled":
			return new(Ruled)
		case "desk":
			return new(Desk)
		case "silenced":
			return new(Silenced)
		case "received":
			return new(Received)
		case "error":
			return new(Error)
		case "bye":
			return new(Bye)
		case "beat":
			return new(Beat)
		}
		return nil
	})
}

// decode returns a validated message, or a *Problem: CodeTooLarge, CodeBadMessage, CodeUnsupported for an unknown
// type, or what the message's own validation says; then the message comes with the error, so that its kind can be
// named. Unknown fields are ignored.
func decode(b []byte, empty func(kind string) Message) (Message, error) {
	if len(b) > MaxMessage {
		return nil, Problemf(CodeTooLarge, "message of %d bytes, limit %d", len(b), MaxMessage)
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, Problemf(CodeBadMessage, "not a JSON object with a type: %v", err)
	}
	if head.Type == "" {
		return nil, Problemf(CodeBadMessage, "no type")
	}
	m := empty(head.Type)
	if m == nil {
		return nil, Problemf(CodeUnsupported, "type %.32q", head.Type)
	}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, Problemf(CodeBadMessage, "%s: %v", head.Type, err)
	}
	if err := m.validate(); err != nil {
		return m, err
	}
	return m, nil
}

// Encode returns the message as JSON, its type first.
func Encode(m Message) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", Kind(m), err)
	}
	head := []byte(`{"type":"` + Kind(m) + `"`)
	if !bytes.Equal(body, []byte("{}")) {
		head = append(head, ',')
	}
	return append(head, body[1:]...), nil
}
