package siege

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/test/siege/talking"
)

// intruder is a participant like any other, authenticated and all, but for what it sends. Between it and the room is a
// wire on which it can do as it likes.
type intruder struct {
	*client.Session
	pc   *webrtc.PeerConnection
	mic  *rawTrack
	wire *wire
}

// intrude lets one join. alter may change its offer.
func (c *talk) intrude(t *testing.T, name string, alter func(offer string) string) *intruder {
	t.Helper()
	return c.intrudeFrom(t, net.IPv4(127, 0, 0, 1), name, alter)
}

// intrudeFrom does so with media from another address.
func (c *talk) intrudeFrom(t *testing.T, from net.IP, name string, alter func(offer string) string) *intruder {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(1)
	settings.SetICETimeouts(30*time.Second, 60*time.Second, 200*time.Millisecond)
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI}, webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&media)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	i := &intruder{pc: pc, mic: new(rawTrack), wire: newWire(t, c.Room.Port(), from)}
	t.Cleanup(func() { _ = pc.Close() })
	if _, err := pc.AddTransceiverFromTrack(i.mic, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	for range c.Room.Facts().Seats {
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	sdp := offer.SDP
	if alter != nil {
		sdp = alter(sdp)
	}
	i.Session, err = client.Join(t.Context(), client.Config{
		Address: talking.AddressOf(c.Room), Fingerprint: c.Room.Fingerprint(), Name: name, Offer: sdp, DeadAfter: patience,
	})
	if err != nil {
		t.Fatalf("%s: join: %v", name, err)
	}
	t.Cleanup(i.Leave)
	answer := strings.ReplaceAll(i.Answer(), " "+strconv.Itoa(c.Room.Port())+" typ host", " "+strconv.Itoa(i.wire.port())+" typ host")
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	return i
}

// connected waits until the intruder's media path stands.
func (i *intruder) connected(t *testing.T) *intruder {
	t.Helper()
	eventually(t, "the intruder's connection", func() bool {
		return i.pc.ConnectionState() == webrtc.PeerConnectionStateConnected && i.mic.bound.Load() != nil
	})
	return i
}

// send sends a packet as the microphone; SSRC and payload type are set if they are 0.
func (i *intruder) send(h rtp.Header, payload string) error {
	b := i.mic.bound.Load()
	if h.SSRC == 0 {
		h.SSRC = b.ssrc
	}
	if h.PayloadType == 0 {
		h.PayloadType = b.payloadType
	}
	_, err := b.writer.WriteRTP(&h, []byte(payload))
	return err
}

// report sends the bytes as authenticated RTCP.
func (i *intruder) report(b []byte) error { return i.pc.WriteRTCP([]rtcp.Packet{rawRTCP(b)}) }

// rawRTCP is RTCP of any bytes.
type rawRTCP []byte

func (r rawRTCP) Marshal() ([]byte, error)  { return r, nil }
func (r rawRTCP) MarshalSize() int          { return len(r) }
func (r rawRTCP) Unmarshal([]byte) error    { return nil }
func (r rawRTCP) DestinationSSRC() []uint32 { return nil }

// rawTrack is a microphone whose packets are written with any header.
type rawTrack struct{ bound atomic.Pointer[rawBinding] }

type rawBinding struct {
	writer      webrtc.TrackLocalWriter
	ssrc        uint32
	payloadType uint8
	levelID     uint8
}

func (r *rawTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	b := &rawBinding{writer: c.WriteStream(), ssrc: uint32(c.SSRC())}
	for _, e := range c.HeaderExtensions() {
		if e.URI == audioLevelURI {
			b.levelID = uint8(e.ID) //nolint:gosec // 1 to 14
		}
	}
	codecs := c.CodecParameters()
	i := slices.IndexFunc(codecs, func(p webrtc.RTPCodecParameters) bool { return p.MimeType == webrtc.MimeTypeOpus })
	if i < 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	b.payloadType = uint8(codecs[i].PayloadType)
	r.bound.Store(b)
	return codecs[i], nil
}

func (*rawTrack) Unbind(webrtc.TrackLocalContext) error { return nil }
func (*rawTrack) ID() string                            { return "mic" }
func (*rawTrack) RID() string                           { return "" }
func (*rawTrack) StreamID() string                      { return "mic" }
func (*rawTrack) Kind() webrtc.RTPCodecType             { return webrtc.RTPCodecTypeAudio }

const audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// wire carries one participant's UDP to the room and back, and does on the way what it is told.
type wire struct {
	near *net.UDPConn // towards the participant
	from net.IP       // who it is in the eyes of the room
	room *net.UDPAddr
	work sync.WaitGroup

	mu     sync.Mutex
	far    *net.UDPConn // towards the room
	client *net.UDPAddr
	up     func(packet []byte) [][]byte // what becomes of a packet to the room; nil lets it pass
	down   func(packet []byte) [][]byte
}

func newWire(t *testing.T, roomPort int, from net.IP) *wire {
	t.Helper()
	near, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{near: near, from: from, room: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: roomPort}}
	w.move(t)
	w.work.Go(w.carryUp)
	t.Cleanup(func() {
		_ = near.Close()
		w.mu.Lock()
		_ = w.far.Close()
		w.mu.Unlock()
		w.work.Wait()
	})
	return w
}

func (w *wire) port() int { return w.near.LocalAddr().(*net.UDPAddr).Port } //nolint:forcetypeassert // what it is

// move gives the participant another address in the eyes of the room, as a new NAT binding does.
func (w *wire) move(t *testing.T) {
	t.Helper()
	far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: w.from})
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	old := w.far
	w.far = far
	w.mu.Unlock()
	if old != nil {
		_ = old.Close()
	}
	w.work.Go(func() { w.carryDown(far) })
}

// inject sends a packet to the room from the participant's address.
func (w *wire) inject(packet []byte) error {
	w.mu.Lock()
	far := w.far
	w.mu.Unlock()
	_, err := far.WriteToUDP(packet, w.room)
	return err
}

// tap sets what becomes of packets: nil lets them pass.
func (w *wire) tap(up, down func([]byte) [][]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up, w.down = up, down
}

func (w *wire) carryUp() {
	b := make([]byte, 2000)
	for {
		n, from, err := w.near.ReadFromUDP(b)
		if err != nil {
			return
		}
		w.mu.Lock()
		w.client = from
		for _, packet := range altered(w.up, b[:n]) {
			_, _ = w.far.WriteToUDP(packet, w.room)
		}
		w.mu.Unlock()
	}
}

func (w *wire) carryDown(far *net.UDPConn) {
	b := make([]byte, 2000)
	for {
		n, _, err := far.ReadFromUDP(b)
		if err != nil {
			return
		}
		w.mu.Lock()
		for _, packet := range altered(w.down, b[:n]) {
			if w.client != nil {
				_, _ = w.near.WriteToUDP(packet, w.client)
			}
		}
		w.mu.Unlock()
	}
}

func altered(by func([]byte) [][]byte, packet []byte) [][]byte {
	if by == nil {
		return [][]byte{packet}
	}
	return by(packet)
}

// What a packet is, by its first byte (RFC 7983 §7).
func isDTLS(b []byte) bool { return len(b) > 0 && b[0] >= 20 && b[0] <= 63 }

func isSRTP(b []byte) bool {
	return len(b) > 12 && b[0] >= 128 && b[0] <= 191 && (b[1]&0x7f < 64 || b[1]&0x7f > 95)
}
