// Package voice carries the voice of a page that has no RTCPeerConnection: the window on Linux. SDP, ICE, DTLS, SRTP, NACK
// and RED live here, in a pion connection of the app's own (package sfu/client/media); Opus is encoded, decoded, mixed and
// played by the page. The two are joined by one WebSocket on a loopback address, and Opus packets pass it unchanged.
//
// # Wire
//
//	GET /voice?token=T               WebSocket; T is the line's own, 256 random bits, told to the page that joined
//	page -> app, binary              one packet of the microphone:
//	                                   1 byte   bit 7: the first after a silence; bits 0-6: dB below full scale (RFC 6464)
//	                                   4 bytes  timestamp of its first sample, 48 kHz, big-endian
//	                                   rest     Opus
//	app -> page, binary              packets of seats, one after the other, each:
//	                                   2 bytes  how many bytes of it follow, big-endian
//	                                   1 byte   seat
//	                                   2 bytes  sequence number, big-endian; one left out was lost
//	                                   4 bytes  timestamp, 48 kHz, big-endian
//	                                   rest     Opus
//	app -> page, text                {"state":"connecting"|"connected"|"interrupted"|"failed"}, at first and on each change
//
//	GET /sound?token=T               WebSocket of the sound card (package soundcard); T is the app's, for the life of the app
//	page -> app, text                {"microphone":true,"played":true,"input":"","output":"","short":false,"resting":false,"line":URL}: whether to record, the
//	                                   loudspeaker too, the devices by their names, whether ticks are to be of 10 ms always or may
//	                                   be of 40, and the line by whose /voice the page would speak and hear, "" for none
//	app -> page, text                {"sound":true,"microphone":"open","input":"","output":"","muted":false}: what became of it
//	app -> page, text                {"state":...}, of the line, as above
//	app -> page, binary              a tick:
//	                                   2 bytes  by how many samples the answer is to be longer than its blocks, little-endian
//	                                   2 bytes  blocks of the microphone that were left out since the last tick, little-endian
//	                                   1 byte   of how many blocks of 10 ms it is
//	                                   1 byte   bit 0: it has the microphone; bit 1: it has what the loudspeaker played
//	                                   2 bytes  nothing
//	                                   then     the microphone's 480 frames of two 32 bit floats for each block; the loudspeaker's 480
//	                                            samples for each; packets of seats, as above
//	page -> app, binary              its answer:
//	                                   2 bytes  frames to be played, little-endian
//	                                   1 byte   blocks of the microphone that wait for a whole packet
//	                                   1 byte   nothing
//	                                   then     the frames; packets of the microphone as above, each after its length, 2 bytes big-endian
//
// # Who waits for what
//
// Packets to the page are in order, each once. One that is missing is asked for again at once and waited for 60 ms
// (media.Feed), and some wait up to 10 ms for others to share a message (outbox), or for the next tick; nothing else is held back
// here. A page that does not answer ticks is not asked for more, and what it misses is left out: it is never behind. How much sound
// is kept so that it does not break off is decided in the page's audio thread: there is the clock that plays it, and what arrives
// there has every delay behind it, the network's, the wait for a lost packet, this socket's and the decoder's.
//
// # What keeps others out
//
// As on the bridge: the Host must be exactly ours, the Origin that of one of our own pages, and the token is that of one
// stay, or of this run for the sound card. Nothing but the WebSocket is served.
package voice
