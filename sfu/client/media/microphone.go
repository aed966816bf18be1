package media

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// audioLevel is the RTP header extension by which a sender tells how loud a packet is (RFC 6464).
const audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// Voice is one Opus packet of a person's microphone.
type Voice struct {
	Timestamp uint32 // of its first sample, on Opus' clock
	Level     uint8  // how far below full scale it is, in dB: 0 to 127 (RFC 6464 §3)
	Marker    bool   // the first one after a silence (RFC 3551 §4.1)
	Payload   []byte // not kept
}

// microphone is the track of the first m-line. Unlike pion's own it can switch to RED and tell levels.
type microphone struct {
	bound   atomic.Pointer[binding]
	protect atomic.Bool

	// Belong to the goroutine that speaks.
	sequence uint16
	red      redundancy
}

// binding is what negotiation settled. Payload types and ids are 0 where there is none.
type binding struct {
	writer    webrtc.TrackLocalWriter
	ssrc      uint32
	opus, red uint8
	levelID   uint8
}

func newMicrophone() *microphone {
	return &microphone{sequence: uint16(rand.Uint32())} //nolint:gosec // RFC 3550 §5.1: any value
}

// Bind is called by pion when the connection has settled what is sent.
func (m *microphone) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	b := &binding{writer: ctx.WriteStream(), ssrc: uint32(ctx.SSRC())}
	var chosen webrtc.RTPCodecParameters
	for _, codec := range ctx.CodecParameters() {
		switch {
		case strings.EqualFold(codec.MimeType, webrtc.MimeTypeOpus) && b.opus == 0:
			b.opus, chosen = uint8(codec.PayloadType), codec
		case strings.EqualFold(codec.MimeType, mimeTypeRED) && b.red == 0:
			b.red = uint8(codec.PayloadType)
		}
	}
	if b.opus == 0 {
		return chosen, fmt.Errorf("microphone: %w", webrtc.ErrUnsupportedCodec)
	}
	for _, extension := range ctx.HeaderExtensions() {
		if extension.URI == audioLevel && extension.ID < 15 { // one-byte headers (RFC 8285 §4.2)
			b.levelID = uint8(extension.ID) //nolint:gosec // 1 to 14
		}
	}
	m.bound.Store(b)
	return chosen, nil
}

// Unbind is called by pion when nothing can be sent any more.
func (m *microphone) Unbind(webrtc.TrackLocalContext) error {
	m.bound.Store(nil)
	return nil
}

func (m *microphone) ID() string                { return "microphone" }
func (m *microphone) RID() string               { return "" }
func (m *microphone) StreamID() string          { return "earshot" }
func (m *microphone) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// write sends a packet of Opus with the SSRC and the payload type that were negotiated; before that it does nothing.
func (m *microphone) write(p *rtp.Packet) error {
	b := m.bound.Load()
	if b == nil {
		return nil
	}
	header := p.Header
	header.SSRC, header.PayloadType = b.ssrc, b.opus
	_, err := b.writer.WriteRTP(&header, p.Payload)
	return err
}

// speak sends the next packet of a voice, each frame once more where that was asked for. Before the connection stands it
// does nothing. One goroutine at a time.
func (m *microphone) speak(v Voice) error {
	b := m.bound.Load()
	if b == nil {
		return nil
	}
	m.sequence++
	header := rtp.Header{
		Version: 2, SSRC: b.ssrc, PayloadType: b.opus, SequenceNumber: m.sequence, Timestamp: v.Timestamp, Marker: v.Marker,
	}
	payload := v.Payload
	if m.protect.Load() && b.red != 0 {
		if wrapped, ok := m.red.wrap(b.opus, v.Timestamp, v.Payload); ok {
			header.PayloadType, payload = b.red, wrapped
		}
	}
	m.red.keep(v.Timestamp, v.Payload)
	if b.levelID != 0 {
		if err := header.SetExtension(b.levelID, []byte{v.Level & 0x7f}); err != nil {
			return fmt.Errorf("speak: %w", err)
		}
	}
	if _, err := b.writer.WriteRTP(&header, payload); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	return nil
}
