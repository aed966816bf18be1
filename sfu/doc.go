// Package sfu is the embedded selective forwarding unit: one Server carries one room on one port number, HTTPS and the
// Signal WebSocket on TCP, ICE/DTLS/SRTP on UDP. It needs no window and knows nothing of the app around it.
//
// Who owns what:
//
//   - Room's goroutine owns the roster, the seats' holders, the stage and the revision. Everybody else hands it a
//     closure with do or post; nothing else writes that state.
//   - A conn's goroutines own one WebSocket. Its queue is bounded; a participant that does not read is dropped.
//   - An uplink's goroutine owns reading one microphone stream. It forwards through the seat it holds, over lists that
//     the room swaps atomically: no lock is taken and no media enters the room's goroutine.
//   - A seat's rewriter belongs to whoever holds the seat's busy flag, which is tried and never waited for.
package sfu
