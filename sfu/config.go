package sfu

import (
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// DefaultPort is where a room listens unless the port is taken.
const DefaultPort = "7788"

// Config is what a room is started with. The zero value of every field but Identity is usable.
type Config struct {
	// Name is the room's display name, HostName that of the person who hosts it. Both are cleaned by signal.CleanName.
	Name, HostName string
	// Listen is the TCP and UDP address, ":7788" by default. If the port is taken on either, another is chosen; port 0
	// asks for any.
	Listen string
	// Seats is K, the number of voices that are forwarded at the same time: 10 by default, signal.MaxSeats at most.
	Seats int
	// Capacity is how many participants may be inside: 100 by default.
	Capacity int
	// PIN is what participants have to prove, signal.CleanPIN of it: four digits to a passphrase. "": the room is open.
	PIN string
	// WrongPIN is told of each failed try, with how many there were from that address since its last success. It must not
	// block, and comes from several goroutines.
	WrongPIN func(from netip.Addr, tries int)
	// Identity is the host's certificate (package identity), whose fingerprint participants pin. Required.
	Identity tls.Certificate
	// Logger gets one info line for each transition in a participant's life; no names or addresses above debug.
	Logger *slog.Logger
	// Observe is told every change of the room, in order, on the room's goroutine. It must not block.
	Observe func(signal.Change)

	// Guests is what guests are served, where the rule Guests lets them come. The zero value: nobody can.
	Guests Guests

	// Reach answers those who check whether this port is reached. The zero value: nobody.
	Reach Reach

	// ResumeWithin is how long a dropped participant keeps its place: signal.ResumeWithin by default.
	ResumeWithin time.Duration
	// JoinWithin is how long a new connection may take to send its join: 5 s by default. A join follows its
	// connection at once; 5 s covers retransmissions on a bad Wi-Fi.
	JoinWithin time.Duration
	// PingEvery and DeadAfter are the Signal beats: signal.PingEvery and signal.DeadAfter by default.
	PingEvery, DeadAfter time.Duration
	// Rules are what the room begins with: what an earlier room of this host, or the host before this one, left.
	Rules Rules
	// Ruled is told the rules after each change of them, on the room's goroutine. It must not block.
	Ruled func(Rules)
	// Knocked is told of everybody who begins to wait to be let in, like Ruled.
	Knocked func(signal.Knock)
	// Ended is told that somebody with the host's key ended the room, whose Server is to be closed then. It must not block
	// and not close it itself. nil: nobody can.
	Ended func()
	// MaxKnocks is how many may wait to be let in: signal.MaxKnocks at most and by default, which is as many as a person
	// decides on at a glance.
	MaxKnocks int
	// MaxKnocksFrom is how many of those may come from one address, so that one computer does not keep the others from
	// being seen: 4 by default, some colleagues behind one NAT.
	MaxKnocksFrom int
	// KnockWithin is how long somebody waits to be let in: 2 min by default. A host who does not answer by then is not there.
	KnockWithin time.Duration
	// KnockAgain is how long whoever was refused cannot ask again, by key and by address: 30 s by default, so that
	// asking is no way to disturb a room.
	KnockAgain time.Duration
	// ReturnWithin is how long somebody who was lost may return into a locked or knocking room as if still inside: 12 min by
	// default, more than apps look for their host (client.Config.Patience) and then for a way back.
	ReturnWithin time.Duration
	// GuestReturnWithin is how long a guest who went may return by the token that its tab keeps: 2 min by default, a page that is loaded anew or a
	// phone that was in a pocket for a moment, and not a tab that somebody else finds open after a meeting.
	GuestReturnWithin time.Duration
	// StopRecordingWithin is how long who records may go on after recording was switched off, before they are removed: 3 s
	// by default; an app stops at once.
	StopRecordingWithin time.Duration
	// ModerationsPerSecond bounds what one moderator does, with a burst of four times as many: 5 by default, a person who
	// clicks fast. Each deed is told to everybody.
	ModerationsPerSecond int
	// FileStall is how long a file may stand still on its way, and who should send or fetch it may take to come: 20 s by default, a network that
	// is changed, and less than anybody watches a bar that does not move.
	FileStall time.Duration
	// LinksEvery is how often everybody's link is measured and told where it changed: 2 s by default.
	LinksEvery time.Duration
	// ChatEvery is how often one participant may write, on average, and ChatBurst how many messages at once: 1 s and 5 by
	// default. Nobody types faster; what a script posts is nothing that everybody has to read.
	ChatEvery time.Duration
	ChatBurst int
	// ChatKept and ChatKeptBytes bound what those who come later are shown: the last 300 messages, and of their text 256 KiB,
	// by default. It is all the memory that the chat takes.
	ChatKept, ChatKeptBytes int

	Limits
}

func (c Config) withDefaults() Config {
	def(&c.Listen, ":"+DefaultPort)
	def(&c.Seats, 10)
	def(&c.Capacity, 100)
	def(&c.Logger, slog.New(slog.DiscardHandler))
	def(&c.ResumeWithin, signal.ResumeWithin)
	def(&c.JoinWithin, 5*time.Second)
	def(&c.PingEvery, signal.PingEvery)
	def(&c.DeadAfter, signal.DeadAfter)
	def(&c.LinksEvery, 2*time.Second)
	def(&c.FileStall, 20*time.Second)
	def(&c.ChatEvery, time.Second)
	def(&c.ChatBurst, 5)
	def(&c.ChatKept, 300)
	def(&c.ChatKeptBytes, 256<<10)
	def(&c.MaxKnocks, signal.MaxKnocks)
	c.MaxKnocks = min(c.MaxKnocks, signal.MaxKnocks)
	def(&c.MaxKnocksFrom, 4)
	def(&c.KnockWithin, 2*time.Minute)
	def(&c.KnockAgain, 30*time.Second)
	def(&c.ReturnWithin, 12*time.Minute)
	def(&c.GuestReturnWithin, 2*time.Minute)
	def(&c.StopRecordingWithin, 3*time.Second)
	def(&c.ModerationsPerSecond, 5)
	if c.Ruled == nil {
		c.Ruled = func(Rules) {}
	}
	if c.Knocked == nil {
		c.Knocked = func(signal.Knock) {}
	}
	c.setDefaults(c.Capacity)
	if c.Observe == nil {
		c.Observe = func(signal.Change) {}
	}
	return c
}

// def sets *v to d where it is the zero value.
func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
