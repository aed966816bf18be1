package sfu

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"

	"github.com/earshot/earshot/sfu/internal/livenet"
)

// ICE timers. The Signal beats notice a dead participant sooner, and the participant's own checks decide when it restarts
// ICE; these only let a short outage of UDP heal by itself, and failed must come after the 15 s in which a resume may
// restart ICE. RFC 7675 §5.1 asks for a consent check at least every 6 s or so; each costs both ends.
const (
	iceDisconnected = 5 * time.Second
	iceFailed       = 20 * time.Second
	iceKeepalive    = 2 * time.Second
)

const (
	// dtlsFlight is how long a flight of the DTLS handshake waits for its answer at first. RFC 6347 §4.2.4.1 proposes 1 s
	// for the internet and less where the round trip is known; on a LAN a second is a join that somebody notices.
	dtlsFlight = 150 * time.Millisecond
	// replayWindow is how many packets back a replay is recognised (RFC 3711 §3.3.2 asks for at least 64).
	replayWindow = 64
	// maxPacket is the largest packet that is sent, in bytes: an Ethernet frame's worth.
	maxPacket = 1500
)

var errFingerprint = errors.New("certificate does not match the offer's fingerprint")

// transport is one participant's media connection: ICE, DTLS and SRTP (RFC 8445, RFC 5764, RFC 3711), answered once and
// restarted at will. pion has all three; its PeerConnection around them is left out because it hands each packet from
// goroutine to goroutine five times before anybody sees it, and keeps a sender, a transceiver and their buffers for each
// seat of each participant.
//
// A packet that comes over UDP from where ICE has found the participant is decrypted and taken on the goroutine that read
// the socket (sockets.go). Whatever takes another way (TCP, an address that ICE is about to leave) goes through the ICE
// agent to read. Both hold busy meanwhile, so that take runs one packet at a time.
type transport struct {
	agent   *ice.Agent
	conn    *ice.Conn
	sockets *sockets
	log     logging.LoggerFactory
	cert    tls.Certificate
	theirs  string // fingerprint of the participant's certificate, lower-case hex
	ufrag   string // of the participant; belongs to the caller of restart
	client  bool   // our role in DTLS
	take    taker

	ctx    context.Context //nolint:containedctx // the connection's own life, ended by close
	cancel context.CancelFunc
	close  func()

	reading, securing sync.WaitGroup

	connected atomic.Bool // ICE is
	routing   sync.Mutex  // held while route and what the sockets expect are changed together
	route     atomic.Pointer[netip.AddrPort]
	dtls      *packetio.Buffer // handshake records for the DTLS side

	busy    atomic.Bool
	in      *srtp.Context // nil before the handshake is over, and after the end
	header  rtp.Header
	sources map[uint32]struct{}

	maxSources int

	mu        sync.Mutex // of what follows; contended only when a packet is sent again while another is
	out       *srtp.Context
	outHeader rtp.Header
	plain     [maxPacket]byte
	sealed    [maxPacket]byte
}

// taker gets what a transport receives, decrypted and authenticated, one packet at a time. It must not keep the bytes.
type taker interface {
	takeRTP(b []byte)
	takeRTCP(b []byte)
}

// newTransport opens the connection that an offer asks for and gathers its candidates. Close it.
func (s *Server) newTransport(ctx context.Context, o *offer, reached *reached, take taker) (*transport, error) {
	network, err := livenet.New()
	if err != nil {
		return nil, fmt.Errorf("look at the network: %w", err)
	}
	options := []ice.AgentOption{
		ice.WithNet(network), ice.WithLoggerFactory(s.pionLog),
		ice.WithUDPMux(portMux{s.mux, reached, s.Port()}), ice.WithTCPMux(tcpMux{s.iceTCP, reached, s.Port()}),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6, ice.NetworkTypeTCP4, ice.NetworkTypeTCP6}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}), ice.WithDisableActiveTCP(),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled), // else one socket on 5353 for each participant
		ice.WithDisconnectedTimeout(iceDisconnected), ice.WithFailedTimeout(iceFailed), ice.WithKeepaliveInterval(iceKeepalive),
	}
	if reached.first().IsLoopback() {
		options = append(options, ice.WithIncludeLoopback())
	}
	agent, err := ice.NewAgentWithOptions(options...)
	if err != nil {
		return nil, fmt.Errorf("open ICE: %w", err)
	}
	t := &transport{
		agent: agent, sockets: s.sockets, log: s.pionLog, cert: s.mediaCert, theirs: o.fingerprint, ufrag: o.ufrag,
		client: o.setup == setupActive, take: take, dtls: packetio.NewBuffer(), sources: make(map[uint32]struct{}), maxSources: s.cfg.MaxSources,
	}
	t.ctx, t.cancel = context.WithCancel(context.WithoutCancel(ctx))
	t.close = sync.OnceFunc(t.shutdown)
	if err := t.start(ctx, o); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *transport) start(ctx context.Context, o *offer) error {
	err := errors.Join(
		t.agent.OnConnectionStateChange(t.stateIs),
		t.agent.OnSelectedCandidatePairChange(t.pairIs),
		t.gather(ctx),
	)
	if err != nil {
		return fmt.Errorf("open ICE: %w", err)
	}
	if err := t.expectChecks(); err != nil {
		return fmt.Errorf("open ICE: %w", err)
	}
	// The offerer controls (RFC 8445 §6.1.1).
	if t.conn, err = t.agent.StartAccept(o.ufrag, o.pwd); err != nil {
		return fmt.Errorf("start ICE: %w", err)
	}
	t.reading.Go(t.read)
	t.securing.Go(t.secure)
	return nil
}

// gather finds our candidates: at once, the addresses are known and the sockets are open.
func (t *transport) gather(ctx context.Context) error {
	done := make(chan struct{})
	var once sync.Once
	err := t.agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			once.Do(func() { close(done) })
		}
	})
	if err := errors.Join(err, t.agent.GatherCandidates()); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// restart takes over the ICE credentials of another offer, if they are others (RFC 8445 §9). Media goes on over the old
// path until there is a new one.
func (t *transport) restart(ctx context.Context, o *offer) error {
	if o.ufrag == t.ufrag {
		return nil
	}
	if o.fingerprint != t.theirs {
		return errFingerprint
	}
	if err := t.agent.Restart("", ""); err != nil {
		return err
	}
	t.ufrag = o.ufrag
	return errors.Join(t.expectChecks(), t.gather(ctx), t.agent.SetRemoteCredentials(o.ufrag, o.pwd))
}

// expectChecks has the sockets let in who names our end of the connection, as it is called now.
func (t *transport) expectChecks() error {
	ufrag, _, err := t.agent.GetLocalUserCredentials()
	if err != nil {
		return err
	}
	t.sockets.invite(t, ufrag, time.Now())
	return nil
}

func (t *transport) stateIs(s ice.ConnectionState) {
	t.connected.Store(s == ice.ConnectionStateConnected || s == ice.ConnectionStateCompleted)
	if s == ice.ConnectionStateFailed {
		t.setRoute(nil)
	}
}

// pairIs learns where ICE has found the participant.
func (t *transport) pairIs(local, remote ice.Candidate) {
	addr, err := netip.ParseAddr(remote.Address())
	// Link-local addresses need a zone, which the agent's socket knows.
	if err != nil || local.NetworkType().IsTCP() || addr.IsLinkLocalUnicast() {
		t.setRoute(nil)
		return
	}
	to := netip.AddrPortFrom(addr.Unmap(), uint16(remote.Port())) //nolint:gosec // a port
	t.setRoute(&to)
}

func (t *transport) setRoute(to *netip.AddrPort) {
	t.routing.Lock()
	defer t.routing.Unlock()
	if old := t.route.Swap(to); old != nil {
		t.sockets.forget(*old, t)
	}
	if to != nil && t.ctx.Err() == nil {
		t.sockets.expect(*to, t)
	}
}

// secure does the DTLS handshake and takes the keys for SRTP from it (RFC 5764 §4.2).
func (t *transport) secure() {
	log := t.log.NewLogger("transport")
	if err := t.agent.AwaitConnect(t.ctx); err != nil {
		return
	}
	c, err := t.handshake()
	if err != nil {
		log.Debugf("no DTLS: %v", err)
		return
	}
	<-t.ctx.Done()
	_ = c.Close() // says so to the participant
}

func (t *transport) handshake() (*dtls.Conn, error) {
	shared := []dtls.Option{
		dtls.WithCertificates(t.cert),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithInsecureSkipVerify(true), // by fingerprint instead
		dtls.WithVerifyPeerCertificate(t.verify),
		dtls.WithFlightInterval(dtlsFlight),
		dtls.WithLoggerFactory(t.log),
	}
	var c *dtls.Conn
	var err error
	pipe := dtlsPipe{t.dtls, t}
	if t.client {
		options := make([]dtls.ClientOption, len(shared))
		for i, o := range shared {
			options[i] = o
		}
		c, err = dtls.ClientWithOptions(pipe, pipe.RemoteAddr(), options...)
	} else {
		options := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
		for _, o := range shared {
			options = append(options, o)
		}
		c, err = dtls.ServerWithOptions(pipe, pipe.RemoteAddr(), options...)
	}
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.HandshakeContext(t.ctx), t.key(c)); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (t *transport) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) == 0 {
		return errFingerprint
	}
	if sum := sha256.Sum256(raw[0]); hex.EncodeToString(sum[:]) != t.theirs {
		return errFingerprint
	}
	return nil
}

// key opens both directions of SRTP.
func (t *transport) key(c *dtls.Conn) error {
	state, ok := c.ConnectionState()
	chosen, agreed := c.SelectedSRTPProtectionProfile()
	if !ok || !agreed {
		return errors.New("no SRTP profile was agreed on")
	}
	config := srtp.Config{Profile: srtp.ProtectionProfile(chosen)} // the numbers are IANA's in both packages
	if err := config.ExtractSessionKeysFromDTLS(&state, t.client); err != nil {
		return err
	}
	in, err := srtp.CreateContext(config.Keys.RemoteMasterKey, config.Keys.RemoteMasterSalt, config.Profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return err
	}
	out, err := srtp.CreateContext(config.Keys.LocalMasterKey, config.Keys.LocalMasterSalt, config.Profile)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.out = out
	t.mu.Unlock()
	t.hold()
	t.in = in
	t.busy.Store(false)
	return nil
}

// hold waits until no packet is being taken, and keeps others from it until busy is cleared.
func (t *transport) hold() {
	for !t.busy.CompareAndSwap(false, true) {
		runtime.Gosched()
	}
}

// read takes what comes through the ICE agent, until that is closed (RFC 7983 §7 tells the kinds apart).
func (t *transport) read() {
	b := make([]byte, maxPacket)
	for {
		n, err := t.conn.Read(b)
		switch {
		case errors.Is(err, io.ErrShortBuffer): // longer than any packet of ours
		case err != nil:
			return
		case n > 0 && b[0] >= 20 && b[0] <= 63:
			_, _ = t.dtls.Write(b[:n]) // full: sent again
		case isMedia(b[:n]):
			t.hold()
			t.open(b[:n])
			t.busy.Store(false)
		}
	}
}

// isMedia tells SRTP and SRTCP from STUN and DTLS.
func isMedia(b []byte) bool { return len(b) > 0 && b[0]&0xc0 == 0x80 }

// receive takes a packet from the goroutine that read it off the socket. It reports false when the packet has to go
// through the ICE agent, because another is just being taken.
func (t *transport) receive(b []byte) bool {
	if !t.busy.CompareAndSwap(false, true) {
		return false
	}
	t.open(b)
	t.busy.Store(false)
	return true
}

// open decrypts a packet in place and hands it on. The caller holds busy. What does not authenticate changes nothing.
func (t *transport) open(b []byte) {
	if t.in == nil || len(b) < 8 {
		return
	}
	// Packet types 192 to 223 are RTCP (RFC 5761 §4).
	if b[1] >= 192 && b[1] <= 223 {
		if plain, err := t.in.DecryptRTCP(b, b, nil); err == nil && t.know(uint32(plain[4])<<24|uint32(plain[5])<<16|uint32(plain[6])<<8|uint32(plain[7])) {
			t.take.takeRTCP(plain)
		}
		return
	}
	if plain, err := t.in.DecryptRTP(b, b, &t.header); err == nil && t.know(t.header.SSRC) {
		t.take.takeRTP(plain)
	}
}

// know notes an SSRC and ends the connection of one who has too many.
func (t *transport) know(ssrc uint32) bool {
	if _, known := t.sources[ssrc]; known {
		return true
	}
	if len(t.sources) >= t.maxSources {
		go t.close() // which waits for us
		return false
	}
	t.sources[ssrc] = struct{}{}
	return true
}

// WriteRTP encrypts and sends one packet. It is safe for concurrent use and allocates nothing.
func (t *transport) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out == nil {
		return 0, nil
	}
	n, err := h.MarshalTo(t.plain[:])
	if err != nil {
		return 0, err
	}
	n += copy(t.plain[n:], payload)
	b, err := t.out.EncryptRTP(t.sealed[:0], t.plain[:n], &t.outHeader)
	if err != nil {
		return 0, err
	}
	return t.send(b)
}

// writeRTCP encrypts and sends RTCP. It is safe for concurrent use; what cannot be sent is lost, as on a network.
func (t *transport) writeRTCP(packets []rtcp.Packet) {
	b, err := rtcp.Marshal(packets)
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out == nil {
		return
	}
	if b, err = t.out.EncryptRTCP(nil, b, nil); err == nil {
		_, _ = t.send(b)
	}
}

func (t *transport) send(b []byte) (int, error) {
	if to := t.route.Load(); to != nil {
		return t.sockets.write(b, *to)
	}
	return t.conn.Write(b)
}

// roundTrip returns that of the latest ICE check, 0 when there was none.
func (t *transport) roundTrip() time.Duration {
	pair, ok := t.agent.GetSelectedCandidatePairStats()
	if !ok {
		return 0
	}
	return time.Duration(pair.CurrentRoundTripTime * float64(time.Second))
}

// shutdown ends the connection; when it returns nothing is taken any more.
func (t *transport) shutdown() {
	t.cancel()
	t.sockets.disinvite(t)
	t.setRoute(nil)
	t.securing.Wait() // its farewell needs the agent
	_ = t.agent.Close()
	_ = t.dtls.Close()
	t.reading.Wait()
	t.hold()
	t.in = nil
	t.busy.Store(false)
}

// dtlsPipe is the datagrams of one connection that are DTLS.
type dtlsPipe struct {
	*packetio.Buffer
	t *transport
}

// ReadFrom implements net.PacketConn.
func (p dtlsPipe) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := p.Read(b)
	return n, p.RemoteAddr(), err
}

// WriteTo implements net.PacketConn.
func (p dtlsPipe) WriteTo(b []byte, _ net.Addr) (int, error) { return p.t.conn.Write(b) }

// LocalAddr implements net.PacketConn.
func (p dtlsPipe) LocalAddr() net.Addr { return &net.UDPAddr{} }

// RemoteAddr is all that DTLS needs to know of where its datagrams go.
func (p dtlsPipe) RemoteAddr() net.Addr { return &net.UDPAddr{} }

// SetDeadline implements net.PacketConn.
func (p dtlsPipe) SetDeadline(at time.Time) error { return p.SetReadDeadline(at) }

// SetWriteDeadline implements net.PacketConn: a datagram is sent or lost, at once.
func (p dtlsPipe) SetWriteDeadline(time.Time) error { return nil }

// fingerprintText returns a certificate's SHA-256 fingerprint as SDP has it (RFC 8122 §5).
func fingerprintText(cert tls.Certificate) string {
	sum := sha256.Sum256(cert.Certificate[0])
	var text strings.Builder
	for i, b := range sum {
		if i > 0 {
			text.WriteByte(':')
		}
		fmt.Fprintf(&text, "%02X", b)
	}
	return text.String()
}
