// Package talking is two people who talk in a room, with a recorder at each that tells whether anything disturbed them. Tests
// put it beside whatever must not be noticed: an attack, a broken file, a network that goes away.
package talking

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
)

// patience is how long a machine that stands still is waited for.
const patience = 10 * time.Second

// Room starts a room on loopback, which is closed with the test.
func Room(t *testing.T, adjust func(*sfu.Config)) *sfu.Server {
	t.Helper()
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	cfg := sfu.Config{Name: "Kitchen", HostName: "Mina", Listen: "127.0.0.1:0", Identity: id}
	if adjust != nil {
		adjust(&cfg)
	}
	s, err := sfu.Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// AddressOf is where a room is reached from its own computer.
func AddressOf(s *sfu.Server) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port())) }

// Talk is a room with two people talking, who must not hear what else goes on.
type Talk struct {
	Room *sfu.Server // nil when it is somebody else's: InAnothers
	A, B *Talker

	address, fingerprint string
	seats                int
	adjust               func(*client.Config) // for everybody who enters
}

// Start starts a room and two people in it, and waits until both hear each other.
func Start(t *testing.T, adjust func(*sfu.Config)) *Talk {
	t.Helper()
	return In(t, Room(t, func(cfg *sfu.Config) {
		cfg.DeadAfter = patience // on a machine that stands still the Signal connection is not what is tested
		if adjust != nil {
			adjust(cfg)
		}
	}), nil)
}

// In lets the two talk in a room that is there already. adjust may change how people enter it.
func In(t *testing.T, room *sfu.Server, adjust func(*client.Config)) *Talk {
	t.Helper()
	return New(room, adjust).Begin(t)
}

// New is a talk that has not begun: nobody is in the room.
func New(room *sfu.Server, adjust func(*client.Config)) *Talk {
	return &Talk{Room: room, address: AddressOf(room), fingerprint: room.Fingerprint(), seats: room.Facts().Seats, adjust: adjust}
}

// InAnothers does so in a room of which only the address and the key are known here.
func InAnothers(t *testing.T, address, fingerprint string, adjust func(*client.Config)) *Talk {
	t.Helper()
	facts, err := client.FetchFacts(t.Context(), address, fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return (&Talk{address: address, fingerprint: fingerprint, seats: facts.Seats, adjust: adjust}).Begin(t)
}

// Begin lets the two enter, and waits until both hear each other.
func (c *Talk) Begin(t *testing.T) *Talk {
	t.Helper()
	c.A, c.B = c.Enter(t, "A", nil), c.Enter(t, "B", nil)
	c.GoOn(t, 5)
	return c
}

// Address is where the room is reached.
func (c *Talk) Address() string { return c.address }

func (c *Talk) both() [2][2]*Talker { return [2][2]*Talker{{c.A, c.B}, {c.B, c.A}} }

// GoOn waits until both have heard n more packets of each other.
func (c *Talk) GoOn(t *testing.T, n int) {
	t.Helper()
	for _, pair := range c.both() {
		ear, mouth := pair[0], pair[1]
		before := len(ear.From(mouth.You()))
		eventually(t, ear.Name+" hears "+mouth.Name, func() bool { return len(ear.From(mouth.You())) >= before+n })
	}
}

// Undisturbed ends the talk. It fails the test if either of the two could tell that anything happened: a missing, doubled or
// foreign packet, a change of the roster that was not said, a room that does not go on.
func (c *Talk) Undisturbed(t *testing.T) {
	t.Helper()
	c.GoOn(t, 25)
	for _, p := range []*Talker{c.A, c.B} { // so that nothing is on its way any more
		p.Hush()
	}
	<-time.After(300 * time.Millisecond)
	for _, pair := range c.both() {
		ear, mouth := pair[0], pair[1]
		ear.heardAllOf(t, mouth)
		room := ear.Snapshot()
		for _, other := range []*Talker{c.A, c.B} {
			if p, ok := room.Participant(other.You()); !ok || p.Reconnecting {
				t.Errorf("%s sees %s as %+v, %v", ear.Name, other.Name, p, ok)
			}
			if news := ear.newsOf(other.You()); len(news) > 0 {
				t.Errorf("%s was told of %s: %+v", ear.Name, other.Name, news)
			}
		}
	}
	late := c.Enter(t, "Late", nil) // the room is as it was for those to come
	eventually(t, "the roster of a newcomer", func() bool { return len(late.Snapshot().Participants) >= 3 })
	eventually(t, "A hears a newcomer", func() bool { return len(c.A.From(late.You())) > 0 })
}

// HeardNothingLike fails the test if either of the two heard a payload that contains the text.
func (c *Talk) HeardNothingLike(t *testing.T, text string) {
	t.Helper()
	c.heardOnly(t, text, nil)
}

// Strayed fails the test if what contains the text was heard on another seat than that of its owner.
func (c *Talk) Strayed(t *testing.T, text, owner string) {
	t.Helper()
	c.heardOnly(t, text, func(ear *Talker) int { return slices.Index(ear.Snapshot().Seats, owner) })
}

func (c *Talk) heardOnly(t *testing.T, text string, on func(ear *Talker) (seat int)) {
	t.Helper()
	for _, ear := range []*Talker{c.A, c.B} {
		own := -1
		if on != nil {
			own = on(ear)
		}
		ear.mu.Lock()
		for seat, packets := range ear.heard {
			i := slices.IndexFunc(packets, func(v Packet) bool { return strings.Contains(v.Payload, text) })
			if i >= 0 && seat != own {
				t.Errorf("%s heard %q on seat %d", ear.Name, packets[i].Payload, seat)
			}
		}
		ear.mu.Unlock()
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}
