package talking

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

// Talker is a participant who sends numbered packets every 20 ms and records what comes, of voices and of the roster.
type Talker struct {
	*client.Session
	Name  string
	Offer string

	peer  *media.Peer
	stop  context.CancelFunc
	ended chan struct{}

	mu    sync.Mutex
	sent  []time.Time      // when each of our own packets left, by its number
	heard map[int][]Packet // by seat
	news  []signal.Change
}

// Packet is one that was heard.
type Packet struct {
	Seq     uint16
	Payload string
	At      time.Time
}

// Enter lets somebody join who talks until the end of the test.
func (c *Talk) Enter(t *testing.T, name string, adjust func(*client.Config)) *Talker {
	t.Helper()
	return c.EnterListening(t, name, adjust, func(int, *rtp.Packet) {})
}

// EnterListening is Enter for somebody who does something with what is heard.
func (c *Talk) EnterListening(t *testing.T, name string, adjust func(*client.Config), listen func(seat int, packet *rtp.Packet)) *Talker {
	t.Helper()
	p := &Talker{Name: name, heard: make(map[int][]Packet), ended: make(chan struct{})}
	var err error
	p.peer, err = media.NewPeer(media.PeerConfig{Seats: c.seats, Loopback: true, OnPacket: func(seat int, packet *rtp.Packet) {
		p.hear(seat, packet)
		listen(seat, packet)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if p.Offer, err = p.peer.Offer(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := client.Config{
		Address: c.address, Fingerprint: c.fingerprint, Name: name, Offer: p.Offer, DeadAfter: patience, OnChange: p.learn,
	}
	for _, f := range []func(*client.Config){c.adjust, adjust} {
		if f != nil {
			f(&cfg)
		}
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
		p.Hush()
		p.Leave()
		_ = p.peer.Close()
	})
	return p
}

// Hush ends the talking, and waits until the last word is out. It is idempotent.
func (p *Talker) Hush() {
	p.stop()
	<-p.ended
}

// Word is the n-th packet of a talker, as large as speech is, with the header of one 20 ms frame ('x').
func Word(name string, n int) string {
	return fmt.Sprintf("x %s says word number %d and so on, as large as a packet of speech is", name, n)
}

// Number returns which word of a talker a payload is.
func Number(name, payload string) (n int, ok bool) {
	_, err := fmt.Sscanf(payload, "x "+name+" says word number %d", &n)
	return n, err == nil && Word(name, n) == payload
}

func (p *Talker) talk(ctx context.Context) {
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
			Payload: []byte(Word(p.Name, n)),
		})
		n++
	}
}

func (p *Talker) hear(seat int, packet *rtp.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard[seat] = append(p.heard[seat], Packet{packet.SequenceNumber, string(packet.Payload), time.Now()})
}

// learn keeps what the room says of people.
func (p *Talker) learn(_ signal.Snapshot, c signal.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.news = append(p.news, c)
}

// From returns what was heard on the seat of somebody.
func (p *Talker) From(id string) []Packet {
	seat := slices.Index(p.Snapshot().Seats, id)
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard[seat])
}

// Sent returns when each of its own packets left, by its number.
func (p *Talker) Sent() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// newsOf returns what was said of somebody since they came: nothing, for those who only talk.
func (p *Talker) newsOf(id string) (news []signal.Change) {
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
func (p *Talker) heardAllOf(t *testing.T, mouth *Talker) {
	t.Helper()
	packets := p.From(mouth.You())
	var longest time.Duration
	for i := 1; i < len(packets); i++ {
		longest = max(longest, packets[i].At.Sub(packets[i-1].At))
	}
	base, ok := Number(mouth.Name, packets[0].Payload)
	if !ok {
		t.Fatalf("%s heard %q on the seat of %s", p.Name, packets[0].Payload, mouth.Name)
	}
	slices.SortStableFunc(packets, func(x, y Packet) int { return int(int16(x.Seq - y.Seq)) }) //nolint:gosec // a distance
	first := packets[0].Seq
	last := first - 1
	missing := 0
	for _, v := range packets {
		if v.Seq == last {
			t.Fatalf("%s heard number %d of %s twice", p.Name, v.Seq, mouth.Name)
		}
		missing += int(v.Seq - last - 1)
		last = v.Seq
		if want := Word(mouth.Name, base+int(v.Seq-first)); v.Payload != want {
			t.Fatalf("%s heard %q of %s instead of %q", p.Name, v.Payload, mouth.Name, want)
		}
	}
	t.Logf("%s heard %d packets of %s, %d missing, the longest pause %v", p.Name, len(packets), mouth.Name, missing, longest.Round(time.Millisecond))
	if missing > 1+len(packets)/30 {
		t.Errorf("%s missed %d of %d packets of %s", p.Name, missing, missing+len(packets), mouth.Name)
	}
}
