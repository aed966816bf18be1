// Package discovery finds the rooms of a LAN and makes a room findable, by multicast DNS (RFC 6762) and DNS service
// discovery (RFC 6763), service _earshot._tcp.
//
// mDNS only finds candidates; anybody on the LAN can say anything in it. What a Browser lists is what answers GET /v1/room
// under the advertised key with the advertised id, and has done so within the last 3 s.
//
// # What is trusted
//
// Nothing that came by multicast. A name, a PIN flag or an epoch in a TXT record is never shown: the room's own answer
// is. An advertised address is only dialled, pinned to the advertised key, and only if it lies in a private, link-local or
// directly connected network. A goodbye makes the Browser ask the room at once; the room's silence is what removes it. Memory
// and dials are bounded (see maxCandidates), and one flooding sender crowds out itself before anybody else.
//
// Nor is anybody trusted who passes on a room from another network: what counts is a record that the host has signed, and
// its addresses are candidates like advertised ones. Only remembered hosts (Config.Remembered) are asked wherever they were.
//
// # Multicast traffic of an idle lobby
//
// A query is 79 bytes on the wire over IPv4 (99 over IPv6), and some 39 more for each listed room, which then need not answer (RFC
// 6762 §7.1). After the first rounds it goes out every BrowseMax (15 s), over one IP family at a time. Measured over ten
// minutes from the start (scripts/bench quiet): 57 bit/s for one lobby, 31 for each of six, because lobbies that hear each
// other's queries take turns (§7.3); with one room 40 for each of six, and 437 for its host (78 after the first 30 s). New rooms, goodbyes and changes do
// not wait for a round: they are heard. Liveness costs no multicast.
package discovery

// Names of the service, RFC 6763 §4.1.
const (
	service     = "_earshot._tcp"
	domain      = "local"
	serviceName = service + "." + domain + "."
)
