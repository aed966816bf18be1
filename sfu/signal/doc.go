// Package signal is the language of the Signal connection: the JSON messages that a participant's app and the host's
// SFU exchange over one WebSocket, their limits and their validation. Server and client share it, so that neither can
// drift from docs/PROTOCOL.md, whose examples are this package's test vectors.
//
// Everything here is a plain value: no goroutine, no network, no clock.
package signal
