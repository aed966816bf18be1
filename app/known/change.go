package known

import (
	"slices"

	"github.com/earshot/earshot/sfu/signal"
)

// By is by what a room is taken for that of a remembered host.
type By string

// What two rooms can have in common. Names are compared as they look.
const (
	ByRoom    By = "room"    // its id, which is random: nobody has the same by chance
	ByNames   By = "names"   // those of the host and of the room
	ByAddress By = "address" // host:port
)

// Seen is a room as it is seen now.
type Seen struct {
	Fingerprint                string // of the key that answers
	HostName, RoomName, RoomID string
	// Address is host:port when the room was asked for by it; "" when it was found otherwise. Addresses are handed on from computer to computer,
	// so one says nothing about a room that was chosen by its name.
	Address string
}

// Index finds what a room is taken for. It is safe for concurrent use.
type Index struct {
	mirror             *signal.Mirror
	keys               map[string]Host
	ids, names, places map[string]Host
}

// NewIndex returns the index of hosts, the last joined first.
func NewIndex(hosts []Host, mirror *signal.Mirror) *Index {
	x := &Index{
		mirror: mirror, keys: make(map[string]Host), ids: make(map[string]Host), names: make(map[string]Host), places: make(map[string]Host),
	}
	for _, h := range slices.Backward(hosts) { // so that of two the one joined last stands
		x.keys[h.Fingerprint] = h
		if h.RoomID != "" {
			x.ids[h.RoomID] = h
		}
		for _, key := range x.namesKeys(h.HostName, h.RoomName) {
			x.names[key] = h
		}
		for _, a := range h.Addresses {
			x.places[a] = h
		}
	}
	return x
}

// namesKeys returns texts of which two pairs of names that look alike have one in common.
func (x *Index) namesKeys(host, room string) (keys [4]string) {
	for i, h := range x.mirror.Keys(host) {
		for j, r := range x.mirror.Keys(room) {
			keys[2*i+j] = h + "\x00" + r
		}
	}
	return keys
}

// Host returns the remembered host of a key.
func (x *Index) Host(fingerprint string) (Host, bool) {
	h, ok := x.keys[fingerprint]
	return h, ok
}

// Changed returns the remembered host that a room pretends or happens to be, under another key, and what the two have in
// common. A room of a remembered key is what it is: there is nothing to say of it.
func (x *Index) Changed(seen Seen) (Host, By, bool) {
	if _, known := x.keys[seen.Fingerprint]; known {
		return Host{}, "", false
	}
	if h, ok := x.ids[seen.RoomID]; ok {
		return h, ByRoom, true
	}
	for _, key := range x.namesKeys(seen.HostName, seen.RoomName) {
		if h, ok := x.names[key]; ok {
			return h, ByNames, true
		}
	}
	if h, ok := x.places[seen.Address]; ok {
		return h, ByAddress, true
	}
	return Host{}, "", false
}
