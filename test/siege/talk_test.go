package siege

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

const patience = 10 * time.Second

// All tests but the few that measure memory or time run beside each other, so leaks are looked for once.
func TestMain(m *testing.M) {
	if kind := os.Getenv(floodKind); kind != "" {
		os.Exit(floodFrom(kind, os.Getenv(floodRoom)))
	}
	goleak.VerifyTestMain(m)
}

func startRoom(t *testing.T, adjust func(*sfu.Config)) *sfu.Server {
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

// addressOf is where a room on loopback is reached.
func addressOf(s *sfu.Server) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port())) }

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// talk is a room with two people talking, who must not hear what else goes on.
type talk struct {
	room *sfu.Server
	a, b *talker
}

// talker sends numbered packets and records what comes, of voices and of the roster.
type talker struct {
	*client.Session
	peer  *media.Peer
	name  string
	offer string
	stop  context.CancelFunc
	ended chan struct{}

	mu    sync.Mutex
	sent  []time.Time           // when each of our own packets left, by its number
	heard map[int][]voicePacket // by seat
	news  []signal.Change
}

type voicePacket struct {
	seq     uint16
	payload string
	at      time.Time
}

// startTalk starts a room and waits until both hear each other.
func startTalk(t *testing.T, adjust func(*sfu.Config)) *talk {
	t.Helper()
	c := &talk{room: startRoom(t, func(cfg *sfu.Config) {
		cfg.DeadAfter = patience // on a machine that stands still the Signal connection is not what is tested
		if adjust != nil {
			adjust(cfg)
		}
	})}
	c.a, c.b = c.enter(t, "A", nil), c.enter(t, "B", nil)
	c.goOn(t, 5)
	return c
}

// enter lets somebody join who talks.
func (c *talk) enter(t *testing.T, name string, adjust func(*client.Config)) *talker {
	t.Helper()
	p := &talker{name: name, heard: make(map[int][]voicePacket), ended: make(chan struct{})}
	var err error
	p.peer, err = media.NewPeer(media.PeerConfig{Seats: c.room.Facts().Seats, Loopback: true, OnPacket: p.hear})
	if err != nil {
		t.Fatal(err)
	}
	offer, err := p.peer.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.offer = offer
	cfg := client.Config{
		Address: addressOf(c.room), Fingerprint: c.room.Fingerprint(), Name: name, Offer: offer, DeadAfter: patience, OnChange: p.learn,
	}
	if adjust != nil {
		adjust(&cfg)
	}
	if p.Session, err = client.Join(t.Context(), cfg); err != nil {
		t.Fatalf("%s: join: %v", name, err)
	}
	if err := p.peer.Accept(p.Answer()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	go p.talk(ctx)
	t.Cleanup(func() {
		cancel()
		<-p.ended
		p.Leave()
		_ = p.peer.Close()
	})
	return p
}

// learn keeps what the room says of people.
func (p *talker) learn(_ signal.Snapshot, c signal.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.news = append(p.news, c)
}

// voiceOf is the n-th packet of a talker, as large as speech is, with the header of one 20 ms frame ('x').
func voiceOf(name string, n int) string {
	return fmt.Sprintf("x %s says word number %d and so on, as large as a packet of speech is", name, n)
}

func (p *talker) talk(ctx context.Context) {
	defer close(p.ended)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ctx.Err() == nil; <-tick.C {
		if n == 0 && p.peer.State() != webrtc.PeerConnectionStateConnected {
			continue
		}
		p.mu.Lock()
		p.sent = append(p.sent, time.Now())
		p.mu.Unlock()
		_ = p.peer.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(65500 + n), Timestamp: uint32(n) * 960}, //nolint:gosec // wraps
			Payload: []byte(voiceOf(p.name, n)),
		})
		n++
	}
}

func (p *talker) hear(seat int, packet *rtp.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard[seat] = append(p.heard[seat], voicePacket{packet.SequenceNumber, string(packet.Payload), time.Now()})
}

// from returns what was heard on the seat of somebody.
func (p *talker) from(id string) []voicePacket {
	seat := slices.Index(p.Snapshot().Seats, id)
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard[seat])
}

// everything returns every payload that was heard on any seat.
func (p *talker) everything() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, packets := range p.heard {
		for _, v := range packets {
			all = append(all, v.payload)
		}
	}
	return all
}

// goOn waits until both have heard n more packets of each other.
func (c *talk) goOn(t *testing.T, n int) {
	t.Helper()
	for _, pair := range [][2]*talker{{c.a, c.b}, {c.b, c.a}} {
		ear, mouth := pair[0], pair[1]
		before := len(ear.from(mouth.You()))
		eventually(t, ear.name+" hears "+mouth.name, func() bool { return len(ear.from(mouth.You())) >= before+n })
	}
}

// undisturbed fails the test if either of the two could tell that anything happened: a missing, doubled or foreign
// packet, a change of the roster that was not said, a room that does not go on.
func (c *talk) undisturbed(t *testing.T) {
	t.Helper()
	c.goOn(t, 25)
	for _, p := range []*talker{c.a, c.b} { // so that nothing is on its way any more
		p.stop()
		<-p.ended
	}
	time.Sleep(300 * time.Millisecond)
	for _, pair := range [][2]*talker{{c.a, c.b}, {c.b, c.a}} {
		ear, mouth := pair[0], pair[1]
		ear.heardAllOf(t, mouth)
		room := ear.Snapshot()
		for _, other := range []*talker{c.a, c.b} {
			if p, ok := room.Participant(other.You()); !ok || p.Reconnecting {
				t.Errorf("%s sees %s as %+v, %v", ear.name, other.name, p, ok)
			}
			if news := ear.newsOf(other.You()); len(news) > 0 {
				t.Errorf("%s was told of %s: %+v", ear.name, other.name, news)
			}
		}
	}
	if n := c.room.Facts().Participants; n < 2 {
		t.Errorf("%d participants", n)
	}
	late := c.enter(t, "Late", nil) // the room is as it was for those to come
	eventually(t, "the roster of a newcomer", func() bool { return len(late.Snapshot().Participants) >= 3 })
	eventually(t, "A hears a newcomer", func() bool { return len(c.a.from(late.You())) > 0 })
}

// newsOf returns what was said of somebody since they came: nothing, for those who only talk.
func (p *talker) newsOf(id string) (news []signal.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.news {
		switch c := c.(type) {
		case *signal.Left:
			if c.ID == id {
				news = append(news, c)
			}
		case *signal.Updated:
			if c.Participant.ID == id {
				news = append(news, c)
			}
		}
	}
	return news
}

// heardAllOf checks that the packets of mouth since the first that was heard came once, each under its own number. A
// machine that stands still in the middle of a flood overflows the socket's buffer, so one in thirty may be missing.
func (p *talker) heardAllOf(t *testing.T, mouth *talker) {
	t.Helper()
	packets := p.from(mouth.You())
	var longest time.Duration
	for i := 1; i < len(packets); i++ {
		longest = max(longest, packets[i].at.Sub(packets[i-1].at))
	}
	var base int
	if _, err := fmt.Sscanf(packets[0].payload, "x "+mouth.name+" says word number %d", &base); err != nil {
		t.Fatalf("%s heard %q on the seat of %s", p.name, packets[0].payload, mouth.name)
	}
	slices.SortStableFunc(packets, func(x, y voicePacket) int { return int(int16(x.seq - y.seq)) }) //nolint:gosec // a distance
	first := packets[0].seq
	last := first - 1
	missing := 0
	for _, v := range packets {
		if v.seq == last {
			t.Fatalf("%s heard number %d of %s twice", p.name, v.seq, mouth.name)
		}
		missing += int(v.seq - last - 1)
		last = v.seq
		if want := voiceOf(mouth.name, base+int(v.seq-first)); v.payload != want {
			t.Fatalf("%s heard %q of %s instead of %q", p.name, v.payload, mouth.name, want)
		}
	}
	t.Logf("%s heard %d packets of %s, %d missing, the longest pause %v", p.name, len(packets), mouth.name, missing, longest.Round(time.Millisecond))
	if missing > 1+len(packets)/30 {
		t.Errorf("%s missed %d of %d packets of %s", p.name, missing, missing+len(packets), mouth.name)
	}
}

// heardNothingLike fails the test if either of the two heard a payload that contains the text.
func (c *talk) heardNothingLike(t *testing.T, text string) {
	t.Helper()
	for _, p := range []*talker{c.a, c.b} {
		for _, payload := range p.everything() {
			if strings.Contains(payload, text) {
				t.Fatalf("%s heard %q", p.name, payload)
			}
		}
	}
}

// during runs the attack again and again for d, while both talk: up to 30,000 times a second, so that on a slow machine
// the attacker does not take the processor from the room, which a stranger on the network cannot do.
func during(d time.Duration, attack func() error) error {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for n := 0; n < 30 && time.Now().Before(end); n++ {
			if err := attack(); err != nil {
				return err
			}
		}
	}
	return nil
}
