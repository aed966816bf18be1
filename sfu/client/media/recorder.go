package media

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// recorderQueue is how many packets wait for the disk: four seconds of ten talkers. When it is full, packets are
	// dropped, which the recording shows as a gap.
	recorderQueue = 2048
	// rosterQueue is how many changes of the roster wait for the timeline: a join storm of an office.
	rosterQueue = 64
	// recorderTick is how often waiting packets and pages are looked after.
	recorderTick = 100 * time.Millisecond
	// flushEvery bounds what a killed process loses.
	flushEvery = time.Second
	// maxDrift is how far an RTP timeline may be from the wall clock before it is not believed, in samples: 2 s. A
	// stalled Wi-Fi delivers later than that only what nobody heard.
	maxDrift = 2 * ClockRate
	// maxJitter is how far the first packet of a talk spurt may be from where the RTP timeline puts it, in samples:
	// 100 ms. Beyond it the wall clock is right.
	maxJitter = ClockRate / 10
	// spurtGap is the silence after which a talk spurt begins, in samples: 200 ms.
	spurtGap = ClockRate / 5
)

// RecorderConfig is what a Recorder is made with.
type RecorderConfig struct {
	// Dir is where the files go; it is created. No existing file is ever overwritten.
	Dir string
	// Seating tells whose voice a seat carries.
	Seating *Seating
	// Room is the room's name, for the timeline.
	Room string
	// Logger gets counts at debug level; nil is silent.
	Logger *slog.Logger
}

// A Recorder writes every talker to a file of its own, DIR/NAME-ID.ogg, and who spoke when to DIR/timeline.json
// (docs/RECORDING.md). All files begin at the same moment: that of NewRecorder. Silence and loss keep their length, so the files laid over each other are the conversation.
//
// Inside a talk spurt a packet goes where its RTP timestamp puts it; at the beginning of one, and when a talker moves
// to another seat, where the wall clock does.
//
// Its methods are safe for concurrent use. The first failure to write (a full disk) ends all recording; Done and Err tell.
type Recorder struct {
	config  RecorderConfig
	start   time.Time
	queue   chan packet
	rosters chan roster
	dropped atomic.Int64 // packets that found the queue full

	stopOnce sync.Once
	stop     chan struct{}
	done     chan struct{}

	// Belongs to run until done is closed.
	seats    map[int]*seatRun
	files    map[string]*talkerFile // by talker id
	timeline *timeline
	flushed  time.Time // the timeline was
	err      error
}

// roster is who is in the room at a moment.
type roster struct {
	room signal.Snapshot
	at   time.Time
}

// packet is what the recorder keeps of an RTP packet.
type packet struct {
	seat     int
	talker   Talker // "" id: the news of who took the seat is still on its way
	at       time.Time
	sequence uint16
	extended int64 // sequence over its wraps, set by reorder
	rtp      uint32
	marker   bool
	payload  []byte
}

// seatRun is where a seat's RTP timeline is on the recording's.
type seatRun struct {
	order   reorder
	talker  string // id; "" before the first
	rtp     uint32 // of the last packet
	at      int64  // its place, in samples since the recording's start
	samples int64  // its length
}

// NewRecorder starts a recording. It returns an error when the directory cannot be made or written to. Close it.
func NewRecorder(config RecorderConfig) (*Recorder, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(config.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	start := time.Now()
	timeline, err := newTimeline(config.Dir, config.Room, start)
	if err != nil {
		return nil, err
	}
	r := &Recorder{
		config:   config,
		start:    start,
		queue:    make(chan packet, recorderQueue),
		rosters:  make(chan roster, rosterQueue),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
		seats:    make(map[int]*seatRun),
		files:    make(map[string]*talkerFile),
		timeline: timeline,
		flushed:  start,
	}
	go r.run()
	return r, nil
}

// Packet records a packet of a seat. It copies what it needs and never waits.
func (r *Recorder) Packet(seat int, p *rtp.Packet) {
	talker, _ := r.config.Seating.At(seat)
	select {
	case <-r.done:
	case r.queue <- packet{
		seat: seat, talker: talker, at: time.Now(),
		sequence: p.SequenceNumber, rtp: p.Timestamp, marker: p.Marker, payload: bytes.Clone(p.Payload),
	}:
	default:
		r.dropped.Add(1)
	}
}

// RosterIs notes for the timeline who is in the room. It never waits: when the disk is slow, the oldest news goes.
func (r *Recorder) RosterIs(room signal.Snapshot) {
	next := roster{room.Clone(), time.Now()}
	for {
		select {
		case <-r.done:
			return
		case r.rosters <- next:
			return
		default:
		}
		select {
		case <-r.rosters:
		default:
		}
	}
}

// Done is closed when the recording has ended: after Close, or when it could not go on.
func (r *Recorder) Done() <-chan struct{} { return r.done }

// Err returns, after Done, why the recording ended early; nil when it did not.
func (r *Recorder) Err() error {
	select {
	case <-r.done:
		return r.err
	default:
		return nil
	}
}

// Close finishes the files and returns the error that ended the recording, if one did. It is idempotent.
func (r *Recorder) Close() error {
	r.stopOnce.Do(func() { close(r.stop) })
	<-r.done
	return r.err
}

// Files returns, after Done, how many files were written.
func (r *Recorder) Files() int {
	<-r.done
	return len(r.files)
}

// run is the one goroutine that writes.
func (r *Recorder) run() {
	defer close(r.done)
	tick := time.NewTicker(recorderTick)
	defer tick.Stop()
	for r.err == nil {
		select {
		case p := <-r.queue:
			r.take(p)
		case now := <-tick.C:
			r.settle(now)
			for _, f := range r.files {
				r.note(f.flush(now))
			}
			r.settleTimeline(now)
		case now := <-r.rosters:
			r.timeline.rosterIs(now.room, now.at)
		case <-r.stop:
			r.finish()
			return
		}
	}
	r.finish()
}

// note keeps the first error.
func (r *Recorder) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

// finish writes what is queued and waiting, and closes every file.
func (r *Recorder) finish() {
	for len(r.queue) > 0 && r.err == nil {
		r.take(<-r.queue)
	}
	r.settle(time.Now().Add(time.Hour)) // nothing has to wait for its turn any more
	for _, f := range r.files {
		r.note(f.close())
	}
	for len(r.rosters) > 0 {
		now := <-r.rosters
		r.timeline.rosterIs(now.room, now.at)
	}
	r.note(r.timeline.close(time.Now(), r.dropped.Load(), r.err))
	if n := r.dropped.Load(); n > 0 {
		r.config.Logger.Debug("recording dropped packets", slog.Int64("packets", n))
	}
}

func (r *Recorder) take(p packet) {
	seat := r.seats[p.seat]
	if seat == nil {
		seat = &seatRun{order: reorder{wait: recordedFor}}
		r.seats[p.seat] = seat
	}
	for _, held := range seat.order.push(p) {
		r.write(seat, held)
	}
	r.drain(seat, p.at)
}

// settle writes the packets that have waited long enough.
func (r *Recorder) settle(now time.Time) {
	for _, seat := range r.seats {
		r.drain(seat, now)
	}
}

func (r *Recorder) drain(seat *seatRun, now time.Time) {
	for p, ok := seat.order.pop(now); ok; p, ok = seat.order.pop(now) {
		r.write(seat, p)
	}
}

// write puts a packet into its talker's file, unless there is no talker or nothing that decodes.
func (r *Recorder) write(seat *seatRun, p packet) {
	if p.talker.ID == "" {
		var ok bool
		if p.talker, ok = r.config.Seating.At(p.seat); !ok {
			return
		}
	}
	samples, err := packetSamples(p.payload)
	if err != nil || r.err != nil {
		return
	}
	file := r.files[p.talker.ID]
	if file == nil {
		if file, err = newTalkerFile(r.config.Dir, p.talker, p.at); err != nil {
			r.note(err)
			return
		}
		r.files[p.talker.ID] = file
		r.timeline.fileIs(p.talker, file.file.Name(), p.at)
	}
	at, believed := seat.place(p, r.samplesAt(p.at), int64(samples))
	switch ahead := file.end - at; {
	case ahead <= 0:
	case believed, file.end-r.samplesAt(p.at) > maxDrift:
		return // it would lie over what is written, or run away from the clock
	default:
		at = file.end
	}
	seat.at = at
	r.note(file.write(p.payload, at, int64(samples)))
	if IsSpeech(p.payload) {
		r.timeline.spoke(p.talker.ID, at, int64(samples))
	}
}

// settleTimeline writes what the timeline has to say, as often as the files are.
func (r *Recorder) settleTimeline(now time.Time) {
	r.timeline.settle(r.samplesAt(now))
	if now.Sub(r.flushed) >= flushEvery {
		r.flushed = now
		r.note(r.timeline.flush())
	}
}

// samplesAt returns a moment's place in the recording, on the grid of 20 ms that keeps gaps cheap to write.
func (r *Recorder) samplesAt(t time.Time) int64 {
	return max(0, int64(t.Sub(r.start)/FrameDuration)*frameSamples)
}

// place returns where a packet belongs, given where the wall clock puts it, and whether its RTP timestamp said so.
func (s *seatRun) place(p packet, wall, samples int64) (at int64, believed bool) {
	delta := int64(int32(p.rtp - s.rtp)) //nolint:gosec // the distance on a 32-bit circle
	at = s.at + delta
	off := at - wall
	spurt := p.marker || delta-s.samples >= spurtGap
	believed = s.talker == p.talker.ID && off <= maxDrift && off >= -maxDrift &&
		(!spurt || off <= maxJitter && off >= -maxJitter)
	if !believed {
		at = wall
	}
	s.talker, s.rtp, s.at, s.samples = p.talker.ID, p.rtp, at, samples
	return at, believed
}
