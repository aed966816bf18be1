package soundcard

import (
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

const (
	// Rate is in Hz: Opus' own.
	Rate = 48000
	// Block is how many samples of each channel ticks are made of: 10 ms, what echo canceller and noise suppressor work on.
	Block = Rate / 100
	// Frame is the bytes of a sample of both channels: two little-endian 32 bit floats.
	Frame = 8
	// blockBytes of both channels.
	blockBytes = Block * Frame

	// askEvery is how often a server is asked whether it lives: its socket may stay open when it does not.
	askEvery = time.Second
)

// server is a connection to the sound server. Its methods are safe for concurrent use.
type server struct {
	client *proto.Client
	conn   net.Conn
	gone   chan struct{} // closed when the connection is over

	mu        sync.Mutex
	recording map[uint32]func([]byte)
	playing   map[uint32]*playback
	changed   func()
}

// dial connects to the user's sound server. changed is called when devices come or go.
func dial(changed func()) (*server, error) {
	client, conn, err := proto.Connect("")
	if err != nil {
		return nil, fmt.Errorf("sound server: %w", err)
	}
	s := &server{
		client: client, conn: conn, gone: make(chan struct{}), changed: changed,
		recording: make(map[uint32]func([]byte)), playing: make(map[uint32]*playback),
	}
	client.Callback = s.told
	name := proto.PropList{"application.name": proto.PropListString("Earshot"), "application.icon_name": proto.PropListString("earshot")}
	err = client.Request(&proto.SetClientName{Props: name}, &proto.SetClientNameReply{})
	if err == nil {
		mask := proto.SubscriptionMaskSink | proto.SubscriptionMaskSource | proto.SubscriptionMaskServer
		err = client.Request(&proto.Subscribe{Mask: mask}, nil)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("sound server: %w", err)
	}
	go s.watch()
	return s, nil
}

// locked runs fn while nothing is being told: what streams were given to call is not called meanwhile.
func (s *server) locked(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

func (s *server) close() { _ = s.conn.Close() }

// watch asks the server whether it lives until it does not.
func (s *server) watch() {
	defer close(s.gone)
	defer s.close()
	for range time.Tick(askEvery) {
		if err := s.client.Request(&proto.GetServerInfo{}, &proto.GetServerInfoReply{}); err != nil {
			return
		}
	}
}

// told is called by the client's reading goroutine: nothing in it may wait for an answer.
func (s *server) told(message any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m := message.(type) {
	case *proto.DataPacket:
		if take := s.recording[m.StreamIndex]; take != nil {
			take(m.Data)
		}
	case *proto.Request:
		if p := s.playing[m.StreamIndex]; p != nil {
			p.asked(int(m.Length))
		}
	case *proto.Underflow:
		if p := s.playing[m.StreamIndex]; p != nil {
			p.underflow()
		}
	case *proto.RecordStreamKilled:
		delete(s.recording, m.StreamIndex)
		s.changed()
	case *proto.PlaybackStreamKilled:
		delete(s.playing, m.StreamIndex)
		s.changed()
	case *proto.SubscribeEvent:
		s.changed()
	}
}

// What is recorded and played: the server converts from and to what the devices have.
//
//nolint:gochecknoglobals // constants in all but type
var (
	format  = proto.SampleSpec{Format: proto.FormatFloat32LE, Channels: 2, Rate: Rate}
	stereo  = proto.ChannelMap{proto.ChannelLeft, proto.ChannelRight}
	volumes = proto.ChannelVolumes{0x10000, 0x10000} // PA_VOLUME_NORM
)

// stream is one that the server has been asked for.
type stream struct {
	server *server
	index  uint32
	device Device
}

// record takes samples from a microphone. take gets whole frames, of any number.
func (s *server) record(chosen Device, take func([]byte)) (*stream, error) {
	return s.recordFrom(chosen, proto.CreateRecordStream{
		SampleSpec: format, ChannelMap: stereo, ChannelVolumes: volumes, BufferFragSize: blockBytes / 2,
		Properties: proto.PropList{"media.role": proto.PropListString("phone")},
	}, take)
}

// recordPlayed takes samples from a loudspeaker's monitor, all its channels together. take gets any number.
func (s *server) recordPlayed(monitor Device, take func([]byte)) (*stream, error) {
	return s.recordFrom(monitor, proto.CreateRecordStream{
		SampleSpec:     proto.SampleSpec{Format: proto.FormatFloat32LE, Channels: 1, Rate: Rate},
		ChannelMap:     proto.ChannelMap{proto.ChannelMono},
		ChannelVolumes: volumes[:1], BufferFragSize: Block * sampleBytes / 2,
	}, take)
}

func (s *server) recordFrom(chosen Device, request proto.CreateRecordStream, take func([]byte)) (*stream, error) {
	request.SourceIndex, request.SourceName = proto.Undefined, chosen.Name
	request.BufferMaxLength, request.DirectOnInputIndex = proto.Undefined, proto.Undefined
	request.AdjustLatency, request.Corked = true, true
	var reply proto.CreateRecordStreamReply
	if err := s.client.Request(&request, &reply); err != nil {
		return nil, fmt.Errorf("record %s: %w", chosen.Name, err)
	}
	s.mu.Lock()
	s.recording[reply.StreamIndex] = take
	s.mu.Unlock()
	r := &stream{server: s, index: reply.StreamIndex, device: chosen}
	if err := s.client.Request(&proto.CorkRecordStream{StreamIndex: r.index}, nil); err != nil {
		r.stopRecording()
		return nil, fmt.Errorf("record %s: %w", chosen.Name, err)
	}
	return r, nil
}

// records tells whether it still does, on that device.
func (r *stream) records(device Device) bool {
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	return r.server.recording[r.index] != nil && r.device.Name == device.Name
}

func (r *stream) stopRecording() {
	r.server.mu.Lock()
	delete(r.server.recording, r.index)
	r.server.mu.Unlock()
	_ = r.server.client.Request(&proto.DeleteRecordStream{StreamIndex: r.index}, nil) // it goes with the connection otherwise
}

// Device is a microphone or a loudspeaker.
type Device struct {
	Name    string // the server's, which no two have
	Label   string // for people
	Default bool   // of the system
	Muted   bool   // by the system, or turned down to nothing; of microphones alone
	Monitor string // of a loudspeaker: where what it plays can be recorded
}

// choose returns the device of that name, else the system's default, else any.
func choose(devices []Device, name string) (Device, bool) {
	var found Device
	for i, each := range devices {
		if name != "" && each.Name == name {
			return each, true
		}
		if i == 0 || each.Default {
			found = each
		}
	}
	return found, len(devices) > 0
}

func (s *server) microphones() ([]Device, error) {
	var all proto.GetSourceInfoListReply
	usual, err := s.defaults(&proto.GetSourceInfoList{}, &all)
	if err != nil {
		return nil, err
	}
	name := usual.DefaultSourceName
	if chosen := os.Getenv("PULSE_SOURCE"); chosen != "" { // as the system's own library has it
		name = chosen
	}
	var devices []Device
	for _, each := range all {
		if each.MonitorSourceIndex != proto.Undefined {
			continue
		}
		devices = append(devices, Device{
			Name: each.SourceName, Label: labelOf(each.Properties, each.Device), Default: each.SourceName == name,
			Muted: each.Mute || silent(each.ChannelVolumes),
		})
	}
	return devices, nil
}

func (s *server) speakers() ([]Device, error) {
	var all proto.GetSinkInfoListReply
	usual, err := s.defaults(&proto.GetSinkInfoList{}, &all)
	if err != nil {
		return nil, err
	}
	name := usual.DefaultSinkName
	if chosen := os.Getenv("PULSE_SINK"); chosen != "" {
		name = chosen
	}
	var devices []Device
	for _, each := range all {
		devices = append(devices, Device{
			Name: each.SinkName, Label: labelOf(each.Properties, each.Device), Default: each.SinkName == name,
			Monitor: each.MonitorSourceName,
		})
	}
	return devices, nil
}

func (s *server) defaults(list proto.RequestArgs, reply proto.Reply) (usual proto.GetServerInfoReply, err error) {
	if err = s.client.Request(list, reply); err == nil {
		err = s.client.Request(&proto.GetServerInfo{}, &usual)
	}
	if err != nil {
		err = fmt.Errorf("sound server: %w", err)
	}
	return usual, err
}

// silent tells whether every channel is turned down to nothing.
func silent(volumes proto.ChannelVolumes) bool {
	return len(volumes) > 0 && !slices.ContainsFunc(volumes, func(v uint32) bool { return v > 0 })
}

func labelOf(properties proto.PropList, description string) string {
	if own := properties["device.description"].String(); own != "" {
		return own
	}
	return description
}
