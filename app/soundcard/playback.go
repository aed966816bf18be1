package soundcard

import (
	"errors"
	"fmt"
	"sync"

	"github.com/jfreymuth/pulse/proto"
)

// How much sound the server is to hold, in blocks of 10 ms: it asks for more below the first, and after a break begins to
// play at the second: with ticks of two blocks and fewer that is more than one, or each would be a break again.
const (
	heldBlocks  = 4
	beginBlocks = 3
)

// playback is what is played on a loudspeaker. Its methods are safe for concurrent use.
type playback struct {
	stream
	wanted func() // the server has room for a block

	sending sync.Mutex
	stopped bool // guarded by sending

	mu      sync.Mutex
	held    int // bytes that the server holds at most
	missing int // bytes below that; less than zero while it holds more
	most    int // bytes that it is to hold; what comes beyond is late and left out
	broke   bool
}

// play opens the loudspeaker of that name, or the system's. wanted is called, and must not wait, when there is room.
func (s *server) play(name string, wanted func()) (*playback, error) {
	sinks, err := s.speakers()
	if err != nil {
		return nil, err
	}
	chosen, ok := choose(sinks, name)
	if !ok {
		return nil, errors.New("no loudspeaker")
	}
	request := proto.CreatePlaybackStream{
		SampleSpec: format, ChannelMap: stereo, ChannelVolumes: volumes, SinkIndex: proto.Undefined, SinkName: chosen.Name,
		BufferMaxLength: 20 * blockBytes, BufferTargetLength: heldBlocks * blockBytes, BufferMinimumRequest: blockBytes,
		BufferPrebufferLength: beginBlocks * blockBytes, AdjustLatency: true,
		Properties: proto.PropList{"media.role": proto.PropListString("phone")},
	}
	var reply proto.CreatePlaybackStreamReply
	if err = s.client.Request(&request, &reply); err != nil {
		return nil, fmt.Errorf("play on %s: %w", chosen.Name, err)
	}
	p := &playback{
		stream: stream{server: s, index: reply.StreamIndex, device: chosen},
		wanted: wanted, held: int(reply.BufferTargetLength), missing: int(reply.Missing), most: int(reply.BufferTargetLength),
	}
	s.mu.Lock()
	s.playing[p.index] = p
	s.mu.Unlock()
	wanted()
	return p, nil
}

// plays tells whether it still does, on that device.
func (p *playback) plays(device Device) bool {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.server.playing[p.index] == p && p.device.Name == device.Name
}

// stop ends it. Nothing is sent afterwards: the server gives the number of the stream to the next one, and PipeWire 0.3.65 ends itself over
// sound for a stream that it is still making.
func (p *playback) stop() {
	p.sending.Lock()
	p.stopped = true
	p.sending.Unlock()
	p.server.mu.Lock()
	delete(p.server.playing, p.index)
	p.server.mu.Unlock()
	_ = p.server.client.Request(&proto.DeletePlaybackStream{StreamIndex: p.index}, nil) // it goes with the connection otherwise
}

// write plays whole frames after those before. A page that stood still gives back everything at once: what the loudspeaker
// did not wait for is left out, or all that follows would be late.
func (p *playback) write(frames []byte) {
	p.mu.Lock()
	late := p.held-p.missing > p.most
	if !late {
		p.missing -= len(frames)
	}
	p.mu.Unlock()
	if late {
		return
	}
	p.sending.Lock()
	defer p.sending.Unlock()
	if !p.stopped {
		_ = p.server.client.Send(p.index, frames) // a server that is gone is seen by its watch
	}
}

// state returns how many frames the server holds, and whether it had none since it was last asked.
// most is how many it is to hold at most.
func (p *playback) state(most int) (frames int, broke bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = most * Frame
	broke, p.broke = p.broke, false
	return (p.held - p.missing) / Frame, broke
}

func (p *playback) asked(n int) {
	p.mu.Lock()
	p.missing += n
	room := p.missing >= blockBytes
	p.mu.Unlock()
	if room {
		p.wanted()
	}
}

func (p *playback) underflow() {
	p.mu.Lock()
	p.broke = true
	p.mu.Unlock()
}
