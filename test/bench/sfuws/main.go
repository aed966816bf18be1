// Command sfuws puts the load of `earshot load` on pion's example SFU (example-webrtc-applications/sfu-ws), or on another
// that speaks its language, and prints the same result. It is for scripts/bench, which measures both in one run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/client/load"
)

func main() {
	var c load.Config
	address := flag.String("address", "127.0.0.1:8080", "host:port of the server")
	flag.IntVar(&c.Participants, "participants", 10, "how many join")
	flag.IntVar(&c.Talkers, "talkers", 10, "how many of them talk")
	flag.DurationVar(&c.For, "for", 10*time.Second, "how long to measure")
	flag.IntVar(&c.Decrypt, "decrypt", 2, "how many check every packet")
	flag.IntVar(&c.AtOnce, "at-once", 1, "how many join at the same time")
	flag.Float64Var(&c.JoinRate, "join-rate", 0, "joins a second at most")
	flag.IntVar(&c.HostPID, "host-pid", 0, "the server's process")
	silence := flag.String("silence", string(load.DTX), "what those send who do not talk: dtx or muted")
	flag.Parse()
	c.Address, c.Entrance, c.Silence = *address, entrance{*address}, load.Silence(*silence)
	c.Progress = func(p load.Progress) {
		fmt.Fprintf(os.Stderr, "%d inside, %.0f packets/s received\n", p.Inside, p.ArrivedPerS)
	}
	if err := drive(c); err != nil {
		fmt.Fprintln(os.Stderr, "sfuws:", err)
		os.Exit(1)
	}
}

func drive(c load.Config) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := load.Run(ctx, c)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r.Event())
}

// entrance is the way into the example: the server offers, and offers again whenever somebody begins or ends to talk.
type entrance struct{ address string }

// message is the example's envelope; Data is JSON in a string.
type message struct {
	Event string `json:"event"`
	Data  string `json:"data"`
}

// maxMessage is the size of one offer: every talker is an m-line with all default codecs.
const maxMessage = 4 << 20

// Codecs implements load.Entrance.
func (entrance) Codecs(media *webrtc.MediaEngine) error { return media.RegisterDefaultCodecs() }

// Enter implements load.Entrance.
func (e entrance) Enter(ctx context.Context, p *load.Peer) (load.Visit, error) {
	if _, err := p.PC.AddTrack(p.Track); err != nil {
		return nil, err
	}
	ws, res, err := websocket.Dial(ctx, "ws://"+e.address+"/websocket", nil)
	if err != nil {
		if res != nil && res.Body != nil {
			_ = res.Body.Close()
		}
		return nil, err
	}
	ws.SetReadLimit(maxMessage)
	v := &visit{ws: ws, pc: p.PC, answered: make(chan struct{}), gone: make(chan struct{})}
	v.life, v.end = context.WithCancel(context.WithoutCancel(ctx))
	p.PC.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			v.send("candidate", c.ToJSON())
		}
	})
	v.reading.Go(v.read)
	select {
	case <-v.answered:
		return v, nil
	case <-v.gone:
	case <-ctx.Done():
	}
	v.Leave()
	return nil, errors.Join(v.Problem(), ctx.Err())
}

// visit is one WebSocket of the example.
type visit struct {
	ws       *websocket.Conn
	pc       *webrtc.PeerConnection
	life     context.Context //nolint:containedctx // the visit's own, ended by Leave
	end      context.CancelFunc
	reading  sync.WaitGroup
	once     sync.Once
	answered chan struct{} // closed after the first answer
	gone     chan struct{}

	mu      sync.Mutex
	problem error
}

func (v *visit) read() {
	defer close(v.gone)
	for {
		var m message
		err := wsjson.Read(v.life, v.ws, &m)
		if err == nil {
			err = v.handle(m)
		}
		if err != nil {
			v.mu.Lock()
			v.problem = err
			v.mu.Unlock()
			return
		}
	}
}

func (v *visit) handle(m message) error {
	switch m.Event {
	case "offer":
		var offer webrtc.SessionDescription
		if err := json.Unmarshal([]byte(m.Data), &offer); err != nil {
			return err
		}
		if err := v.pc.SetRemoteDescription(offer); err != nil {
			return err
		}
		answer, err := v.pc.CreateAnswer(nil)
		if err != nil {
			return err
		}
		if err := v.pc.SetLocalDescription(answer); err != nil {
			return err
		}
		v.send("answer", answer)
		v.once.Do(func() { close(v.answered) })
	case "candidate":
		var candidate webrtc.ICECandidateInit
		if err := json.Unmarshal([]byte(m.Data), &candidate); err != nil {
			return err
		}
		// One that comes before the first offer is not needed: ours reach the server, and it answers them.
		_ = v.pc.AddICECandidate(candidate)
	}
	return nil
}

// send writes one message; a broken connection ends the next read.
func (v *visit) send(event string, data any) {
	if b, err := json.Marshal(data); err == nil {
		_ = wsjson.Write(v.life, v.ws, message{event, string(b)})
	}
}

// Leave implements load.Visit. The example knows no goodbye.
func (v *visit) Leave() {
	v.end()
	_ = v.ws.CloseNow()
	v.reading.Wait()
}

// Seated implements load.Visit: the example forwards everybody.
func (v *visit) Seated() map[int]bool { return nil }

// Gone implements load.Visit.
func (v *visit) Gone() <-chan struct{} { return v.gone }

// Problem implements load.Visit.
func (v *visit) Problem() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.problem
}
