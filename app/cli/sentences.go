package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/earshot/earshot/sfu/signal"
)

// sentenceOf says for each code what happened and what to do next; "" for a code of a later version.
func sentenceOf(code signal.Code) string {
	switch code {
	case signal.CodeBadMessage:
		return "the other side sent something that makes no sense. Use the same version of Earshot on both computers."
	case signal.CodeTooLarge:
		return "the room refused a message that was too large. Please report this as a bug."
	case signal.CodeUnsupported:
		return "the room does not know this request. Use the same version of Earshot on both computers."
	case signal.CodeUnsupportedVersion:
		return "the room runs another version of Earshot. Use the same version on both computers."
	case signal.CodeBadName:
		return "that name cannot be used. Choose one of up to 64 letters with --name."
	case signal.CodeBadOffer:
		return "the room does not accept this computer's voice connection. Use the same version of Earshot on both computers."
	case signal.CodeBadQuality:
		return "that bit rate cannot be used. Choose one of 16 to 96 kbit/s."
	case signal.CodeNotJoined:
		return "the room no longer knows this participant. Join again."
	case signal.CodeAlreadyJoined:
		return "this connection has joined already. Please report this as a bug."
	case signal.CodeRateLimited:
		return "the room had too many requests from this computer. Wait a moment and try again."
	case signal.CodeRoomFull:
		return "the room is full. Ask somebody to leave, or the host to start it with a larger --capacity."
	case signal.CodeExpired:
		return "the connection was away for too long. Join again."
	case signal.CodeSlow:
		return "this computer was too slow for the room. Close other programs and join again."
	case signal.CodeReplaced:
		return "this participant came back on another connection."
	case signal.CodeLeft:
		return "left the room."
	case signal.CodeRoomEnded:
		return "the room was ended by its host."
	case signal.CodeInternal:
		return "the host's Earshot has a problem. Its log says more; try again."
	case signal.CodeUnreachable:
		return "nobody answers at that address. Check that the room is open, that both computers are on the same network, and the host's firewall."
	case signal.CodeFingerprintMismatch:
		return "another computer answered than the one that was expected. If the host has reinstalled Earshot, ask for a new invite; " +
			"otherwise somebody may be pretending to be the host."
	case signal.CodeHostChanged:
		return "this is another key than the one that was remembered for this room: Earshot or its computer was set up anew, it is another computer of " +
			"the same name, or somebody is posing as the host. Nothing was sent. Ask the host for their code (Settings, or \"earshot hosts\" there) and compare:"
	case signal.CodeLost:
		return "the connection to the room was lost. Check the network and join again."
	case signal.CodeBadAddress:
		return "that is neither host:port nor an invite, or a character of the invite is wrong. An address looks like 192.168.0.10:7788."
	case signal.CodeNotFound:
		return "no such room was found on this network. Run \"earshot rooms\" to see what is there, or join by host:port or invite."
	case signal.CodeAmbiguous:
		return "several rooms have that name. Join one by its id or address:"
	case signal.CodePortsTaken:
		return "no port could be opened to host on. Choose one with --listen :PORT."
	case signal.CodeNoBrowser:
		return "no browser could be opened. Open the address yourself."
	case signal.CodeNotInRoom:
		return "this needs a room. Join one first."
	case signal.CodePINNeeded:
		return "the room has a PIN. Ask its host for it and give it with --pin."
	case signal.CodeWrongPIN:
		return "that is not the room's PIN. Check it with the host; if it is right, somebody may be pretending to be the room."
	case signal.CodePINLater:
		return "there were too many wrong PINs from here. Wait a moment and try again."
	case signal.CodeNoPIN:
		return "the room has no PIN, so it cannot prove to be the one you mean. If you trust it, leave --pin out."
	case signal.CodeForbidden:
		return "only the host or a moderator may do that."
	case signal.CodeNobody:
		return "that person is not in the room any more."
	case signal.CodeAlreadySo:
		return "somebody did that already."
	case signal.CodeNoKey:
		return "that person is a guest, who cannot be recognised again."
	case signal.CodeListFull:
		return "the room's list is full. Take somebody off it first."
	case signal.CodeBadReason:
		return "that reason is too long. One short sentence is enough."
	case signal.CodeRemoved:
		return "the host or a moderator removed you from the room."
	case signal.CodeBanned:
		return "the host or a moderator banned you from the room. Only the host can let you in again."
	case signal.CodeLocked:
		return "the room is locked: nobody new may enter now. Ask somebody inside."
	case signal.CodeRefused:
		return "you were not let in. You may ask again in half a minute."
	case signal.CodeUnanswered:
		return "nobody answered; the host may be away. Try again later."
	case signal.CodeKnocksFull:
		return "too many people are waiting to come in. Try again in a minute."
	case signal.CodeNoGuests:
		return "the room takes no guests. Join with this computer's own key (see --config-dir)."
	case signal.CodeNoRecording:
		return "recording is off in this room. Leave --record out."
	case signal.CodeFileTooLarge:
		return "that file is too large. Files of up to 1 GiB can be sent."
	case signal.CodeBadFileName:
		return "that file has a name that nobody could save. Rename it."
	case signal.CodeFilesFull:
		return "as many files wait as the room allows. Wait until one of them has arrived."
	case signal.CodeRecordingsFull:
		return "as many people record as the room allows. Ask one of them for the recording."
	case signal.CodeBadFolder:
		return "nothing can be written to that folder. Choose another one."
	case signal.CodeAskFirst:
		return "this computer was away too long to be let back in by itself. Join again and wait to be let in."
	case signal.CodeBadText:
		return "that message cannot be sent. Shorten it and try again."
	case signal.CodeBadPIN:
		return "a PIN has four characters or more."
	}
	return ""
}

// detail returns what else the user should know of a problem, on lines of its own.
func detail(p *signal.Problem) string {
	switch p.Code {
	case signal.CodeUnreachable, signal.CodePortsTaken, signal.CodePINLater, signal.CodeAmbiguous, signal.CodeBadName, signal.CodeBadOffer, signal.CodeHostChanged:
		if p.Detail != "" {
			return "\n  " + p.Detail
		}
	case signal.CodeRemoved, signal.CodeBanned, signal.CodeRefused, signal.CodeNoRecording:
		switch {
		case p.By != "" && p.Reason != "":
			return fmt.Sprintf("\n  %s: %q", p.By, p.Reason)
		case p.By != "":
			return "\n  by " + p.By
		}
	default: // for developers
	}
	return ""
}

// sentence returns what to tell the user about an error.
func sentence(err error) string {
	if p, ok := errors.AsType[*signal.Problem](err); ok {
		if s := sentenceOf(p.Code); s != "" {
			return s + detail(p)
		}
	}
	switch {
	case errors.Is(err, ErrNoPage):
		return "this program was built without its page. Run \"make build\", or use \"earshot host\" and \"earshot join\"."
	case errors.Is(err, context.DeadlineExceeded):
		return "it took too long. Check the network and try again."
	}
	return err.Error()
}
