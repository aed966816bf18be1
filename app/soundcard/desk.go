package soundcard

import (
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
	// waitingBlocks of the microphone may wait to be given out; then the oldest goes.
	waitingBlocks = 8
	// openBlocks may wait for answers, and two ticks at least; what comes until there is one is left out: whoever stands still for
	// longer than these 80 ms, as a page does while it compiles, is not late ever after.
	openBlocks = 8
)

// Wish is which devices are to be used, by Device.Name; "" is the system's, as is one that is not there.
type Wish struct {
	Microphone bool // whether it is to be open
	Played     bool // whether ticks bring what the loudspeaker played too
	Input      string
	Output     string
}

// State is what has become of a wish.
type State struct {
	Sound      bool   // whether anything can be played
	Microphone string // MicrophoneOpen and so on
	Input      string // the label of the open microphone
	Output     string // the label of the loudspeaker
	Muted      bool   // the system keeps the open microphone silent
}

// Tick is some blocks of 10 ms, as many as Page.Pace said.
type Tick struct {
	Blocks     int
	Longer     int    // by how many samples what is played is to be longer than Blocks
	LeftOut    int    // blocks of the microphone that came since the last tick, and that the page had no time for
	Microphone []byte // Block frames of each, or none; valid during the call
	Played     []byte // Block samples of each that the loudspeaker played meanwhile, of all programs, or none: what may be heard as an echo
}

// Page is whoever uses a desk. Pace and Tick are called by one goroutine, Tell by one; neither may call the desk's Close.
type Page struct {
	Pace func() int // of how many blocks, one at least, the next tick is
	Tick func(Tick) // is answered by Play, each tick once
	Tell func(State)
}

// Desk is a microphone and a loudspeaker in use by one page.
type Desk struct {
	log   *slog.Logger
	page  Page
	close chan struct{}
	work  sync.WaitGroup

	wishes  chan struct{} // 1: the wish or the devices have changed
	wanted  chan struct{} // 1: the loudspeaker has room
	blocks  chan pair     // of the microphone, and what was played
	leftOut atomic.Int64  // of them, because nobody took them
	open    atomic.Int64  // ticks that are not answered

	mu   sync.Mutex
	wish Wish
	said bool // that state was told since the wish
	out  *playback
}

// Open begins.
func Open(log *slog.Logger, page Page) *Desk {
	d := &Desk{
		log: log, page: page, close: make(chan struct{}),
		wishes: make(chan struct{}, 1), wanted: make(chan struct{}, 1), blocks: make(chan pair, waitingBlocks),
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

// Set changes what is to be used. What has become of it is told, also when nothing has changed.
func (d *Desk) Set(w Wish) {
	d.mu.Lock()
	d.wish, d.said = w, false
	d.mu.Unlock()
	nudge(d.wishes)
}

// Play plays whole frames, what a tick was answered with.
func (d *Desk) Play(frames []byte) {
	if d.open.Add(-1) < 0 {
		d.open.Store(0) // nobody was asked
	}
	d.mu.Lock()
	out := d.out
	d.mu.Unlock()
	if out != nil && len(frames) > 0 && len(frames)%Frame == 0 { // PulseAudio ends a connection that sends nothing
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
			d.page.Tell(State{Microphone: MicrophoneMissing})
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
	var in, played *stream
	var out *playback
	pairs := &pairing{out: d.take}
	begun := time.Now()
	spoken := func(frames []byte) { pairs.speak(frames, time.Since(begun)) }
	heard := func(samples []byte) { pairs.play(samples, time.Since(begun)) }
	var last State
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
		wish, said := d.wish, d.said
		d.said = true
		d.mu.Unlock()
		state := State{Microphone: MicrophoneClosed}
		out = d.speaker(s, out, wish)
		if out != nil {
			state.Sound, state.Output = true, out.device.Label
		}
		before := in
		in, state.Microphone = d.microphone(s, in, wish, spoken)
		if in != before {
			s.locked(pairs.forget)
		}
		if in != nil {
			state.Input, state.Muted = in.device.Label, in.device.Muted
		}
		if state != last || !said {
			last = state
			d.page.Tell(state)
		}
		if next := d.reference(s, played, in != nil && wish.Played, out, heard); next != played {
			played = next
			s.locked(pairs.forget)
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
func (d *Desk) microphone(s *server, open *stream, wish Wish, take func([]byte)) (*stream, string) {
	if !wish.Microphone {
		if open != nil {
			open.stopRecording()
		}
		return nil, MicrophoneClosed
	}
	sources, err := s.microphones()
	chosen, ok := choose(sources, wish.Input)
	if err == nil && ok && open != nil && open.records(chosen) {
		open.device = chosen // it may be muted now
		return open, MicrophoneOpen
	}
	if open != nil {
		open.stopRecording()
	}
	if err == nil && !ok {
		return nil, MicrophoneMissing
	}
	var next *stream
	if err == nil {
		next, err = s.record(chosen, take)
	}
	if err != nil {
		d.log.Warn("no_microphone", slog.Any("error", err))
		return nil, MicrophoneBroken
	}
	return next, MicrophoneOpen
}

// reference records what the loudspeaker plays while that is wanted: the same as before while it still is. What is recorded is what was
// really played, when it was, and what other programs play too.
func (d *Desk) reference(s *server, open *stream, wanted bool, out *playback, take func([]byte)) *stream {
	var monitor Device
	if wanted && out != nil {
		monitor.Name = out.device.Monitor
	}
	if open != nil && monitor.Name != "" && open.records(monitor) {
		return open
	}
	if open != nil {
		open.stopRecording()
	}
	if monitor.Name == "" {
		return nil
	}
	next, err := s.recordPlayed(monitor, take)
	if err != nil {
		d.log.Warn("no_reference", slog.Any("error", err))
		return nil
	}
	return next
}

// take puts a block where the pump finds it. The oldest goes when nobody takes them.
func (d *Desk) take(block pair) {
	for {
		select {
		case d.blocks <- block:
			return
		default:
		}
		select {
		case <-d.blocks:
			d.leftOut.Add(1)
		default:
		}
	}
}

// pump makes the ticks.
func (d *Desk) pump() {
	b := newBalance()
	b.said = func(least int, margin float64, breaks, adjust int) {
		d.log.Debug("loudspeaker", slog.Int("waiting_ms", least*1000/Rate), slog.Int("margin_ms", int(margin)*1000/Rate),
			slog.Int("breaks", breaks), slog.Int("adjust", adjust))
	}
	var heard time.Time
	var spoken Tick // what has come of the next
	for {
		select {
		case <-d.close:
			return
		case block := <-d.blocks:
			heard = time.Now()
			spoken.add(block)
		case <-d.wanted:
			if time.Since(heard) >= silentFor {
				spoken = Tick{}
				d.fill(b)
			}
			continue
		}
		if spoken.Blocks < d.page.Pace() {
			continue
		}
		if waiting, broke, ok := d.waiting(b); ok {
			spoken.Longer = b.tick(waiting, broke, spoken.Blocks)
		}
		d.give(spoken)
		spoken = Tick{Microphone: spoken.Microphone[:0], Played: spoken.Played[:0]}
	}
}

// add puts a block of the microphone to a tick.
func (t *Tick) add(block pair) {
	t.Blocks++
	t.Microphone = append(t.Microphone, block.spoken...)
	t.Played = append(t.Played, block.played...)
}

// give asks a page that keeps up; of one that does not the microphone's blocks are left out.
func (d *Desk) give(t Tick) {
	if d.open.Load() >= int64(max(2, openBlocks/t.Blocks)) {
		if len(t.Microphone) > 0 {
			d.leftOut.Add(int64(t.Blocks))
		}
		return
	}
	if len(t.Played) < t.Blocks*Block*sampleBytes {
		t.Played = nil // not known all the time
	}
	t.LeftOut = int(d.leftOut.Swap(0))
	d.open.Add(1)
	d.page.Tick(t)
}

// waiting is what the loudspeaker holds, in frames, and whether it had none meanwhile; not ok without one.
func (d *Desk) waiting(b *balance) (frames int, broke, ok bool) {
	d.mu.Lock()
	out := d.out
	d.mu.Unlock()
	if out == nil {
		return 0, false, false
	}
	frames, broke = out.state(b.most())
	return frames, broke, true
}

// fill asks for as much as the loudspeaker has room for.
func (d *Desk) fill(b *balance) {
	waiting, _, ok := d.waiting(b)
	for ok && waiting <= (heldBlocks-1)*Block {
		blocks := d.page.Pace()
		d.give(Tick{Blocks: blocks})
		waiting += blocks * Block
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
