package signal

import (
	"errors"
	"fmt"
)

// Code says why something was refused or ended. Codes are stable: the page turns them into sentences in the user's
// language, scripts may match on them.
type Code string

// The codes a host sends, in Error and Bye.
const (
	CodeBadMessage         Code = "bad_message"         // not JSON, a missing or malformed field
	CodeTooLarge           Code = "too_large"           // above MaxMessage, MaxOffer or another size limit
	CodeUnsupported        Code = "unsupported"         // a message type this host does not know
	CodeUnsupportedVersion Code = "unsupported_version" // another protocol version
	CodeBadName            Code = "bad_name"            // empty, too long or unprintable
	CodeBadOffer           Code = "bad_offer"           // the SDP offer cannot be answered
	CodeBadText            Code = "bad_text"            // a chat message that is empty or too long
	CodeBadQuality         Code = "bad_quality"         // a bit rate outside the bounds
	CodeNotJoined          Code = "not_joined"          // a message that only a participant may send
	CodeAlreadyJoined      Code = "already_joined"      // a second join on one connection
	CodeRateLimited        Code = "rate_limited"        // too many messages
	CodeRoomFull           Code = "room_full"           // capacity reached
	CodePINNeeded          Code = "pin_needed"          // the room has a PIN, and none was proved
	CodeWrongPIN           Code = "wrong_pin"           // another PIN than the room's
	CodeNoPIN              Code = "no_pin"              // a PIN was to be proved, and the room has none
	CodePINLater           Code = "pin_later"           // too many wrong PINs; the detail says for how long to wait
	CodeExpired            Code = "expired"             // the resume token is unknown or its time has passed
	CodeSlow               Code = "slow"                // the participant does not read its messages
	CodeReplaced           Code = "replaced"            // the participant resumed on another connection
	CodeLeft               Code = "left"                // the participant left by its own wish
	CodeRoomEnded          Code = "room_ended"          // the host ended the room
	CodeInternal           Code = "internal"            // the host's fault; its log says more
	CodeForbidden          Code = "forbidden"           // only the host or a moderator may do that, or to that person
	CodeNobody             Code = "nobody"              // the person is not in the room, or does not wait any more
	CodeAlreadySo          Code = "already_so"          // somebody has done that already
	CodeNoKey              Code = "no_key"              // the person is a guest, who cannot be told again
	CodeListFull           Code = "list_full"           // as many are banned, muted or appointed as the room remembers
	CodeBadReason          Code = "bad_reason"          // a reason that is too long
	CodeRemoved            Code = "removed"             // the host or a moderator removed the participant
	CodeBanned             Code = "banned"              // the same, for good
	CodeLocked             Code = "locked"              // nobody new enters now
	CodeRefused            Code = "refused"             // who knocked was not let in
	CodeUnanswered         Code = "unanswered"          // nobody answered the knock
	CodeKnocksFull         Code = "knocks_full"         // as many are waiting as may
	CodeNoGuests           Code = "no_guests"           // nobody enters without a key
	CodeNoRecording        Code = "no_recording"        // nobody may record
	CodeFileTooLarge       Code = "file_too_large"      // above MaxFile
	CodeBadFileName        Code = "bad_file_name"       // empty or above MaxFileName
	CodeFilesFull          Code = "files_full"          // as many files are offered as may
	CodeRecordingsFull     Code = "recordings_full"     // as many record as may
)

// The codes an app adds for what happens on its own side.
const (
	CodeUnreachable         Code = "unreachable"          // no address of the room answers
	CodeFingerprintMismatch Code = "fingerprint_mismatch" // another key than the pinned one answered
	CodeHostChanged         Code = "host_changed"         // what looks like a remembered room has another key
	CodeLost                Code = "lost"                 // the connection was lost and could not be resumed
	CodeBadAddress          Code = "bad_address"          // neither host:port nor an invite
	CodeNotFound            Code = "not_found"            // no room of that name or id
	CodeAmbiguous           Code = "ambiguous"            // several rooms of that name
	CodePortsTaken          Code = "ports_taken"          // no port to host on
	CodeNoBrowser           Code = "no_browser"           // no browser to open
	CodeNotInRoom           Code = "not_in_room"          // the method needs a joined room
	CodeAskFirst            Code = "ask_first"            // the room wants a knock where nobody can wait for the answer
	CodeBadFolder           Code = "bad_folder"           // nothing can be written there
	CodeBadPIN              Code = "bad_pin"              // too short, too long or unprintable to be a PIN
)

// Problem is an error with a code. Detail is for logs and developers; users read the sentence of the code.
type Problem struct { //nolint:errname // what users have; the field's word for it
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"`
	// By and Reason are the name of the person who did this to another, and the reason they gave: "" where nobody did.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Error returns the code and the detail.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return string(p.Code)
	}
	return string(p.Code) + ": " + p.Detail
}

// Problemf returns a *Problem with a formatted detail.
func Problemf(code Code, format string, args ...any) *Problem {
	return &Problem{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// AsProblem returns err as a *Problem: itself where it is or wraps one, else CodeInternal with its text. nil stays nil.
func AsProblem(err error) *Problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return &Problem{Code: CodeInternal, Detail: err.Error()}
}
