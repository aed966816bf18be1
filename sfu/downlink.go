package sfu

import (
	"strings"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// downlink is one seat as sent to one participant. It is pion's TrackLocal of that m-line; pion's own
// TrackLocalStaticRTP would take a lock and copy for every packet.
type downlink struct {
	id, stream string
	bound      atomic.Pointer[binding]
}

// binding is what negotiation settled: Opus is payload type 111 in Chromium and 109 in Firefox.
type binding struct {
	writer      webrtc.TrackLocalWriter
	ssrc        uint32
	payloadType uint8
}

// write sends one packet. h is the seat's scratch header: SSRC and payload type are set in place. Errors are dropped
// like packets on a network: the connection's state tells the room of real trouble.
func (d *downlink) write(h *rtp.Header, payload []byte) {
	b := d.bound.Load()
	if b == nil {
		return
	}
	h.SSRC, h.PayloadType = b.ssrc, b.payloadType
	_, _ = b.writer.WriteRTP(h, payload)
}

// Bind implements webrtc.TrackLocal.
func (d *downlink) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, codec := range c.CodecParameters() {
		if strings.EqualFold(codec.MimeType, webrtc.MimeTypeOpus) {
			d.bound.Store(&binding{writer: c.WriteStream(), ssrc: uint32(c.SSRC()), payloadType: uint8(codec.PayloadType)})
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind implements webrtc.TrackLocal.
func (d *downlink) Unbind(webrtc.TrackLocalContext) error {
	d.bound.Store(nil)
	return nil
}

// ID implements webrtc.TrackLocal.
func (d *downlink) ID() string { return d.id }

// RID implements webrtc.TrackLocal; there is no simulcast.
func (d *downlink) RID() string { return "" }

// StreamID implements webrtc.TrackLocal. One stream a seat: browsers synchronise the tracks of one stream.
func (d *downlink) StreamID() string { return d.stream }

// Kind implements webrtc.TrackLocal.
func (d *downlink) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }
