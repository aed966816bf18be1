package app

import (
	"github.com/earshot/earshot/app/known"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// This file is the whole language between a page and the app: the values that the bound methods (methods.go) take and
// return, and the payloads of the events. The Wails window and a browser on the bridge speak it identically.

// Events that the app sends to every page. State and RoomList carry revisions: a page keeps the highest it has seen.
const (
	EventState   = "state"   // State, on every change
	EventRooms   = "rooms"   // RoomList, on every change of discovery
	EventLevels  = "levels"  // Levels, at most 10 a second while somebody is speaking
	EventLinks   = "links"   // Links, at most every 2 s
	EventChat    = "chat"    // Chat; what is new
	EventFiles   = "files"   // Files, whole, at most 4 a second
	EventProtect = "protect" // Protect; the page that carries the voice answers with Restart
	EventDevices = "devices" // SoundDevices, on every change; only where the app's sound card is used
	EventClose   = "close"   // null; the window was closed while it is in use: its page asks, and answers with CloseWindow
	EventHotkey  = "hotkey"  // Hotkey; the page that carries the voice acts on it
	EventInvite  = "invite"  // null; the system asked to open an invite: the window's page calls TakeInvite
)

// State is everything a page needs to draw itself, but the rooms on the LAN.
type State struct {
	Revision uint64 `json:"revision"`
	Settings
	Abilities Abilities `json:"abilities"`
	Hosting   *Hosting  `json:"hosting"`           // the room this app hosts, or null
	Session   *Session  `json:"session"`           // the room we are in, or null
	Waiting   *Waiting  `json:"waiting,omitempty"` // our knock at a room; missing when we do not wait
	// Notices are things to tell the user once, oldest first: a session that ended, a settings file that was broken.
	// They stay until Dismiss.
	Notices []Notice `json:"notices"`
}

// Notice is one thing to tell the user, until dismissed.
type Notice struct {
	ID     int         `json:"id"`
	Code   signal.Code `json:"code"`             // a code of package signal, or one of the Notice codes below
	Detail string      `json:"detail"`           // for developers; may be empty
	Room   string      `json:"room"`             // name of the room it is about; may be empty
	By     string      `json:"by,omitempty"`     // name of the person who did it, if one did
	Reason string      `json:"reason,omitempty"` // that they gave
}

// Codes of notices that are no failure of a session.
const (
	NoticeSettingsBroken  signal.Code = "settings_broken"  // the settings file was unreadable; it was kept aside, defaults are used
	NoticeSettingsMended  signal.Code = "settings_mended"  // fields of the settings file, named in the detail, could not be used; a copy was kept aside
	NoticeWrongPIN        signal.Code = "wrong_pin_tried"  // somebody tried wrong PINs at our room; the detail is ADDRESS ×TIMES
	NoticeSettingsUnsaved signal.Code = "settings_unsaved" // the settings could not be written
	NoticeLoginUnset      signal.Code = "login_unset"      // the system could not be told to start the app at login, or not to
	NoticeKnownBroken     signal.Code = "known_broken"     // known hosts, or some of them, were unreadable; the file was kept aside
	NoticeKnownUnsaved    signal.Code = "known_unsaved"    // a host could not be remembered
	NoticeBansBroken      signal.Code = "bans_broken"      // the list of the banned was unreadable; it was kept aside
)

// Hosting is the room that this app hosts.
type Hosting struct {
	RoomID    string   `json:"roomId"`
	Name      string   `json:"name"`
	Invite    string   `json:"invite"`    // earshot://…; give it to somebody whose lobby does not show the room
	Addresses []string `json:"addresses"` // IP:PORT, the likeliest first
	PIN       string   `json:"pin"`       // that whoever enters has to know, to be told to them; "" when the room is open
}

// Session is our stay in one room.
type Session struct {
	Status       SessionStatus        `json:"status"`
	Page         string               `json:"page"` // the page that carries the voice; another page only watches
	Room         signal.RoomFacts     `json:"room"`
	Invite       string               `json:"invite"`
	You          string               `json:"you"` // our participant id
	Participants []signal.Participant `json:"participants"`
	Rules        signal.Rules         `json:"rules"`
	Desk         *signal.Desk         `json:"desk,omitempty"`     // what only the host and moderators see; missing when we are neither
	Silenced     *Silenced            `json:"silenced,omitempty"` // how a moderator muted us; missing when none did
	Received     bool                 `json:"received,omitempty"` // the room receives our voice, by its own count
	Seats        []string             `json:"seats"`              // participant id of the i-th recvonly m-line, "" when empty
	// Path grows whenever media should look for a new way to the host (an ICE restart), whatever its connection says.
	Path int `json:"path,omitempty"`
	// Rejoin asks the page to enter again, with a new offer and as it was: we were away for longer than the
	// host keeps a place. Status is "reconnecting" then.
	Rejoin bool `json:"rejoin,omitempty"`
	// Fingerprint is that of the host's key, and Verified says that its code was compared on this computer.
	Fingerprint string `json:"fingerprint"`
	Verified    bool   `json:"verified,omitempty"`
	// Recording is what we record; missing when we do not.
	Recording *Recording `json:"recording,omitempty"`
	// Looks has the participants whose names are not to be believed at once, by id.
	Looks map[string]signal.Look `json:"looks,omitempty"`
}

// SessionStatus is where our stay is in its life.
type SessionStatus string

// The statuses of a session.
const (
	StatusJoined       SessionStatus = "joined"
	StatusReconnecting SessionStatus = "reconnecting" // Signal dropped, the app is resuming; audio may well go on
)

// Silenced is how a moderator muted us.
type Silenced struct {
	By     string `json:"by"`     // their name
	Reason string `json:"reason"` // "" when they gave none
}

// Waiting is a knock at a room: a Join that waits until somebody inside lets it in.
type Waiting struct {
	Page string `json:"page"` // that called Join
}

// Moderation is something that the host or a moderator does (PROTOCOL, Moderation).
type Moderation struct {
	Do     signal.Deed         `json:"do"`
	ID     string              `json:"id,omitempty"`
	Key    string              `json:"key,omitempty"`
	Reason string              `json:"reason,omitempty"`
	Rules  *signal.RulesChange `json:"rules,omitempty"`
}

// RoomList is what discovery knows now.
type RoomList struct {
	Revision uint64        `json:"revision"`
	Rooms    []RoomListing `json:"rooms"`  // sorted by name, then id
	Search   Search        `json:"search"` // what was looked at
}

// RoomListing is one room on the LAN that answers.
type RoomListing struct {
	Ref         string           `json:"ref"` // what Join takes; unique in the list
	Room        signal.RoomFacts `json:"room"`
	Address     string           `json:"address"` // IP:PORT that answered first
	Fingerprint string           `json:"fingerprint"`
	RTTMillis   float64          `json:"rttMillis"` // round trip of the last probe
	Mine        bool             `json:"mine"`      // this app hosts it

	Trust   Trust       `json:"trust,omitempty"`   // what is known of its host's key
	Changed *HostChange `json:"changed,omitempty"` // when that is TrustChanged
	Look    signal.Look `json:"look,omitempty"`    // of its name, among the rooms that are listed
}

// Trust is what we know of the key of a room's host.
type Trust string

// The trusts. Names play no part in them but for TrustChanged.
const (
	TrustNew      Trust = ""         // never joined
	TrustKnown    Trust = "known"    // joined before
	TrustVerified Trust = "verified" // and its code was compared
	TrustChanged  Trust = "changed"  // it looks like a room that was joined before, and has another key
)

// HostChange says which remembered host a room with another key looks like, and by what.
type HostChange struct {
	By    known.By  `json:"by"` // "room", "names" or "address"
	Known KnownHost `json:"known"`
}

// KnownHost is a host that is remembered. Times are RFC 3339, "" is never.
type KnownHost struct {
	Fingerprint string   `json:"fingerprint"`
	Host        string   `json:"host"` // names as they were the last time
	Room        string   `json:"room"`
	Addresses   []string `json:"addresses"`
	First       string   `json:"first"`
	Joined      string   `json:"joined"`
	Verified    string   `json:"verified"`
}

// HostCode is what people compare aloud: seven of the 64 symbols (sfu/identity/code.go), by their index.
type HostCode struct {
	Symbols identity.Code `json:"symbols"`
}

// Search says what discovery is looking at, so that an empty list is never silent.
type Search struct {
	Interfaces []string `json:"interfaces"` // names of the interfaces browsed now; empty: no usable network
	Problem    string   `json:"problem"`    // "", "no_network" or "no_multicast" (nothing could be sent or heard)
	Crowded    bool     `json:"crowded"`    // more rooms are advertised than are looked at: some may be left out
}

// Levels is the loudness of those who are speaking: participant id to dBov, -127 to 0. Absent is silent.
type Levels struct {
	Levels map[string]int `json:"levels"`
}

// Links is how well everybody in the room is connected: participant id to link. It is whole; absent is not known yet.
type Links struct {
	Links map[string]signal.Link `json:"links"`
}

// Protect asks the page for another offer, because the host wants each frame twice, or no longer.
type Protect struct {
	On bool `json:"on"`
}

// Report is what the page's receivers measured since its last report, about 2 s ago.
type Report struct {
	Received     int     `json:"received"`     // packets, all seats together
	Lost         int     `json:"lost"`         // packets that never came
	Concealed    float64 `json:"concealed"`    // of what was played, the share that was made up: 0 to 1
	BufferMillis float64 `json:"bufferMillis"` // how long sound waits in the jitter buffer
}

// InviteCard is what to give to somebody who is to join a room.
type InviteCard struct {
	Link string `json:"link"` // earshot://…
	Code string `json:"code"` // the short text, to be read aloud; "" when the room has none but a name for an address
	// QR is Link as a QR code: the modules row by row, "1" dark and "0" light, without the quiet zone of four modules.
	QR []string `json:"qr"`
	// Guests is what to give to people without the app; missing where we do not host the room, or have no page for them.
	Guests *GuestCard `json:"guests,omitempty"`
}

// GuestCard leads a browser to the room that we host, where its rules let guests come.
type GuestCard struct {
	Link string   `json:"link"` // https://…
	QR   []string `json:"qr"`
	// Certificate is the SHA-256 fingerprint of the certificate that the browser is shown, as browsers show it.
	Certificate string `json:"certificate"`
	// Trusted says that it is the organisation's, which browsers do not warn of.
	Trusted bool `json:"trusted"`
}

// JoinRequest asks to enter a room.
type JoinRequest struct {
	Room     string `json:"room"`     // RoomListing.Ref, an invite, or host:port
	Page     string `json:"page"`     // random id of the page that carries the voice
	Offer    string `json:"offer"`    // SDP: one sendonly audio m-line, then RoomFacts.Seats recvonly ones; or see Seats
	Muted    bool   `json:"muted"`    // enter muted
	Listener bool   `json:"listener"` // enter without a microphone
	Deafened bool   `json:"deafened"` // enter without hearing anybody
	PIN      string `json:"pin"`      // of the room; "" when it has none, or when it is the room that we are in
	// Seats, with an empty Offer, asks the app to make the connection itself, with that many seats: for a page without
	// RTCPeerConnection, whose Opus goes by JoinReply.Voice. Its later Restart has no offer either.
	Seats int `json:"seats,omitempty"`
	// Accept is the fingerprint of a key that the user takes for that of the room, although another was known: else it is
	// CodeHostChanged.
	Accept string `json:"accept,omitempty"`
}

// JoinReply is the way in. The session itself follows as a State event, and is in here so that nothing has to wait.
type JoinReply struct {
	Answer  string  `json:"answer"`
	Voice   string  `json:"voice,omitempty"` // ws://…: where the page's Opus goes (package voice), if it made no offer
	Session Session `json:"session"`
}

// Candidate is one trickled ICE candidate of the page.
type Candidate struct {
	Candidate string `json:"candidate"`
	Mid       string `json:"mid"`
}

// Voice is what the page says of its microphone and its ears.
type Voice struct {
	Muted    bool `json:"muted"`
	Listener bool `json:"listener"`
	Deafened bool `json:"deafened"`
}

// Opened says where a room was opened outside the window.
type Opened struct {
	Browser string `json:"browser"` // "Chromium", "Google Chrome", "Microsoft Edge", or "" for the default browser
}
