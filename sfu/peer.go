package sfu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// retained is how many packets of each seat wait for a NACK of their subscriber: 64 are 1.3 s of 20 ms frames,
	// longer than any playout buffer waits. pion wants a power of two.
	retained = 64
	// maxCandidates bounds the candidates one participant may trickle. Chromium with four interfaces sends twelve.
	maxCandidates = 32
)

// ICE timers. The Signal beats notice a dead participant sooner; these only let a short outage of UDP heal by itself,
// and failed must come after the 15 s in which a resume may restart ICE.
const (
	iceDisconnected = 3 * time.Second
	iceFailed       = 20 * time.Second
	iceKeepalive    = time.Second
)

// peer is the media half of one participant: one peer connection, answered once.
type peer struct {
	pc     *webrtc.PeerConnection
	uplink *uplink
	seats  []*downlink // index is the seat's; shorter than K when the participant offered fewer

	candidates int            // trickled so far; belongs, like quality, to the goroutine of the participant's conn
	quality    signal.Quality // what its encoder is asked for
	doubled    atomic.Bool    // it is to send each frame twice
	loopback   bool           // the participant is on this machine
	reached    *reached

	mu      sync.Mutex
	closed  bool
	readers sync.WaitGroup
}

// spawn runs a reader that ends when the peer connection closes, unless that has happened: pion may report a track
// while we close.
func (p *peer) spawn(read func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.readers.Go(read)
	}
}

// portMux shows pion, for one participant, the addresses that this participant may reach us on at that moment: pion asks
// at each offer. The shared mux would list what the machine had when it was opened, for ever; the room outlives that.
type portMux struct {
	*ice.UDPMuxDefault
	reached *reached
	port    int
}

// GetListenAddresses implements ice.UDPMux.
func (m portMux) GetListenAddresses() []net.Addr {
	addresses := m.reached.addresses()
	out := make([]net.Addr, len(addresses))
	for i, a := range addresses {
		out[i] = net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(m.port))) //nolint:gosec // a port
	}
	return out
}

// newPeer answers a join's offer. local and remote are the ends of the participant's Signal connection. The answer carries
// all candidates. Errors are *signal.Problem.
func (s *Server) newPeer(ctx context.Context, join *signal.Join, local, remote netip.Addr) (*peer, string, error) {
	shape, err := checkOffer(join.Offer, len(s.room.seats))
	if err != nil {
		return nil, "", err
	}
	reached := new(reached)
	reached.at(local)
	api, err := s.newAPI(reached)
	if err != nil {
		return nil, "", err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, "", fmt.Errorf("open peer connection: %w", err)
	}
	p := &peer{pc: pc, uplink: newUplink(s.epoch), loopback: remote.IsLoopback(), reached: reached}
	if join.Quality != nil {
		p.quality = *join.Quality
	}
	answer, err := p.answer(ctx, join.Offer, shape)
	if err != nil {
		p.close()
		return nil, "", signal.Problemf(signal.CodeBadOffer, "%v", err)
	}
	return p, answer, nil
}

func (s *Server) newAPI(reached *reached) (*webrtc.API, error) {
	var media webrtc.MediaEngine
	err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: clockRate, Channels: 2,
			SDPFmtpLine:  "minptime=10;useinbandfec=1;usedtx=1",
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBNACK}},
		},
		PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, fmt.Errorf("register Opus: %w", err)
	}
	// Received only: what is forwarded carries no extensions.
	err = media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI}, webrtc.RTPCodecTypeAudio,
		webrtc.RTPTransceiverDirectionRecvonly)
	if err != nil {
		return nil, fmt.Errorf("register the level extension: %w", err)
	}

	var interceptors interceptor.Registry
	generator, e1 := nack.NewGeneratorInterceptor(nack.WithGeneratorLoggerFactory(s.pionLog))
	responder, e2 := nack.NewResponderInterceptor(nack.ResponderSize(retained), nack.WithResponderLoggerFactory(s.pionLog))
	receiver, e3 := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(s.pionLog))
	sender, e4 := report.NewSenderInterceptor(report.WithSenderLoggerFactory(s.pionLog))
	if err := errors.Join(e1, e2, e3, e4); err != nil {
		return nil, fmt.Errorf("set up interceptors: %w", err)
	}
	for _, f := range []interceptor.Factory{generator, responder, receiver, sender} {
		interceptors.Add(f)
	}

	var settings webrtc.SettingEngine
	settings.LoggerFactory = s.pionLog
	settings.SetICEUDPMux(portMux{s.mux, reached, s.Port()})
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // else one socket on 5353 for each participant
	settings.SetIncludeLoopbackCandidate(reached.first().IsLoopback())
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&interceptors),
		webrtc.WithSettingEngine(settings)), nil
}

// answer adds the transceivers in the offer's order, which is what makes pion pair them right, and answers.
func (p *peer) answer(ctx context.Context, offer string, shape offerShape) (string, error) {
	_, err := p.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		return "", err
	}
	for i := range shape.seats {
		n := strconv.Itoa(i)
		d := &downlink{id: "seat" + n, stream: "stream" + n}
		t, err := p.pc.AddTransceiverFromTrack(d, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return "", err
		}
		p.seats = append(p.seats, d)
		p.spawn(func() { drainRTCP(t.Sender()) })
	}
	p.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		for _, ext := range receiver.GetParameters().HeaderExtensions {
			if ext.URI == audioLevelURI {
				p.uplink.levelID.Store(uint32(ext.ID)) //nolint:gosec // 1 to 14
			}
		}
		p.spawn(func() { p.uplink.run(track) })
		p.spawn(func() { drainRTCP(receiver) })
	})
	return p.negotiate(ctx, offer)
}

// restart answers another offer on the same connection, with the addresses of now: with new ICE credentials (RFC 8445 §9), or
// to steer the encoder. local is our end of the Signal connection that brought it.
func (p *peer) restart(ctx context.Context, m *signal.Restart, local netip.Addr) (string, error) {
	shape, err := checkOffer(m.Offer, len(p.seats))
	if err != nil {
		return "", err
	}
	if shape.seats != len(p.seats) {
		return "", signal.Problemf(signal.CodeBadOffer, "restart with %d seats, joined with %d", shape.seats, len(p.seats))
	}
	p.candidates = 0
	p.reached.at(local)
	if m.Quality != nil {
		p.quality = *m.Quality
	}
	answer, err := p.negotiate(ctx, m.Offer)
	if err != nil {
		return "", signal.Problemf(signal.CodeBadOffer, "%v", err)
	}
	return answer, nil
}

func (p *peer) negotiate(ctx context.Context, offer string) (string, error) {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	select {
	case <-gathered: // at once: the addresses are known and the socket is open
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return steerEncoder(p.pc.LocalDescription().SDP, p.quality, p.doubled.Load()), nil
}

// candidate adds one of the participant's ICE candidates. What we would not send a packet to is ignored: names that
// only multicast DNS resolves, loopback from afar, multicast, port 0. Connections come about without any of them
// (peer-reflexive candidates); they only help where this machine's firewall lets answers in but not questions.
func (p *peer) candidate(c *signal.Candidate) error {
	if p.candidates++; p.candidates > maxCandidates {
		return signal.Problemf(signal.CodeRateLimited, "more than %d candidates", maxCandidates)
	}
	if c.Candidate == "" {
		return nil // end of candidates
	}
	parsed, err := ice.UnmarshalCandidate(c.Candidate)
	if err != nil {
		return signal.Problemf(signal.CodeBadMessage, "candidate: %v", err)
	}
	if !p.reachable(parsed) {
		return nil
	}
	if err := p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: &c.Mid}); err != nil {
		return signal.Problemf(signal.CodeBadMessage, "candidate: %v", err)
	}
	return nil
}

// reachable reports whether we would send to a candidate.
func (p *peer) reachable(c ice.Candidate) bool {
	addr, err := netip.ParseAddr(c.Address())
	if err != nil || c.NetworkType().IsTCP() || c.Port() == 0 || addr.Zone() != "" {
		return false
	}
	if addr = addr.Unmap(); addr.IsLoopback() {
		return p.loopback
	}
	return addr.IsGlobalUnicast()
}

// close ends the connection and waits for its readers.
func (p *peer) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.pc.Close()
	p.readers.Wait()
}

// rtcpReader is a sender or a receiver.
type rtcpReader interface {
	Read([]byte) (int, interceptor.Attributes, error)
}

// drainRTCP reads what the other end says of a stream. pion's interceptors see it on the way: without a reader no NACK
// and no report would ever reach them.
func drainRTCP(r rtcpReader) {
	buf := make([]byte, 1500)
	for {
		if _, _, err := r.Read(buf); err != nil {
			return
		}
	}
}
