// Command smallest is an SFU as one writes it first with pion: the default interceptors, a TrackLocalStaticRTP for each
// talker, and a loop that reads and writes packets. It speaks the language of pion's example sfu-ws and stands in for it
// in scripts/bench where that cannot be had.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

func main() {
	address := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := &room{talkers: make(map[string]*webrtc.TrackLocalStaticRTP)}
	server := &http.Server{Addr: *address, Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "smallest:", err)
		os.Exit(1)
	}
}

type room struct {
	mu      sync.Mutex
	members []*member
	talkers map[string]*webrtc.TrackLocalStaticRTP // by track id
}

// member is one participant. Its mutex keeps one negotiation after the other; room's is taken inside it, never around it.
type member struct {
	pc *webrtc.PeerConnection
	ws *websocket.Conn

	mu      sync.Mutex
	waiting bool // for an answer
	stale   bool // there is more to offer when it has come
}

type message struct {
	Event string `json:"event"`
	Data  string `json:"data"`
}

const maxMessage = 4 << 20

func (r *room) serve(w http.ResponseWriter, req *http.Request) {
	ws, err := websocket.Accept(w, req, nil)
	if err != nil {
		return // Accept has answered
	}
	defer ws.CloseNow() //nolint:errcheck // it is over
	ws.SetReadLimit(maxMessage)
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return
	}
	m := &member{pc: pc, ws: ws}
	defer r.leave(m)
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		return
	}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			m.send("candidate", c.ToJSON())
		}
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { r.forward(track) })
	r.mu.Lock()
	r.members = append(r.members, m)
	r.mu.Unlock()
	r.offer(m)
	for {
		var got message
		if wsjson.Read(req.Context(), ws, &got) != nil || r.handle(m, got) != nil {
			return
		}
	}
}

func (r *room) handle(m *member, got message) error {
	switch got.Event {
	case "candidate":
		var candidate webrtc.ICECandidateInit
		if err := json.Unmarshal([]byte(got.Data), &candidate); err != nil {
			return err
		}
		return m.pc.AddICECandidate(candidate)
	case "answer":
		var answer webrtc.SessionDescription
		if err := json.Unmarshal([]byte(got.Data), &answer); err != nil {
			return err
		}
		if err := m.pc.SetRemoteDescription(answer); err != nil {
			return err
		}
		m.mu.Lock()
		again := m.stale
		m.waiting, m.stale = false, false
		m.mu.Unlock()
		if again {
			r.offer(m)
		}
	}
	return nil
}

// forward sends a talker's packets to everybody else.
func (r *room) forward(from *webrtc.TrackRemote) {
	to, err := webrtc.NewTrackLocalStaticRTP(from.Codec().RTPCodecCapability, from.ID(), from.StreamID())
	if err != nil {
		return
	}
	r.mu.Lock()
	r.talkers[from.ID()] = to
	r.mu.Unlock()
	r.offerAll()
	defer r.offerAll()
	defer func() {
		r.mu.Lock()
		delete(r.talkers, from.ID())
		r.mu.Unlock()
	}()
	var packet rtp.Packet
	b := make([]byte, 1500)
	for {
		n, _, err := from.Read(b)
		if err != nil || packet.Unmarshal(b[:n]) != nil {
			return
		}
		packet.Extension, packet.Extensions = false, nil
		if to.WriteRTP(&packet) != nil {
			return
		}
	}
}

func (r *room) offerAll() {
	r.mu.Lock()
	members := append([]*member(nil), r.members...)
	r.mu.Unlock()
	for _, m := range members {
		r.offer(m)
	}
}

// offer offers a member what it should hear now.
func (r *room) offer(m *member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting {
		m.stale = true
		return
	}
	if !r.addTalkers(m) {
		return
	}
	offer, err := m.pc.CreateOffer(nil)
	if err != nil || m.pc.SetLocalDescription(offer) != nil {
		return // it is closing
	}
	m.waiting = true
	m.send("offer", offer)
}

// addTalkers makes the member's tracks those of all others. It reports false when the connection is closed.
func (r *room) addTalkers(m *member) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	has := make(map[string]bool)
	for _, sender := range m.pc.GetSenders() {
		track := sender.Track()
		if track == nil {
			continue
		}
		has[track.ID()] = true
		if r.talkers[track.ID()] == nil && m.pc.RemoveTrack(sender) != nil {
			return false
		}
	}
	for _, receiver := range m.pc.GetReceivers() {
		if track := receiver.Track(); track != nil {
			has[track.ID()] = true // its own
		}
	}
	for id, track := range r.talkers {
		if has[id] {
			continue
		}
		if _, err := m.pc.AddTrack(track); err != nil {
			return false
		}
	}
	return true
}

func (m *member) send(event string, data any) {
	if b, err := json.Marshal(data); err == nil {
		_ = wsjson.Write(context.Background(), m.ws, message{event, string(b)}) // a broken connection ends the reading
	}
}

func (r *room) leave(m *member) {
	r.mu.Lock()
	for i, other := range r.members {
		if other == m {
			r.members = append(r.members[:i], r.members[i+1:]...)
			break
		}
	}
	r.mu.Unlock()
	_ = m.pc.Close()
}
