package sfu

// Limits bound what anybody on the network can make a room spend. The zero value of each takes the default, which no office of
// our measurements comes near. An address is a computer, an IPv6 network of 64 bits, or whatever is behind one NAT. What the
// protocol itself bounds (the size of a message, the seats of an offer) is in signal/limits.go.
type Limits struct {
	// MaxConnections is how many TCP connections one address may hold, whatever they do: twice the capacity and at least 256 by default. A colleague's
	// computer has one to the room, one for its lobby and sometimes one for ICE over TCP; an office may come through one NAT.
	// All addresses together may hold eight times as many, below what a process may have open (Go raises that to the
	// system's hard limit, 4,096 or far more).
	MaxConnections int
	// ConnectionsPerSecond is how many new TCP connections one address may open, with a burst of five times as many: 50 by
	// default, and 250 at once, which is an office behind one NAT that comes back after an outage. Each that is let in costs
	// a TLS handshake, 1 ms of a slow processor.
	ConnectionsPerSecond int
	// MaxHandshakes is how many connections of one address may be on their way to a first request: 32 by default, a second of
	// a whole office. All addresses together may have eight times as many.
	MaxHandshakes int
	// MaxICEConnections is how many connections for ICE over TCP one address may hold: 128 by default. A colleague's app
	// needs one, or two while it moves, and again an office may come through one NAT.
	MaxICEConnections int
	// RequestsPerSecond is how many HTTP requests one address may make, with a burst of five times as many: 100 by default. A
	// lobby asks once a second.
	RequestsPerSecond int
	// MaxPending is how many connections that have not joined yet one address may hold open: 16 by default, the
	// number of colleagues behind one NAT who could plausibly click within the same JoinWithin. All addresses together
	// may hold eight times as many.
	MaxPending int
	// MessagesPerSecond bounds what one participant may send, with a burst of twice as many: 30 by default. A busy
	// page sends under 20 at its join (trickled candidates) and under 5 a second later.
	MessagesPerSecond int
	// UpdatesPerSecond is how often everybody is told what one participant says of itself (muted, a raised hand), with a burst of twice as
	// many: 4 by default, more than anybody clicks. Beyond it an update holds all the same and is told late, with those after it: a message to
	// each is what an update costs, and fifty people who toggle 30 times a second made 75,000 a second.
	UpdatesPerSecond int
	// RestartsPerSecond is how many new offers one participant may make, with a burst of five times as many: 2 by default.
	// Each gathers candidates anew, half a millisecond or so; a network that flaps makes one a second.
	RestartsPerSecond int
	// MaxCandidates is how many candidates one participant may trickle for one offer: 32 by default. Chromium with four interfaces
	// sends twelve.
	MaxCandidates int
	// MaxWaiting is how many messages may wait for a participant who does not read: 1024 by default. A join storm of 300 has
	// three for each, and they are the same bytes for everybody. Who is further behind is dropped and resumes with a
	// fresh snapshot.
	MaxWaiting int
	// MaxWaitingBytes is how many bytes of them: 4 MiB by default, a hundred snapshots of a room of 300.
	MaxWaitingBytes int
	// ProbesPerSecond is how many UDP packets an address may send that come from nowhere where ICE has found a participant, with
	// a burst of five times as many: 500 by default. Somebody who joins sends some tens of STUN requests within a second,
	// and then is known. More are dropped before anything is looked at.
	ProbesPerSecond int
	// ChecksPerSecond is how many of those are let through all the same for one participant whom the room expects, with a burst of
	// five times as many: 100 by default. So nobody is kept out by who floods from the same address, or from forged ones.
	ChecksPerSecond int
	// PacketsPerSecond bounds what one microphone may send: 300 by default. 10 ms packets are 100 a second, and a bad network
	// that delivers half of them twice or all of a second at once stays below.
	PacketsPerSecond int
	// MaxShares is how many files one participant may offer at the same time, and MaxRoomShares everybody together: 4 and 64 by
	// default. More is no talk any more; each costs a list of those it is for, and its line on their screens.
	MaxShares, MaxRoomShares int
	// MaxTransfers is how many files go through the host at the same time: 8 by default, others wait for their turn. Each has 32 KiB
	// in memory and what TCP holds.
	MaxTransfers int
	// FileBytesPerSecond bounds all files of the room together: 4 MiB by default, 34 Mbit/s in and out at the host. A third of an old
	// office cable, so that a hundred voices, 4 Mbit/s, never wait behind a file.
	FileBytesPerSecond int
	// MaxTapes is how many participants may record by the host's tapes at the same time: 8 by default. Each costs as much as one
	// more listener, and a meeting whose every word nine people keep has other cares.
	MaxTapes int
	// MaxGuests is how many guests of one address may be inside or at the door: 8 by default, the visitors behind one NAT or one
	// guests' Wi-Fi. All addresses together may have eight times as many.
	MaxGuests int
	// GuestBytesPerSecond bounds what guests' pages load, all together: 4 MiB by default, like files, with a burst of 4 s. A page is half of
	// one, so that ten who open it at once have it within 2 s, and voices do not wait behind those who load it for nothing.
	GuestBytesPerSecond int
	// MaxSources is how many SSRCs of authenticated packets end a participant's media: 1024 by default. SRTP keeps a
	// state for each as long as the connection lives. An honest participant has one or two for each seat.
	MaxSources int
}

func (l *Limits) setDefaults(capacity int) {
	def(&l.MaxConnections, max(256, 2*capacity))
	def(&l.ConnectionsPerSecond, 50)
	def(&l.MaxHandshakes, 32)
	def(&l.MaxICEConnections, 128)
	def(&l.RequestsPerSecond, 100)
	def(&l.MaxPending, 16)
	def(&l.MessagesPerSecond, 30)
	def(&l.UpdatesPerSecond, 4)
	def(&l.RestartsPerSecond, 2)
	def(&l.MaxCandidates, 32)
	def(&l.MaxWaiting, 1024)
	def(&l.MaxWaitingBytes, 4<<20)
	def(&l.ProbesPerSecond, 500)
	def(&l.ChecksPerSecond, 100)
	def(&l.PacketsPerSecond, packetsPerSecond)
	def(&l.MaxShares, 4)
	def(&l.MaxRoomShares, 64)
	def(&l.MaxTransfers, 8)
	def(&l.FileBytesPerSecond, 4<<20)
	def(&l.MaxTapes, 8)
	def(&l.MaxGuests, 8)
	def(&l.GuestBytesPerSecond, 4<<20)
	def(&l.MaxSources, 1024)
}
