package sfu

import (
	"fmt"
	"io"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/internal/livenet"
)

// Payload types that pion proposes; each offer's own are what is used. Those of Chromium.
const (
	opusType = 111
	redType  = 63
)

const (
	// maxSources is how many SSRCs one participant may send from before the rest is thrown away. A microphone has one, a
	// source that restarts changes it.
	maxSources = 32
	// endStreams is how many SSRCs, those of RTCP included, close its connection: pion keeps 1 kB for each as long as the
	// connection lives. An honest one has one or two for each seat.
	endStreams = 1024
)

// newAPI returns pion set up for one participant. There are no interceptors: reports, NACK and RED are ours, because
// pion's would each take a lock and a copy for every packet of every subscriber, and tick for those who are silent.
func (s *Server) newAPI(reached *reached, inlets func(packetio.BufferPacketType, uint32) io.ReadWriteCloser) (*webrtc.API, error) {
	var media webrtc.MediaEngine
	for _, codec := range []webrtc.RTPCodecParameters{
		{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeOpus, ClockRate: clockRate, Channels: 2,
				SDPFmtpLine:  "minptime=10;useinbandfec=1;usedtx=1",
				RTCPFeedback: []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBNACK}},
			},
			PayloadType: opusType,
		},
		{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: mimeRED, ClockRate: clockRate, Channels: 2,
				SDPFmtpLine: fmt.Sprintf("%d/%d", opusType, opusType),
			},
			PayloadType: redType,
		},
	} {
		if err := media.RegisterCodec(codec, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("register %s: %w", codec.MimeType, err)
		}
	}
	// Received only: what is forwarded carries no extensions.
	err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI}, webrtc.RTPCodecTypeAudio,
		webrtc.RTPTransceiverDirectionRecvonly)
	if err != nil {
		return nil, fmt.Errorf("register the level extension: %w", err)
	}

	network, err := livenet.New()
	if err != nil {
		return nil, fmt.Errorf("look at the network: %w", err)
	}
	var settings webrtc.SettingEngine
	settings.SetNet(network)
	settings.LoggerFactory = s.pionLog
	settings.BufferFactory = inlets
	settings.SetFireOnTrackBeforeFirstRTP(true) // nobody asks for the track; else a goroutine would wait for a packet
	settings.SetICEUDPMux(portMux{s.mux, reached, s.Port()})
	settings.SetICETCPMux(tcpMux{s.iceTCP, reached, s.Port()})
	settings.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6,
		webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6, // passive, where UDP is blocked
	})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // else one socket on 5353 for each participant
	settings.SetIncludeLoopbackCandidate(reached.first().IsLoopback())
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
		webrtc.WithSettingEngine(settings)), nil
}
