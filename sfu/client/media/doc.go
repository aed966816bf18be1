// Package media is the voice of a participant that has no browser: a pion peer connection of the shape every join has
// (one microphone, K seats), a player that sends an Ogg Opus file as that microphone, and a recorder that writes each
// talker to an Ogg Opus file. Opus is never decoded or encoded here, so nothing needs cgo.
//
// Package client carries the offer and the answer; this package knows nothing of Signal but who sits in which seat.
package media
