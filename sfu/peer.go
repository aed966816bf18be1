package sfu

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"

	"github.com/earshot/earshot/sfu/signal"
)

// peer is the media half of one participant: a transport, the microphone that comes by it and the seats that go.
type peer struct {
	transport *transport
	uplink    *uplink
	seats     []*downlink // index is the seat's; shorter than K when the participant offered fewer

	maxCandidates int // for one offer

	// These belong to the goroutine of the participant's conn.
	candidates int            // trickled so far
	quality    signal.Quality // what its encoder is asked for
	answers    uint64

	doubled     atomic.Bool // it is to send each frame twice
	loopback    bool        // the participant is on this machine
	epoch       time.Time   // zero of the media clock
	fingerprint string      // of our DTLS certificate
	health
	reached *reached
}

// takeRTP implements taker.
func (p *peer) takeRTP(b []byte) { p.uplink.receive(b, time.Since(p.epoch)) }

// newPeer answers a join's offer. local and remote are the ends of the participant's Signal connection. The answer carries
// all candidates. Errors are *signal.Problem.
func (s *Server) newPeer(ctx context.Context, join *signal.Join, local, remote netip.Addr) (*peer, string, error) {
	o, err := readOffer(join.Offer, len(s.room.seats))
	if err != nil {
		return nil, "", err
	}
	p := &peer{
		uplink: newUplink(s.epoch, s.room.stirred), epoch: s.epoch, loopback: remote.IsLoopback(),
		reached: &reached{port: s.Port()}, fingerprint: s.mediaFingerprint,
		maxCandidates: s.cfg.MaxCandidates,
	}
	p.uplink.perSecond = float64(s.cfg.PacketsPerSecond)
	p.reached.at(local)
	if join.Quality != nil {
		p.quality = *join.Quality
	}
	// Nothing comes by the transport before the answer has left.
	if p.transport, err = s.newTransport(ctx, o, p.reached, p); err != nil {
		return nil, "", signal.Problemf(signal.CodeInternal, "%v", err)
	}
	p.uplink.sendRTCP = p.sendRTCP
	p.negotiated(o, s.room.seats)
	text, err := p.answer(o)
	if err != nil {
		p.close()
		return nil, "", signal.Problemf(signal.CodeInternal, "%v", err)
	}
	return p, text, nil
}

// negotiated takes over what the offer says of the microphone and makes a downlink for each seat.
func (p *peer) negotiated(o *offer, seats []*seat) {
	microphone := o.sections[0]
	p.uplink.formats.Store(&formats{opus: microphone.opus.number(), red: microphone.red.number()})
	p.uplink.levelID.Store(uint32(microphone.levelID))
	taken := map[uint32]bool{0: true, ownSSRC: true}
	for i, s := range o.sections[1:] {
		ssrc := uint32(0)
		for taken[ssrc] {
			ssrc = rand.Uint32() //nolint:gosec // RFC 3550 §8 wants it random, not secret
		}
		taken[ssrc] = true
		d := &downlink{seat: seats[i]}
		d.bound.Store(&binding{writer: p.transport, ssrc: ssrc, opus: s.opus.number(), red: s.red.number()})
		p.seats = append(p.seats, d)
	}
}

// restart answers another offer on the same connection, with the addresses of now: with new ICE credentials (RFC 8445 §9), or
// to steer the encoder. local is our end of the Signal connection that brought it.
func (p *peer) restart(ctx context.Context, m *signal.Restart, local netip.Addr) (string, error) {
	o, err := readOffer(m.Offer, len(p.seats))
	if err != nil {
		return "", err
	}
	if seats := len(o.sections) - 1; seats != len(p.seats) {
		return "", signal.Problemf(signal.CodeBadOffer, "restart with %d seats, joined with %d", seats, len(p.seats))
	}
	if o.ufrag != p.transport.ufrag {
		p.candidates = 0
	} else {
		o.candidates = nil // those that ICE has already, or what somebody has it try for ever
	}
	p.reached.at(local)
	if m.Quality != nil {
		p.quality = *m.Quality
	}
	if err := p.transport.restart(ctx, o); err != nil {
		return "", signal.Problemf(signal.CodeBadOffer, "%v", err)
	}
	text, err := p.answer(o)
	if err != nil {
		return "", signal.Problemf(signal.CodeInternal, "%v", err)
	}
	return text, nil
}

// answer takes over the offer's candidates and writes the answer.
func (p *peer) answer(o *offer) (string, error) {
	for _, c := range o.candidates[:min(len(o.candidates), p.maxCandidates)] {
		// One that cannot be used is left out, as one that is trickled is.
		_ = p.add(c)
	}
	a := answer{fingerprint: p.fingerprint, quality: p.quality, doubled: p.doubled.Load()}
	p.answers++
	a.version = p.answers
	var err error
	if a.ufrag, a.pwd, err = p.transport.agent.GetLocalUserCredentials(); err != nil {
		return "", err
	}
	local, err := p.transport.agent.GetLocalCandidates()
	if err != nil {
		return "", err
	}
	for _, c := range local {
		a.candidates = append(a.candidates, c.Marshal())
	}
	for _, d := range p.seats {
		a.ssrcs = append(a.ssrcs, d.bound.Load().ssrc)
	}
	return p.reached.withLinkLocal(a.write(o)), nil
}

// candidate adds one of the participant's ICE candidates. What we would not send a packet to is ignored: names that
// only multicast DNS resolves, loopback from afar, multicast, port 0. Connections come about without any of them
// (peer-reflexive candidates); they only help where this machine's firewall lets answers in but not questions.
func (p *peer) candidate(c *signal.Candidate) error {
	if p.candidates++; p.candidates > p.maxCandidates {
		return signal.Problemf(signal.CodeRateLimited, "more than %d candidates", p.maxCandidates)
	}
	if c.Candidate == "" {
		return nil // end of candidates
	}
	if err := p.add(strings.TrimPrefix(c.Candidate, "candidate:")); err != nil {
		return signal.Problemf(signal.CodeBadMessage, "candidate: %v", err)
	}
	return nil
}

func (p *peer) add(candidate string) error {
	c, err := ice.UnmarshalCandidate(candidate)
	if err != nil || !p.reachable(c) {
		return err
	}
	return p.transport.agent.AddRemoteCandidate(c)
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
func (p *peer) sendRTCP(packets []rtcp.Packet) { p.transport.writeRTCP(packets) }

// close ends the connection; when it returns nothing of the participant is received or forwarded any more.
func (p *peer) close() { p.transport.close() }
