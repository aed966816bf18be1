package sfu

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// maxCandidates bounds the candidates one participant may trickle. Chromium with four interfaces sends twelve.
	maxCandidates = 32
)

// ICE timers. The Signal beats notice a dead participant sooner, and the participant's own checks decide when it restarts
// ICE; these only let a short outage of UDP heal by itself, and failed must come after the 15 s in which a resume may
// restart ICE. RFC 7675 §5.1 asks for a consent check at least every 6 s or so; each costs both ends.
const (
	iceDisconnected = 5 * time.Second
	iceFailed       = 20 * time.Second
	iceKeepalive    = 2 * time.Second
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
	epoch      time.Time      // zero of the media clock
	sources    atomic.Int32   // SSRCs seen
	streams    atomic.Int32   // the same, and those of RTCP
	health
	reached *reached
}

// inlet is pion's buffer for the decrypted packets of one SSRC. pion writes RTP on one goroutine and RTCP on another, and
// has stopped both when its Close returns.
func (p *peer) inlet(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	if p.streams.Add(1) == endStreams {
		go func() { _ = p.pc.Close() }() // which waits for the goroutine that we are on
	}
	if kind == packetio.RTCPBufferPacket {
		return newInlet(func(b []byte) { p.takeRTCP(ssrc, b, time.Since(p.epoch)) })
	}
	if p.sources.Add(1) > maxSources {
		return newInlet(func([]byte) { p.uplink.counted.refused.Add(1) })
	}
	return newInlet(func(b []byte) { p.uplink.receive(b, time.Since(p.epoch)) })
}

// newPeer answers a join's offer. local and remote are the ends of the participant's Signal connection. The answer carries
// all candidates. Errors are *signal.Problem.
func (s *Server) newPeer(ctx context.Context, join *signal.Join, local, remote netip.Addr) (*peer, string, error) {
	shape, err := checkOffer(join.Offer, len(s.room.seats))
	if err != nil {
		return nil, "", err
	}
	reached := &reached{port: s.Port()}
	reached.at(local)
	p := &peer{uplink: newUplink(s.epoch, s.room.stirred), epoch: s.epoch, loopback: remote.IsLoopback(), reached: reached}
	api, err := s.newAPI(reached, p.inlet)
	if err != nil {
		return nil, "", err
	}
	p.pc, err = api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, "", fmt.Errorf("open peer connection: %w", err)
	}
	p.uplink.sendRTCP = p.sendRTCP
	if join.Quality != nil {
		p.quality = *join.Quality
	}
	answer, err := p.answer(ctx, join.Offer, s.room.seats[:shape.seats])
	if err != nil {
		p.close()
		return nil, "", signal.Problemf(signal.CodeBadOffer, "%v", err)
	}
	return p, answer, nil
}

// answer adds the transceivers in the offer's order, which is what makes pion pair them right, and answers.
func (p *peer) answer(ctx context.Context, offer string, seats []*seat) (string, error) {
	microphone, err := p.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		return "", err
	}
	for i, seat := range seats {
		n := strconv.Itoa(i)
		d := &downlink{id: "seat" + n, stream: "stream" + n, seat: seat}
		if _, err := p.pc.AddTransceiverFromTrack(d, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			return "", err
		}
		p.seats = append(p.seats, d)
	}
	answer, err := p.negotiate(ctx, offer)
	if err != nil {
		return "", err
	}
	p.uplink.negotiated(microphone.Receiver().GetParameters())
	return answer, nil
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
	return steerEncoder(p.reached.withLinkLocal(p.pc.LocalDescription().SDP), p.quality, p.doubled.Load()), nil
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

// sendRTCP sends reports or NACKs. It is safe for concurrent use; what cannot be sent is lost, as on a network.
func (p *peer) sendRTCP(packets []rtcp.Packet) { _ = p.pc.WriteRTCP(packets) }

// close ends the connection; when it returns nothing of the participant is received or forwarded any more.
func (p *peer) close() { _ = p.pc.Close() }
