package soundcard

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// What became of a microphone that was to be open.
const (
	MicrophoneClosed  = "closed"
	MicrophoneOpen    = "open"
	MicrophoneMissing = "missing" // the system has none
	MicrophoneBroken  = "broken"  // it would not open
)

const (
	// againAfter is how long a sound server that is not there, or a device that would not open, is left alone.
	againAfter = 500 * time.Millisecond
	// silentFor is after how long a microphone that gives nothing is not waited for: the room is played all the same.
	silentFor = 60 * time.Millisecond
	// waitingBlocks of the microphone may wait for a page; then the oldest goes: whoever stood still is not late ever after.
	waitingBlocks = 8
)

// Wish is which devices are to be used, by their labels; "" is the system's.
type Wish struct {
	Microphone bool // whether it is to be open
	Input      string
	Output     string
}

// State is what has become of a wish.
type State struct {
	Sound      bool   // whether anything can be played
	Microphone string // MicrophoneOpen and so on
	Input      string // the label of the open microphone
	Output     string // the label of the loudspeaker
}

// Tick is 10 ms.
type Tick struct {
	Longer     int    // by how many samples what is played is to be longer than Block
	Microphone []byte // Block frames, or none; valid during the call
}

// Desk is a microphone and a loudspeaker in use by one page.
type Desk struct {
	log   *slog.Logger
	tick  func(Tick)
	tell  func(State)
	close chan struct{}
	work  sync.WaitGroup

	wishes  chan struct{} // 1: the wish or the devices have changed
	wanted  chan struct{} // 1: the loudspeaker has room
	blocks  chan []byte   // of the microphone
	dropped atomic.Int64  // of them, because nobody took them

	mu   sync.Mutex
	wish Wish
	out  *playback
}

// Open begins. tick and tell are called by one goroutine each; neither may call the desk's Close. A tick's answer goes to Play.
func Open(log *slog.Logger, tick func(Tick), tell func(State)) *Desk {
	d := &Desk{
		log: log, tick: tick, tell: tell, close: make(chan struct{}),
		wishes: make(chan struct{}, 1), wanted: make(chan struct{}, 1), blocks: make(chan []byte, waitingBlocks),
	}
	d.work.Go(d.keep)
	d.work.Go(d.pump)
	return d
}

// Available tells whether there is a sound server here.
func Available() bool {
	s, err := dial(func() {})
	if err != nil {
		return false
	}
	s.close()
	return true
}

// Devices returns the system's microphones and loudspeakers.
func Devices() (microphones, speakers []Device, err error) {
	s, err := dial(func() {})
	if err != nil {
		return nil, nil, err
	}
	defer s.close()
	if microphones, err = s.microphones(); err == nil {
		speakers, err = s.speakers()
	}
	return microphones, speakers, err
}

// Set changes what is to be used.
func (d *Desk) Set(w Wish) {
	d.mu.Lock()
	d.wish = w
	d.mu.Unlock()
	nudge(d.wishes)
}

// Play plays whole frames, what a tick was answered with.
func (d *Desk) Play(frames []byte) {
	d.mu.Lock()
	out := d.out
	d.mu.Unlock()
	if out != nil && len(frames)%Frame == 0 {
		out.write(frames)
	}
}

// Close ends everything and waits for it.
func (d *Desk) Close() {
	close(d.close)
	d.work.Wait()
}

// keep holds a sound server, and dials it again when it is gone.
func (d *Desk) keep() {
	for {
		s, err := dial(func() { nudge(d.wishes) })
		if err != nil {
			d.log.Debug("no_sound_server", slog.Any("error", err))
			d.tell(State{Microphone: MicrophoneMissing})
		} else {
			d.use(s)
			s.close()
		}
		select {
		case <-d.close:
			return
		case <-time.After(againAfter):
		}
	}
}

// use plays and records on a server until it is gone.
func (d *Desk) use(s *server) {
	var in *stream
	var out *playback
	var said State
	defer func() {
		d.mu.Lock()
		d.out = nil
		d.mu.Unlock()
	}()
	retry := time.NewTimer(0)
	defer retry.Stop()
	<-retry.C
	for {
		d.mu.Lock()
		wish := d.wish
		d.mu.Unlock()
		state := State{Microphone: MicrophoneClosed}
		out = d.speaker(s, out, wish)
		if out != nil {
			state.Sound, state.Output = true, out.device.Label
		}
		in, state.Microphone = d.microphone(s, in, wish)
		if in != nil {
			state.Input = in.device.Label
		}
		if state != said {
			said = state
			d.tell(state)
		}
		if out == nil || state.Microphone == MicrophoneBroken {
			retry.Reset(againAfter)
		}
		select {
		case <-d.close:
			return
		case <-s.gone:
			return
		case <-d.wishes:
		case <-retry.C:
		}
	}
}

// speaker returns the loudspeaker of the wish, the one that is open if it still is that.
func (d *Desk) speaker(s *server, open *playback, wish Wish) *playback {
	sinks, err := s.speakers()
	chosen, ok := choose(sinks, wish.Output)
	if err == nil && ok && open != nil && open.plays(chosen) {
		return open
	}
	if open != nil {
		open.stop()
	}
	next, err := s.play(wish.Output, func() { nudge(d.wanted) })
	if err != nil {
		d.log.Warn("no_loudspeaker", slog.Any("error", err))
		next = nil
	}
	d.mu.Lock()
	d.out = next
	d.mu.Unlock()
	return next
}

// microphone returns the one of the wish, the one that is open if it still is that, and what to say of it.
func (d *Desk) microphone(s *server, open *stream, wish Wish) (*stream, string) {
	if !wish.Microphone {
		if open != nil {
			open.stopRecording()
		}
		return nil, MicrophoneClosed
	}
	sources, err := s.microphones()
	chosen, ok := choose(sources, wish.Input)
	if err == nil && ok && open != nil && open.records(chosen) {
		return open, MicrophoneOpen
	}
	if open != nil {
		open.stopRecording()
	}
	if err == nil && !ok {
		return nil, MicrophoneMissing
	}
	next, err := s.record(wish.Input, d.blocksOf())
	switch {
	case errors.Is(err, errNoMicrophone):
		return nil, MicrophoneMissing
	case err != nil:
		d.log.Warn("no_microphone", slog.Any("error", err))
		return nil, MicrophoneBroken
	}
	return next, MicrophoneOpen
}

// blocksOf returns what makes blocks of whatever the server sends.
func (d *Desk) blocksOf() func([]byte) {
	block := make([]byte, 0, blockBytes)
	return func(frames []byte) {
		for len(frames) > 0 {
			n := min(len(frames), blockBytes-len(block))
			block = append(block, frames[:n]...)
			frames = frames[n:]
			if len(block) < blockBytes {
				return
			}
			for {
				select {
				case d.blocks <- block:
				default:
					select {
					case <-d.blocks:
						d.dropped.Add(1)
					default:
					}
					continue
				}
				break
			}
			block = make([]byte, 0, blockBytes)
		}
	}
}

// pump makes the ticks.
func (d *Desk) pump() {
	b := newBalance()
	b.said = func(least int, margin float64, breaks, adjust int) {
		d.log.Debug("loudspeaker", slog.Int("waiting_ms", least*1000/Rate), slog.Int("margin_ms", int(margin)*1000/Rate),
			slog.Int("breaks", breaks), slog.Int("adjust", adjust), slog.Int64("dropped", d.dropped.Load()))
	}
	var heard time.Time
	for {
		var block []byte
		select {
		case <-d.close:
			return
		case block = <-d.blocks:
			heard = time.Now()
		case <-d.wanted:
			if time.Since(heard) < silentFor {
				continue
			}
		}
		d.mu.Lock()
		out := d.out
		d.mu.Unlock()
		if out == nil {
			d.tick(Tick{Microphone: block})
			continue
		}
		waiting, broke := out.state(b.most())
		if block == nil {
			d.fill(waiting)
			continue
		}
		d.tick(Tick{Longer: b.tick(waiting, broke), Microphone: block})
	}
}

// fill asks for as much as the loudspeaker has room for.
func (d *Desk) fill(waiting int) {
	for ; waiting <= (heldBlocks-1)*Block; waiting += Block {
		d.tick(Tick{})
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
