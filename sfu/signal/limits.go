package signal

import "time"

// Version is the protocol version. A host refuses a join of another version with CodeUnsupportedVersion.
const Version = 1

// Limits of the wire. Each is enforced by Decode or by the host before a byte of the message is acted on.
const (
	// MaxMessage is the size of one Signal message in bytes. As JSON an SDP grows by a tenth; a snapshot of 300
	// participants is about 40 kB.
	MaxMessage = 128 << 10
	// MaxOffer is the size of an SDP offer or answer in bytes. With all its codecs Chromium 156 spends 1.3 kB on an
	// m-line: 65 kB for 50 seats.
	MaxOffer = 96 << 10
	// MaxName is the length of a person's or a room's name in bytes of UTF-8: 64 Latin letters, or 21 Hangul syllables.
	MaxName = 64
	// MaxCandidate is the size of one ICE candidate line in bytes; browsers' are under 200.
	MaxCandidate = 512
	// maxToken bounds a resume token or host key in bytes; ours are 43.
	maxToken = 128
	// MinPIN and MaxPIN bound a room's PIN, in characters and in bytes: four digits to a passphrase.
	MinPIN = 4
	MaxPIN = 128
	// MaxSeats bounds a room's seats, and so the m-lines of an offer.
	MaxSeats = 50
	// MaxPeople is how many names GET /v1/room lists; the count is always whole.
	MaxPeople = 8
)

// What a proof of the PIN is bound to: the connection, by its TLS exporter (RFC 8446 §7.5, RFC 5705), and the host's key, whose
// fingerprint follows PINChannel.
const (
	PINExporter     = "EXPORTER-earshot-pin"
	PINExporterSize = 32
	PINChannel      = "earshot/1 "
)

// Beats of a Signal connection, both ways.
const (
	// PingEvery is how often each end sends a WebSocket ping (RFC 6455 §5.5.2).
	PingEvery = time.Second
	// DeadAfter is how long a pong may take before the link counts as dead, whatever TCP believes.
	DeadAfter = 3 * time.Second
	// ResumeWithin is how long a participant whose socket dropped keeps its place in the roster.
	ResumeWithin = 15 * time.Second
	// ReceivedFor is how long a Received holds after the last packet of a microphone: in silence it sends one in 400 ms (DTX,
	// RFC 7587 §3.1.3), and two of them may be lost.
	ReceivedFor = 1500 * time.Millisecond
)
