package discovery

import (
	"cmp"
	"log/slog"
	"time"
)

// Config is what Advertise and Browse need from outside. The zero value is ready to use.
type Config struct {
	// Logger gets one line a lifecycle transition; addresses only at debug level. Default: discards.
	Logger *slog.Logger

	// PollEvery is how often the network interfaces are looked at: a new network is used, and a host that moved is found,
	// this much later. Default 250 ms;
	// one look costs well under a millisecond.
	PollEvery time.Duration
	// ProbeEvery is the time between two questions to a listed room. Default 1 s.
	ProbeEvery time.Duration
	// ProbeTimeout is how long a listed room may take to answer over its kept connection before all its addresses
	// are tried anew. Default 500 ms, more than twice the bad Wi-Fi round trip of 200 ms.
	ProbeTimeout time.Duration
	// DialTimeout is how long all addresses of a room are tried at once: TCP, TLS and one answer. Default 800 ms.
	DialTimeout time.Duration
	// Expire is how long after its last answer a room stays listed. Default 2.4 s: one whole ProbeEvery + ProbeTimeout +
	// DialTimeout fits in, and it leaves a busy machine 0.6 s of the promised 3 s.
	Expire time.Duration
	// BrowseFor is how long the answers to one query are collected. Default 1 s; answers come within 0.5 s (RFC 6762 §6).
	BrowseFor time.Duration
	// BrowseMin and BrowseMax are the time between two rounds of queries, doubling from one to the other while no new
	// room turns up (RFC 6762 §5.2). Defaults 1 s and 15 s: at 0, 1, 3, 7 and 15 s, and every 15 s
	// from then on. RFC 6762 has it grow to an hour, but BrowseMax is how late a room is found whose probes and announcements
	// were all lost, and a round is one packet that known rooms do not answer.
	BrowseMin, BrowseMax time.Duration

	// Remembered returns hosts whose rooms were joined before, the likeliest first. They are asked by unicast, at most 32; what
	// answers is listed. It is called from one goroutine of a Browser's, now and then. nil: nobody is remembered.
	Remembered func() []Known

	// PassOn says whether a Browser in several networks passes on the rooms of each to the others now. It may change. It is called
	// from one goroutine of the Browser's and must not block. nil: no.
	PassOn func() bool

	interfaces func() ([]iface, error)                  // the network interfaces; tests replace it
	dial       func(address, fingerprint string) prober // asks one address for its facts; tests replace it
	round      func(r round, found func(announcement))  // one round of queries, blocks; tests replace it
	open       func(iface, func(packet)) (*link, error) // opens the passive listener of one interface; tests replace it
	selfSend   bool                                     // also send through own sockets, where the library cannot choose the interface
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.PollEvery = cmp.Or(c.PollEvery, 250*time.Millisecond)
	c.ProbeEvery = cmp.Or(c.ProbeEvery, time.Second)
	c.ProbeTimeout = cmp.Or(c.ProbeTimeout, 500*time.Millisecond)
	c.DialTimeout = cmp.Or(c.DialTimeout, 800*time.Millisecond)
	c.Expire = cmp.Or(c.Expire, 2400*time.Millisecond)
	c.BrowseFor = cmp.Or(c.BrowseFor, time.Second)
	c.BrowseMin = cmp.Or(c.BrowseMin, time.Second)
	c.BrowseMax = cmp.Or(c.BrowseMax, 15*time.Second)
	if c.interfaces == nil {
		c.interfaces = systemInterfaces
	}
	if c.dial == nil {
		c.dial = dialRoom
	}
	if c.round == nil {
		c.round = queryAll
	}
	if c.open == nil {
		c.open = openLink
	}
	c.selfSend = c.selfSend || !perPacketInterface
	return c
}
