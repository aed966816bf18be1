package app

import "github.com/earshot/earshot/sfu/signal"

// This file is the whole language between a page and the app: the values that the bound methods (methods.go) take and
// return, and the payloads of the events. The Wails window and a browser on the bridge speak it identically.

// Events that the app sends to every page. State and RoomList carry revisions: a page keeps the highest it has seen.
const (
	EventState  = "state"  // State, on every change
	EventRooms  = "rooms"  // RoomList, on every change of discovery
	EventLevels = "levels" // Levels, at most 10 a second while somebody is speaking
)

// Profile is what the user chose for this installation.
type Profile struct {
	Name     string `json:"name"`     // shown to others; never empty
	Language string `json:"language"` // "en", "ko", or "" to follow the system
	Theme    string `json:"theme"`    // "light", "dark", or "" to follow the system
}

// State is everything a page needs to draw itself, but the rooms on the LAN.
type State struct {
	Revision uint64   `json:"revision"`
	Profile  Profile  `json:"profile"`
	Hosting  *Hosting `json:"hosting"` // the room this app hosts, or null
	Session  *Session `json:"session"` // the room we are in, or null
	// Notices are things to tell the user once, oldest first: a session that ended, a settings file that was broken.
	// They stay until Dismiss.
	Notices []Notice `json:"notices"`
}

// Notice is one thing to tell the user, until dismissed.
type Notice struct {
	ID     int         `json:"id"`
	Code   signal.Code `json:"code"`   // a code of package signal, or one of the Notice codes below
	Detail string      `json:"detail"` // for developers; may be empty
	Room   string      `json:"room"`   // name of the room it is about; may be empty
}

// Codes of notices that are no failure of a session.
const (
	NoticeSettingsBroken  signal.Code = "settings_broken"  // the settings file was unreadable; it was kept aside, defaults are used
	NoticeSettingsUnsaved signal.Code = "settings_unsaved" // the settings could not be written
)

// Hosting is the room that this app hosts.
type Hosting struct {
	RoomID    string   `json:"roomId"`
	Name      string   `json:"name"`
	Invite    string   `json:"invite"`    // earshot://…; give it to somebody whose lobby does not show the room
	Addresses []string `json:"addresses"` // IP:PORT, the likeliest first
}

// Session is our stay in one room.
type Session struct {
	Status       SessionStatus        `json:"status"`
	Page         string               `json:"page"` // the page that carries the voice; another page only watches
	Room         signal.RoomFacts     `json:"room"`
	Invite       string               `json:"invite"`
	You          string               `json:"you"` // our participant id
	Participants []signal.Participant `json:"participants"`
	Seats        []string             `json:"seats"` // participant id of the i-th recvonly m-line, "" when empty
}

// SessionStatus is where our stay is in its life.
type SessionStatus string

// The statuses of a session.
const (
	StatusJoined       SessionStatus = "joined"
	StatusReconnecting SessionStatus = "reconnecting" // Signal dropped, the app is resuming; audio may well go on
)

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
}

// Search says what discovery is looking at, so that an empty list is never silent.
type Search struct {
	Interfaces []string `json:"interfaces"` // names of the interfaces browsed now; empty: no usable network
	Problem    string   `json:"problem"`    // "", "no_network" or "no_multicast" (nothing could be sent or heard)
}

// Levels is the loudness of those who are speaking: participant id to dBov, -127 to 0. Absent is silent.
type Levels struct {
	Levels map[string]int `json:"levels"`
}

// JoinRequest asks to enter a room.
type JoinRequest struct {
	Room     string `json:"room"`     // RoomListing.Ref, an invite, or host:port
	Page     string `json:"page"`     // random id of the page that made the offer
	Offer    string `json:"offer"`    // SDP: one sendonly audio m-line, then RoomFacts.Seats recvonly ones
	Muted    bool   `json:"muted"`    // enter muted
	Listener bool   `json:"listener"` // enter without a microphone
}

// JoinReply is the way in. The session itself follows as a State event, and is in here so that nothing has to wait.
type JoinReply struct {
	Answer  string  `json:"answer"`
	Session Session `json:"session"`
}

// Candidate is one trickled ICE candidate of the page.
type Candidate struct {
	Candidate string `json:"candidate"`
	Mid       string `json:"mid"`
}

// Voice is what the page says of its microphone.
type Voice struct {
	Muted    bool `json:"muted"`
	Listener bool `json:"listener"`
}

// Opened says where a room was opened outside the window.
type Opened struct {
	Browser string `json:"browser"` // "Chromium", "Google Chrome", "Microsoft Edge", or "" for the default browser
}
