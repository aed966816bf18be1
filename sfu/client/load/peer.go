package load

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/internal/pionlog"
	"github.com/earshot/earshot/sfu/signal"
)

const audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level" // RFC 6464

// Levels in dBov (RFC 6464): speech in a headset, and a quiet office.
const (
	voiceLevel = -25
	noiseLevel = -65
)

// arrivalsKept is how many arrivals of one stream are remembered until the packet comes out of pion: 5 s of voice.
const arrivalsKept = 256

// Peer is one participant's peer connection. An Entrance negotiates it.
type Peer struct {
	PC    *webrtc.PeerConnection
	Track *webrtc.TrackLocalStaticRTP // the microphone, not yet added
	Name  string
	Muted bool
	// Follow is called with the room as it was at the welcome and after each change, one at a time. nil does not follow it.
	Follow func(room signal.Snapshot)

	number    int
	decrypt   bool
	began     time.Time
	connected chan struct{} // closed when media stands
	lost      chan struct{} // closed when it has failed or was closed
	heard     func(p *Peer, seat int, s stamp, at int64)
	drops     func(number int, d direction, packet []byte) bool // nil: a network that loses nothing

	firstMedia atomic.Int64 // wall clock in ns; 0 before
	dead       atomic.Bool  // sends nothing any more, not even a goodbye

	mu      sync.Mutex
	streams map[uint32]*arrivals // by SSRC
	due     []due                // by number of the talker; only where packets are decrypted
	readers sync.WaitGroup
	closing bool

	// What follows belongs to the goroutine that speaks.
	mouth     *mouth
	packet    rtp.Packet
	levelID   uint8
	nextStamp atomic.Uint32 // read by others
	sent      atomic.Int64  // as above
}

// arrivals is one SSRC as it came from the socket.
type arrivals struct {
	stream
	at [arrivalsKept]int64 // by sequence number; only where packets are decrypted
}

// peerConfig is what all peers of a load have in common.
type peerConfig struct {
	net      *stdnet.Net
	local    net.IP // the address that packets to the room leave from; nil: any
	entrance Entrance
	log      *slog.Logger
	drops    func(number int, d direction, packet []byte) bool
}

// newPeerConfig looks at the network once, for all peers.
func newPeerConfig(room Entrance, address string, log *slog.Logger) (peerConfig, error) {
	system, err := stdnet.NewNet()
	if err != nil {
		return peerConfig{}, fmt.Errorf("look at the network: %w", err)
	}
	return peerConfig{net: system, local: localFor(address), entrance: room, log: log}, nil
}

// localFor returns the address that packets to address leave from; nil when there is no knowing.
func localFor(address string) net.IP {
	conn, err := net.Dial("udp", address) //nolint:noctx // asks the routing table only
	if err != nil {
		return nil
	}
	defer conn.Close() //nolint:errcheck // nothing was sent
	if local, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		return local.IP
	}
	return nil
}

func (c peerConfig) newPeer(number int, decrypt bool) (*Peer, error) {
	p := &Peer{
		Name: fmt.Sprintf("Load %d", number+1), number: number, decrypt: decrypt, began: time.Now(),
		connected: make(chan struct{}), lost: make(chan struct{}), streams: make(map[uint32]*arrivals), drops: c.drops,
	}
	var media webrtc.MediaEngine
	if err := c.entrance.Codecs(&media); err != nil {
		return nil, err
	}
	level := webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI}
	if err := media.RegisterHeaderExtension(level, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.LoggerFactory = pionlog.Factory(c.log)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetNet(network{c.net, p})
	settings.SetIncludeLoopbackCandidate(c.local.IsLoopback())
	if c.local != nil { // one socket a participant
		settings.SetIPFilter(c.local.Equal)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	var err error
	if p.PC, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	p.Track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
	}, fmt.Sprintf("microphone%d", number), fmt.Sprintf("load%d", number))
	if err != nil {
		p.close()
		return nil, err
	}
	p.watch()
	return p, nil
}

// watch follows the connection's state.
func (p *Peer) watch() {
	var up, down sync.Once
	p.PC.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			up.Do(func() { close(p.connected) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			down.Do(func() { close(p.lost) })
		default: // on its way, or away for a moment
		}
	})
	if p.decrypt {
		p.PC.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
			seat := -1
			for i, t := range p.PC.GetTransceivers() {
				if t.Receiver() == receiver {
					seat = i - 1 // after the microphone
				}
			}
			p.spawn(func() { p.listen(seat, track) })
			p.spawn(func() { drain(receiver) })
		})
	}
}

func (p *Peer) spawn(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closing {
		p.readers.Go(f)
	}
}

// close ends the connection and waits for its readers.
func (p *Peer) close() {
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	_ = p.PC.Close()
	p.readers.Wait()
}

// arrived counts a packet as it comes from the socket, on the socket's goroutine.
func (p *Peer) arrived(ssrc uint32, seq uint16, at int64) {
	if p.firstMedia.Load() == 0 {
		p.firstMedia.Store(wallClock())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.streams[ssrc]
	if a == nil {
		a = new(arrivals)
		p.streams[ssrc] = a
	}
	if a.add(seq) && at != 0 {
		a.at[seq%arrivalsKept] = at
	}
}

// arrival returns when a packet came from the socket; 0 when that is not known.
func (p *Peer) arrival(ssrc uint32, seq uint16) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.streams[ssrc]; a != nil {
		return a.at[seq%arrivalsKept]
	}
	return 0
}

// tally adds up what came from the socket.
func (p *Peer) tally() (t tally) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.streams {
		t.received += a.received
		t.lost += a.lost()
		t.reordered += a.reordered
		t.duplicates += a.duplicates
	}
	return t
}

// look notes for one talker which packets are due, and missed how many due ones did not come.
func (p *Peer) look(talker int, next uint32, held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due[talker].look(next, held)
}

func (p *Peer) missed() (n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.due {
		n += p.due[i].lost
	}
	return n
}

// listen reads a seat's decrypted packets.
func (p *Peer) listen(seat int, track *webrtc.TrackRemote) {
	var packet rtp.Packet
	b := make([]byte, 1500)
	for {
		n, _, err := track.Read(b)
		if err != nil {
			return
		}
		if packet.Unmarshal(b[:n]) != nil {
			continue
		}
		if s, ok := readStamp(packet.Payload); ok {
			p.heard(p, seat, s, p.arrival(packet.SSRC, packet.SequenceNumber))
		}
	}
}

// drain reads RTCP so that it does not pile up.
func drain(r *webrtc.RTPReceiver) {
	b := make([]byte, 1500)
	for {
		if _, _, err := r.Read(b); err != nil {
			return
		}
	}
}

// ready prepares speaking once the connection stands.
func (p *Peer) ready(m *mouth) {
	p.mouth = m
	p.packet = rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(p.number * 1000)}, Payload: make([]byte, voiceBytes)} //nolint:gosec // any will do
	for _, sender := range p.PC.GetSenders() {
		if sender.Track() != p.Track {
			continue
		}
		for _, ext := range sender.GetParameters().HeaderExtensions {
			if ext.URI == audioLevelURI {
				p.levelID = uint8(ext.ID) //nolint:gosec // 1 to 14
			}
		}
	}
}

// speak sends the next 20 ms.
func (p *Peer) speak(run uint32) {
	sound := p.mouth.next()
	h := &p.packet.Header
	h.Timestamp += frameTick
	if sound == nothing {
		return
	}
	payload, level := p.packet.Payload[:voiceBytes], voiceLevel-p.number%8
	switch sound {
	case noise:
		payload, level = payload[:noiseBytes], noiseLevel
	case comfort:
		payload, level = payload[:1], noiseLevel
		payload[0] = voiceTOC
	default:
	}
	h.SequenceNumber++
	if p.levelID != 0 {
		voiced := byte(0)
		if sound == voice {
			voiced = 0x80
		}
		_ = h.SetExtension(p.levelID, []byte{voiced | byte(-level)}) // a valid id
	}
	if sound != comfort {
		stamp{run: run, talker: uint32(p.number), seq: p.nextStamp.Load(), sent: wallClock()}.put(payload) //nolint:gosec // a small number
	}
	packet := rtp.Packet{Header: *h, Payload: payload}
	if p.Track.WriteRTP(&packet) != nil {
		return
	}
	if sound != comfort {
		p.nextStamp.Add(1)
	}
	p.sent.Add(1)
}
