package load

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// Entrance is a way into a room: Earshot's own, or that of another server which is measured beside it.
type Entrance interface {
	// Codecs registers what an offer or answer may have.
	Codecs(media *webrtc.MediaEngine) error
	// Enter negotiates the peer's connection and returns once the room has let it in; media may still be on its way.
	// Errors that are a *signal.Problem have a sentence for people.
	Enter(ctx context.Context, p *Peer) (Visit, error)
}

// Visit is one participant's time in a room.
type Visit interface {
	// Leave says goodbye and returns when nothing of the visit is left but the peer connection.
	Leave()
	// Seated returns who is forwarded, by number of the peer; nil when everybody is.
	Seated() map[int]bool
	// Gone is closed when the room has ended the visit, and Problem says why.
	Gone() <-chan struct{}
	Problem() error
}

// Room is the entrance of an Earshot room.
type Room struct {
	Address     string // host:port
	Fingerprint string // of the host's key
	Seats       int    // of the room's facts

	people sync.Map // number of the peer by participant id
}

const (
	// dialWithin and enterWithin bound a join; several at once on a busy machine take their time.
	dialWithin  = 5 * time.Second
	enterWithin = 15 * time.Second
	leaveWithin = 2 * time.Second
)

// Codecs implements Entrance.
func (*Room) Codecs(media *webrtc.MediaEngine) error {
	return media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
			SDPFmtpLine:  "minptime=10;useinbandfec=1;usedtx=1",
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBNACK}},
		},
		PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio)
}

// Enter implements Entrance.
func (r *Room) Enter(ctx context.Context, p *Peer) (Visit, error) {
	ctx, cancel := context.WithTimeout(ctx, enterWithin)
	defer cancel()
	offer, err := r.offer(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("offer: %w", err)
	}
	ws, err := r.dial(ctx)
	if err != nil {
		return nil, err
	}
	v := &visit{ws: ws, people: &r.people, gone: make(chan struct{}), changed: p.Follow}
	v.life, v.end = context.WithCancel(context.WithoutCancel(ctx))
	answer, err := v.join(ctx, &signal.Join{V: signal.Version, Name: p.Name, Offer: offer, Muted: p.Muted})
	if err == nil {
		r.people.Store(v.you, p.number)
		err = p.PC.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	}
	if err != nil {
		v.Crash()
		return nil, err
	}
	if p.Follow != nil {
		p.Follow(v.room.Clone())
	}
	v.reading.Go(v.read)
	v.reading.Go(v.ping)
	return v, nil
}

// offer adds the microphone and the seats and waits for the candidates.
func (r *Room) offer(ctx context.Context, p *Peer) (string, error) {
	_, err := p.PC.AddTransceiverFromTrack(p.Track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return "", err
	}
	for range r.Seats {
		_, err := p.PC.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio,
			webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			return "", err
		}
	}
	offer, err := p.PC.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(p.PC)
	if err := p.PC.SetLocalDescription(offer); err != nil {
		return "", err
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return p.PC.LocalDescription().SDP, nil
}

// dial opens the Signal connection, pinned to the host's key.
func (r *Room) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	var dialer net.Dialer
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", r.Address)
		},
		TLSClientConfig: &tls.Config{
			MinVersion:            tls.VersionTLS13,
			InsecureSkipVerify:    true, //nolint:gosec // the key is pinned instead of a name
			VerifyPeerCertificate: r.verify,
		},
	}
	ws, res, err := websocket.Dial(ctx, "wss://earshot/v1/signal", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, CompressionMode: websocket.CompressionDisabled,
	})
	if res != nil && res.Body != nil && err != nil {
		_ = res.Body.Close()
	}
	if p, ok := errors.AsType[*signal.Problem](err); ok {
		return nil, p
	}
	switch {
	case err != nil && res != nil && res.StatusCode == http.StatusTooManyRequests:
		return nil, signal.Problemf(signal.CodeRateLimited, "%v", err)
	case err != nil:
		return nil, signal.Problemf(signal.CodeUnreachable, "%v", err)
	}
	ws.SetReadLimit(signal.MaxMessage)
	return ws, nil
}

func (r *Room) verify(certificates [][]byte, _ [][]*x509.Certificate) error {
	if len(certificates) == 0 {
		return errors.New("host showed no certificate")
	}
	c, err := x509.ParseCertificate(certificates[0])
	if err != nil {
		return err
	}
	if got := identity.Fingerprint(c); got != r.Fingerprint {
		return signal.Problemf(signal.CodeFingerprintMismatch, "pinned %s, got %s", r.Fingerprint, got)
	}
	return nil
}
