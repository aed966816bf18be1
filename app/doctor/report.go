// Package doctor says why rooms are not found, or voices not heard, and what to do about it: for each network interface,
// for the ports, for the system's firewall and permissions, for the sound devices.
package doctor

import (
	"github.com/earshot/earshot/app/reach"
	"github.com/earshot/earshot/internal/lan"
)

// Report is one examination. Both the page and `earshot doctor --json` show it.
type Report struct {
	Interfaces []Interface `json:"interfaces"`
	Reach      Reach       `json:"reach"`
	Sound      Sound       `json:"sound"`
	Findings   []Finding   `json:"findings"` // never empty; the likeliest reason that no room is found comes first
}

// Multicast says how multicast fares on an interface.
type Multicast string

// The states of multicast.
const (
	MulticastWorks   Multicast = "works"    // our own queries come back, so the system lets them out and in
	MulticastSilent  Multicast = "silent"   // sent, and nothing came back: a firewall, or a missing permission
	MulticastNotSent Multicast = "not_sent" // the system refuses to send
	MulticastUnused  Multicast = "unused"   // the interface is down or not used
)

// Interface is one network interface.
type Interface struct {
	Name      string    `json:"name"`
	Kind      lan.Kind  `json:"kind"`
	Addresses []string  `json:"addresses"` // IP/BITS
	Up        bool      `json:"up"`
	Used      bool      `json:"used"` // rooms are looked for on it
	Multicast Multicast `json:"multicast"`
	Apps      int       `json:"apps"`  // other computers with Earshot heard on it in the last 5 minutes
	Rooms     int       `json:"rooms"` // rooms that answer on it
}

// Answer is yes, no, or not known.
type Answer = reach.Answer

// The answers.
const (
	Yes     = reach.Yes
	No      = reach.No
	Unknown = reach.Unknown
)

// Reach says whether other computers get through to the port of a room on this computer, proved by another Earshot app
// that dialled back.
type Reach struct {
	Port int    `json:"port"` // the room's, or the one that a room would take
	TCP  Answer `json:"tcp"`
	UDP  Answer `json:"udp"`
	By   string `json:"by"` // the name or the address of who dialled back; "" when nobody could be asked
}

// Sound says whether there is something to speak into and something to hear from, as the system says.
type Sound struct {
	Microphone Answer `json:"microphone"`
	Speaker    Answer `json:"speaker"`
}

// Level is how bad a finding is.
type Level string

// The levels, worst first.
const (
	Problem Level = "problem" // rooms or voices do not get through
	Warning Level = "warning" // they may not
	Note    Level = "note"    // worth knowing
	Good    Level = "good"    // checked, and well
)

// Finding is one thing that was found. The sentences (what, why it matters, the one thing to do) are the page's and the
// command line's, by Code; Params fill them in.
type Finding struct {
	Code   Code              `json:"code"`
	Level  Level             `json:"level"`
	Params map[string]string `json:"params,omitempty"`
	Action Action            `json:"action,omitempty"` // the button, where the system allows one
}

// Action is something that Act does for the user, or the page itself.
type Action string

// The actions.
const (
	ActionNone             Action = ""
	ActionCopyCommand      Action = "copy_command" // the page copies Params["command"]
	ActionOpenFirewall     Action = "open_firewall"
	ActionAllowInFirewall  Action = "allow_in_firewall" // the system asks for an administrator
	ActionOpenNetwork      Action = "open_network"
	ActionOpenLocalNetwork Action = "open_local_network" // macOS' permission
	ActionOpenMicrophone   Action = "open_microphone"    // the system's permission
	ActionOpenSound        Action = "open_sound"
	ActionJoinByAddress    Action = "join_by_address" // the page's own field
	ActionStartRoom        Action = "start_room"
)

// Code names a finding. Params in brackets.
type Code string

// The findings.
const (
	AllWell              Code = "all_well"
	NoNetwork            Code = "no_network"
	OnlyVirtual          Code = "only_virtual"           // [interfaces] up are only VPNs and virtual networks
	VPNUp                Code = "vpn_up"                 // [interface] may swallow the LAN's traffic
	MulticastBlocked     Code = "multicast_blocked"      // [interface] sent, and not even our own came back
	MulticastNotPossible Code = "multicast_not_possible" // [interface] the system refuses to send
	NobodyHeard          Code = "nobody_heard"           // [interface] multicast works here, but no other Earshot is heard: isolation, another network, or nobody there
	AppsWithoutRooms     Code = "apps_without_rooms"     // [count] others have Earshot open, nobody has started a room
	RoomSilent           Code = "room_silent"            // [address, port] advertised, and does not answer: its computer's firewall
	Unheard              Code = "unheard"                // [name] hears us and we do not hear it: our firewall
	NotHeardByOthers     Code = "not_heard_by_others"    // [name] answers us and does not hear our multicast: the network between
	TCPBlocked           Code = "tcp_blocked"            // [port, by]
	UDPBlocked           Code = "udp_blocked"            // [port, by]
	Reachable            Code = "reachable"              // [port, by]
	NobodyToAsk          Code = "nobody_to_ask"          // no other app is known that could dial back
	PortTaken            Code = "port_taken"             // [port] by another program
	Crowded              Code = "crowded"                // more rooms are advertised than are looked at
	FirewallBlocks       Code = "firewall_blocks"        // [product, command?] the system's firewall keeps others out
	FirewallOn           Code = "firewall_on"            // [product] and could not be asked whether it lets Earshot in
	PublicNetwork        Code = "public_network"         // [interface] Windows takes the network for a public one
	LocalNetworkDenied   Code = "local_network_denied"   // macOS' permission
	NoMicrophone         Code = "no_microphone"
	NoSpeaker            Code = "no_speaker"
	MicrophoneDenied     Code = "microphone_denied" // the system's permission
)
