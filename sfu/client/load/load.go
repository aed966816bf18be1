package load

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Config is what a load is made of.
type Config struct {
	Entrance     Entrance
	Address      string // host:port of the room, to choose the local address that reaches it
	Participants int    // at least 1
	Talkers      int    // of them, 0 to all
	For          time.Duration
	Pattern      Pattern // Always by default
	Silence      Silence // DTX by default
	Decrypt      int     // how many check every packet's content
	AtOnce       int     // how many join at the same time: 8 by default
	JoinRate     float64 // joins started a second; 0 is no limit
	HostPID      int     // the host's process; 0 is unknown
	Logger       *slog.Logger
	// Progress is told once a second how it goes. It must not block.
	Progress func(Progress)

	drops func(number int, d direction, packet []byte) bool // of a test: packets that the network loses
}

// Progress is how it goes.
type Progress struct {
	Inside      int           // participants whose media stands
	Measured    time.Duration // of the time that is measured; 0 while they come in
	SentPerS    float64       // packets, in the last second
	ArrivedPerS float64
	Lost        int64 // so far
	Gone        int   // participants that were lost
}

// Result is what was measured. Counts are of packets in the measured time, which begins when everybody is inside.
type Result struct {
	Participants, Talkers int
	Seconds               float64 // measured
	Sent                  int64   // by all participants
	Received              int64   // by all participants, each packet once
	Lost                  int64   // that a listener should have received and did not
	OutOfOrder            int64   // that came after one with a higher number
	Duplicates            int64   // second copies
	Checked               int64   // of those received, whose content was checked
	Gone                  int     // participants that were lost on the way

	JoinsPerSecond         float64
	Joins                  int           // that found somebody talking: what JoinP50 and JoinP99 are taken from
	JoinP50, JoinP99       time.Duration // start of join to the first packet of somebody else
	WelcomeP50, WelcomeP99 time.Duration // start of join to the welcome
	DelayP50, DelayP99     time.Duration // sending to arrival, through the host
	Delays                 uint64        // packets that these were measured on

	HostKnown      bool
	HostCPU        time.Duration // in the measured time
	HostJoinCPU    time.Duration // from before the first join until everybody was inside
	HostMemory     int64         // resident at the end, in bytes
	HostMemoryGrew int64         // since before the first join
}

// settle is how long everybody is inside before measuring begins: what a join set going has come to rest.
const settle = time.Second

// drainFor is how long after the last packet late ones are waited for and judged.
const drainFor = (2*lookGrace + 4) * lookEvery

// Run joins, talks and measures until the time is over or ctx is done; then what was measured so far is the result. An
// error is why the participants could not come in: a *signal.Problem, or what the machine says.
func Run(ctx context.Context, c Config) (Result, error) {
	c.Pattern, c.Silence = cmp.Or(c.Pattern, Always), cmp.Or(c.Silence, DTX)
	c.AtOnce = cmp.Or(c.AtOnce, 8)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	peers, err := newPeerConfig(c.Entrance, c.Address, c.Logger)
	if err != nil {
		return Result{}, err
	}
	peers.drops = c.drops
	r := &run{
		Config: c, id: rand.Uint32(), result: Result{Participants: c.Participants, Talkers: c.Talkers},
		peers: peers,
	}
	return r.run(ctx)
}

// run is one load.
type run struct {
	Config
	id     uint32
	peers  peerConfig
	result Result
	joined joins

	mu       sync.Mutex
	inside   []*member
	delays   histogram
	checked  int64
	measures bool // delays count
}

// member is a participant that is inside.
type member struct {
	*Peer
	visit Visit
	told  bool // that it is gone
}

// tally is what came to sockets.
type tally struct{ received, lost, reordered, duplicates int64 }

func (t tally) minus(o tally) tally {
	return tally{t.received - o.received, t.lost - o.lost, t.reordered - o.reordered, t.duplicates - o.duplicates}
}

func (r *run) run(ctx context.Context) (Result, error) {
	empty, err := usageOf(r.HostPID)
	r.result.HostKnown = err == nil
	speaking, hush := context.WithCancel(context.WithoutCancel(ctx))
	looking, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work, talk sync.WaitGroup
	talk.Go(func() { r.speak(speaking) })
	work.Go(func() { r.look(looking) })
	defer func() {
		hush()
		talk.Wait()
		stop()
		work.Wait()
		r.leave()
	}()

	began := time.Now()
	if err := r.fill(ctx); err != nil {
		return r.result, err
	}
	r.result.JoinsPerSecond = float64(r.Participants) / time.Since(began).Seconds()
	filled, _ := usageOf(r.HostPID)
	r.result.HostJoinCPU = filled.cpu - empty.cpu
	wait(ctx, settle)

	start, at := r.count(), time.Now()
	before, _ := usageOf(r.HostPID)
	r.measure(true)
	r.watch(ctx, start, at)
	r.measure(false)
	after, err := usageOf(r.HostPID)
	r.result.HostKnown = r.result.HostKnown && err == nil
	r.result.Seconds = time.Since(at).Seconds()
	r.result.HostCPU, r.result.HostMemory, r.result.HostMemoryGrew = after.cpu-before.cpu, after.memory, after.memory-empty.memory
	hush()
	talk.Wait()
	wait(context.WithoutCancel(ctx), drainFor)
	r.total(start)
	return r.result, nil
}

// watch tells the progress until the time is over, ctx is done or nobody is left.
func (r *run) watch(ctx context.Context, start sums, at time.Time) {
	over := time.NewTimer(r.For)
	defer over.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, lastAt := start, at
	for {
		select {
		case <-ctx.Done():
			return
		case <-over.C:
			return
		case now := <-tick.C:
			next := r.count()
			seconds := now.Sub(lastAt).Seconds()
			r.Progress(Progress{
				Inside: next.inside, Measured: now.Sub(at), Gone: next.gone, Lost: next.lost() - start.lost(),
				SentPerS:    float64(next.sent-last.sent) / seconds,
				ArrivedPerS: float64(next.tally.received-last.tally.received) / seconds,
			})
			if last, lastAt = next, now; next.gone == next.inside {
				return
			}
		}
	}
}

// sums are all counts so far.
type sums struct {
	inside, gone int
	sent         int64
	tally        tally
	counted      int64 // lost by the sequence numbers of those who do not decrypt
	missed       int64 // lost by the stamps for those who do
}

func (s sums) lost() int64 { return s.counted + s.missed }

func (r *run) count() (s sums) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.inside {
		s.inside++
		if m.isGone() {
			s.gone++
			if !m.told {
				m.told = true
				r.Logger.Warn("participant_gone", "number", m.number, "why", m.why())
			}
		}
		s.sent += m.sent.Load()
		t := m.tally()
		s.tally.received += t.received
		s.tally.reordered += t.reordered
		s.tally.duplicates += t.duplicates
		if !m.decrypt {
			s.counted += t.lost
		}
		s.missed += m.missed()
	}
	return s
}

func (m *member) isGone() bool {
	select {
	case <-m.lost:
		return true
	case <-m.visit.Gone():
		return true
	default:
		return false
	}
}

// why says what became of one who is gone.
func (m *member) why() string {
	select {
	case <-m.lost:
		return "media " + m.PC.ConnectionState().String()
	default:
	}
	if problem := m.visit.Problem(); problem != nil {
		return "signal " + problem.Error()
	}
	return "signal ended"
}

// total fills in the counts since start.
func (r *run) total(start sums) {
	end := r.count()
	t := end.tally.minus(start.tally)
	r.result.Sent, r.result.Received = end.sent-start.sent, t.received
	r.result.Lost = max(0, end.lost()-start.lost())
	r.result.OutOfOrder, r.result.Duplicates, r.result.Gone = t.reordered, t.duplicates, end.gone
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Checked = r.checked
	r.result.Delays, r.result.DelayP50, r.result.DelayP99 = r.delays.count, r.delays.quantile(0.5), r.delays.quantile(0.99)
	r.joined.into(&r.result)
}

func (r *run) measure(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.measures = on
}

// hear takes a packet whose content was checked, on the listener's goroutine.
func (r *run) hear(p *Peer, _ int, s stamp, at int64) {
	if s.run != r.id || int(s.talker) >= r.Participants {
		return
	}
	p.mu.Lock()
	p.due[s.talker].heard.add(s.seq)
	p.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if at != 0 && r.measures {
		r.delays.add(time.Duration(at - s.sent))
		r.checked++
	}
}

// look judges twice a grace later what everybody should have heard.
func (r *run) look(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.lookOnce()
		}
	}
}

func (r *run) lookOnce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.inside) == 0 {
		return
	}
	var seated map[int]bool
	for _, m := range r.inside {
		if !m.isGone() && m.Follow != nil {
			seated = m.visit.Seated()
			break
		}
	}
	for _, listener := range r.inside {
		if !listener.decrypt {
			continue
		}
		for _, talker := range r.inside {
			if talker != listener {
				held := (seated == nil || seated[talker.number]) && !listener.isGone() && !talker.isGone()
				listener.look(talker.number, talker.nextStamp.Load(), held)
			}
		}
	}
}

// leave lets everybody go.
func (r *run) leave() {
	r.mu.Lock()
	all := r.inside
	r.inside = nil
	r.mu.Unlock()
	var leaving sync.WaitGroup
	gate := make(chan struct{}, r.AtOnce)
	for _, m := range all {
		gate <- struct{}{}
		leaving.Go(func() {
			m.visit.Leave()
			m.close()
			<-gate
		})
	}
	leaving.Wait()
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

var errMediaLost = errors.New("the media connection could not be made. Allow UDP on the room's port in the host's firewall")
