package media

import (
	"log/slog"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/sfu/internal/livenet"
	"github.com/earshot/earshot/sfu/internal/pionlog"
)

// ICE timers. A participant asks for a restart as soon as its connection counts as disconnected, so that moment decides
// how long a change of network is silent; four keepalives have to be lost first.
const (
	iceDisconnected = 2 * time.Second
	iceFailed       = 5 * time.Second
	iceKeepalive    = 500 * time.Millisecond
)

// nackEvery is how often missing packets are asked for again. pion's default of 100 ms is longer than most playout
// buffers; 20 ms is one packet.
const nackEvery = 20 * time.Millisecond

// nackWindow is how many packets of a stream the NACK generator watches and the responder keeps: 64 are 1.3 s, longer
// than anybody waits for one. pion wants a power of two, at least 64.
const nackWindow = 64

// nackTries is how often one packet is asked for: 200 ms in all.
const nackTries = 10

// opus is the one codec of a room. The parameters say what we like to be sent (RFC 7587 §6.1).
func opus() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType:     webrtc.MimeTypeOpus,
		ClockRate:    ClockRate,
		Channels:     2, // always, in SDP (RFC 7587 §7)
		SDPFmtpLine:  "minptime=10;useinbandfec=1;usedtx=1",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBNACK}},
	}
}

// The payload types that Chromium and pion use; any would do.
const opusPayloadType, redPayloadType = 111, 63

// redundant is Opus in RED, each frame with those before it (RFC 2198 §5).
func redundant() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: mimeTypeRED, ClockRate: ClockRate, Channels: 2, SDPFmtpLine: "111/111"}
}

// newAPI returns pion set up for one participant: no interceptor but NACK and reports. The audio level of RFC 6464 and RED
// are for a live voice: a file is not decoded, and a level that nobody measured would be a lie.
func newAPI(log *slog.Logger, loopback, live bool) (*webrtc.API, error) {
	var codecs webrtc.MediaEngine
	formats := []webrtc.RTPCodecParameters{{RTPCodecCapability: opus(), PayloadType: opusPayloadType}}
	if live {
		formats = append(formats, webrtc.RTPCodecParameters{RTPCodecCapability: redundant(), PayloadType: redPayloadType})
		level := webrtc.RTPHeaderExtensionCapability{URI: audioLevel}
		if err := codecs.RegisterHeaderExtension(level, webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverDirectionSendonly); err != nil {
			return nil, err
		}
	}
	for _, format := range formats {
		if err := codecs.RegisterCodec(format, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, err
		}
	}

	var interceptors interceptor.Registry
	generator, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(nackEvery), nack.GeneratorSize(nackWindow),
		nack.GeneratorMaxNacksPerPacket(nackTries))
	if err != nil {
		return nil, err
	}
	responder, err := nack.NewResponderInterceptor(nack.ResponderSize(nackWindow))
	if err != nil {
		return nil, err
	}
	interceptors.Add(generator)
	interceptors.Add(responder)
	if err := webrtc.ConfigureRTCPReports(&interceptors); err != nil {
		return nil, err
	}

	var settings webrtc.SettingEngine
	settings.LoggerFactory = pionlog.Factory(log)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // it would open a socket on 5353 for each connection
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	settings.SetIncludeLoopbackCandidate(loopback)
	network, err := livenet.New()
	if err != nil {
		return nil, err
	}
	settings.SetNet(network)
	settings.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6,
		webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6, // active only: where UDP is blocked
	})
	return webrtc.NewAPI(webrtc.WithMediaEngine(&codecs), webrtc.WithInterceptorRegistry(&interceptors), webrtc.WithSettingEngine(settings)), nil
}
