package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/signal"
)

// PeerConfig is what a Peer is made with.
type PeerConfig struct {
	// Seats is how many voices can be heard at the same time: the room's RoomFacts.Seats.
	Seats int
	// Loopback is for a host that is reached at a loopback address. Elsewhere such candidates only cost checks.
	Loopback bool
	// Live is for a person's microphone, of which Speak sends: its loudness is told (RFC 6464), and RED (RFC 2198) is offered
	// both ways.
	Live bool
	// OnPacket gets every packet of a seat, in the order of arrival, on that seat's own goroutine. It must not keep the
	// packet's payload. nil is deaf.
	OnPacket func(seat int, p *rtp.Packet)
	// Logger gets pion's words at debug level; nil is silent.
	Logger *slog.Logger
}

// A Peer is the media half of a participant: one peer connection with one sendonly audio m-line and one recvonly for
// each seat, offered once and never renegotiated. Its methods are safe for concurrent
// use, but one offer or answer at a time.
type Peer struct {
	pc     *webrtc.PeerConnection
	track  *microphone
	config PeerConfig
	seats  map[*webrtc.RTPReceiver]int // immutable

	changed   chan struct{}
	readers   sync.WaitGroup
	closeOnce sync.Once
	closed    chan struct{}

	mu      sync.Mutex
	closing bool // guarded by mu: no reader may start any more
}

// NewPeer returns a Peer that has not offered yet. Close it.
func NewPeer(config PeerConfig) (*Peer, error) {
	if config.Seats < 0 || config.Seats > signal.MaxSeats {
		return nil, fmt.Errorf("make peer: %d seats, limit %d", config.Seats, signal.MaxSeats)
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.OnPacket == nil {
		config.OnPacket = func(int, *rtp.Packet) {}
	}
	api, err := newAPI(config.Logger, config.Loopback, config.Live)
	if err != nil {
		return nil, fmt.Errorf("make peer: %w", err)
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("make peer: %w", err)
	}
	p := &Peer{
		pc:      pc,
		config:  config,
		seats:   make(map[*webrtc.RTPReceiver]int, config.Seats),
		changed: make(chan struct{}, 1),
		closed:  make(chan struct{}),
	}
	if err := p.addMedia(); err != nil {
		return nil, errors.Join(fmt.Errorf("make peer: %w", err), p.Close())
	}
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {
		select {
		case p.changed <- struct{}{}:
		default:
		}
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		if seat, ok := p.seats[receiver]; ok && p.start() {
			defer p.readers.Done()
			p.read(seat, track)
		}
	})
	return p, nil
}

// addMedia adds the microphone and the seats, in the order of their m-lines.
func (p *Peer) addMedia() error {
	p.track = newMicrophone()
	microphone, err := p.pc.AddTransceiverFromTrack(p.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return err
	}
	// Whatever nobody reads never reaches the interceptors: the host's NACKs and reports on the microphone, its sender
	// reports on the seats.
	p.drain(microphone.Sender().Read)
	for seat := range p.config.Seats {
		t, err := p.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			return err
		}
		p.seats[t.Receiver()] = seat
		p.drain(t.Receiver().Read)
	}
	return nil
}

// Offer returns the one offer of a join, with all candidates in it. It waits for the candidates of this machine's own
// addresses, a few milliseconds.
func (p *Peer) Offer(ctx context.Context) (string, error) { return p.offer(ctx, nil) }

// RestartOffer returns an offer of the same m-lines that restarts ICE (RFC 8445 §9) with the addresses of now. It may
// be repeated when no answer came.
func (p *Peer) RestartOffer(ctx context.Context) (string, error) {
	return p.offer(ctx, &webrtc.OfferOptions{ICERestart: true})
}

func (p *Peer) offer(ctx context.Context, options *webrtc.OfferOptions) (string, error) {
	offer, err := p.pc.CreateOffer(options)
	if err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	// pion knows neither rollback nor a second local offer. When the answer to the last one never came, that one stays
	// pending, and the answer to this one, whose m-lines are the same, will complete it.
	pending := p.pc.SignalingState() == webrtc.SignalingStateHaveLocalOffer
	if !pending {
		if err := p.pc.SetLocalDescription(offer); err != nil {
			return "", fmt.Errorf("offer: %w", err)
		}
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fmt.Errorf("offer: gather candidates: %w", ctx.Err())
	case <-p.closed:
		return "", fmt.Errorf("offer: %w", webrtc.ErrConnectionClosed)
	}
	if !pending {
		return p.pc.LocalDescription().SDP, nil
	}
	if offer, err = p.pc.CreateOffer(nil); err != nil { // once more, now with candidates
		return "", fmt.Errorf("offer: %w", err)
	}
	return offer.SDP, nil
}

// Accept takes the answer to the latest offer.
func (p *Peer) Accept(answer string) error {
	err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	if err != nil {
		return fmt.Errorf("accept answer: %w", err)
	}
	return nil
}

// State returns the state of the peer connection.
func (p *Peer) State() webrtc.PeerConnectionState { return p.pc.ConnectionState() }

// Changed receives after State changed; several changes may be one receive.
func (p *Peer) Changed() <-chan struct{} { return p.changed }

// WriteRTP sends a packet as the microphone, with the SSRC and the payload type that were negotiated. Before the
// connection stands it does nothing.
func (p *Peer) WriteRTP(packet *rtp.Packet) error { return p.track.write(packet) }

// Speak sends the next packet of a live voice. Before the connection stands it does nothing. One goroutine at a time, and
// no WriteRTP beside it.
func (p *Peer) Speak(v Voice) error { return p.track.speak(v) }

// Protect makes Speak send each frame more than once, or once again, if the host takes that.
func (p *Peer) Protect(on bool) { p.track.protect.Store(on) }

// Close ends the connection and waits until no goroutine of it is left and OnPacket is not called any more. It must not
// be called from OnPacket.
func (p *Peer) Close() error {
	var err error
	p.closeOnce.Do(func() {
		p.mu.Lock()
		p.closing = true
		p.mu.Unlock()
		close(p.closed)
		err = p.pc.GracefulClose()
		p.readers.Wait()
	})
	if err != nil {
		return fmt.Errorf("close peer: %w", err)
	}
	return nil
}

// read hands a seat's packets on until the connection ends.
func (p *Peer) read(seat int, track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.config.OnPacket(seat, packet)
	}
}

// drain reads RTCP for the interceptors until the connection ends.
func (p *Peer) drain(read func([]byte) (int, interceptor.Attributes, error)) {
	p.readers.Go(func() {
		b := make([]byte, 1500)
		for {
			if _, _, err := read(b); err != nil {
				return
			}
		}
	})
}

// start counts a reader, unless the peer is closing.
func (p *Peer) start() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return false
	}
	p.readers.Add(1)
	return true
}
