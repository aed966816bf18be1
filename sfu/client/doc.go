// Package client is one participant's side of a room in Go: TLS pinned to the host's fingerprint, the public facts of a
// room, the Signal connection with its resume, and, where there is no browser, media of its own (a pion peer with Opus in
// and out).
package client
