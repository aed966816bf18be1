package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/client/media/ogg"
)

// maxPayload is the largest Opus packet that is sent, in bytes: one frame of the highest bit rate (RFC 6716 §3.2.1),
// which with RTP, SRTP, UDP and IPv6 around it still fits an Ethernet frame.
const maxPayload = 1275

// maxLag is how far the player may fall behind its schedule and still catch up by sending faster; beyond it (a machine
// that slept) the missed time is left out, because receivers would only discard it. 200 ms is what their jitter buffers absorb.
const maxLag = 200 * time.Millisecond

// ErrFrameSize is returned for a file whose packets are not 20 ms long.
var ErrFrameSize = errors.New("its packets are not 20 ms long")

// ErrPacketTooLarge is returned for a file with packets that do not fit a network packet.
var ErrPacketTooLarge = errors.New("its packets are too large for the network")

// A Sink takes the packets that a Player sends. Peer is one.
type Sink interface {
	WriteRTP(*rtp.Packet) error
}

// A Player sends an Ogg Opus file as a microphone would. It is used by one goroutine.
type Player struct {
	file    *os.File
	packets int // audio packets in the file
}

// OpenPlayer opens an Ogg Opus file and checks all of it, so that nothing can go wrong in the middle of a call. It
// returns the errors of package ogg, ErrFrameSize, ErrPacketTooLarge, or that the file cannot be opened.
func OpenPlayer(path string) (*Player, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	p := &Player{file: f}
	if err := p.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("play %s: %w", path, err), f.Close())
	}
	return p, nil
}

// Close closes the file.
func (p *Player) Close() error { return p.file.Close() }

// Duration returns how long the file plays.
func (p *Player) Duration() time.Duration { return time.Duration(p.packets) * FrameDuration }

func (p *Player) check() error {
	r, err := ogg.NewReader(p.file)
	if err != nil {
		return err
	}
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch n, err := packetSamples(b); {
		case err != nil:
			return fmt.Errorf("%w: packet %d: %w", ogg.ErrCorrupt, p.packets, err)
		case n != frameSamples:
			return fmt.Errorf("%w: packet %d lasts %g ms", ErrFrameSize, p.packets, float64(n)*1000/ClockRate)
		case len(b) > maxPayload:
			return fmt.Errorf("%w: packet %d has %d bytes", ErrPacketTooLarge, p.packets, len(b))
		}
		p.packets++
	}
	if p.packets == 0 {
		return fmt.Errorf("%w: it has no audio", ogg.ErrTruncated)
	}
	return nil
}

// Play sends the file once, or with loop again and again, one packet every 20 ms, until its end, until ctx is done
// (whose error it returns) or until the sink refuses a packet. The schedule is absolute: a late packet does not delay
// those after it.
func (p *Player) Play(ctx context.Context, to Sink, loop bool) error {
	packet := &rtp.Packet{Header: rtp.Header{
		Version:        2,
		Marker:         true,                  // start of a talk spurt (RFC 7587 §4.2)
		SequenceNumber: uint16(rand.Uint32()), //nolint:gosec // RFC 3550 §5.1 wants it random, not secret
		Timestamp:      rand.Uint32(),         //nolint:gosec // as above
	}}
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := time.Now()
	for {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("play: %w", err)
		}
		r, err := ogg.NewReader(p.file)
		for err == nil {
			if packet.Payload, err = r.Next(); err != nil {
				break
			}
			timer.Reset(time.Until(due))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-timer.C:
			}
			if lag := time.Since(due); lag > maxLag {
				missed := lag.Truncate(FrameDuration)
				due = due.Add(missed)
				packet.Timestamp += uint32(missed/FrameDuration) * frameSamples //nolint:gosec // wraps as RTP does
				packet.Marker = true
			}
			if err := to.WriteRTP(packet); err != nil {
				return fmt.Errorf("play: %w", err)
			}
			packet.Marker = false
			packet.SequenceNumber++
			packet.Timestamp += frameSamples
			due = due.Add(FrameDuration)
		}
		if !errors.Is(err, io.EOF) {
			return fmt.Errorf("play: %w", err)
		}
		if !loop {
			return nil
		}
	}
}
