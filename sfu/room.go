package sfu

import (
	"crypto/rand"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/earshot/earshot/sfu/signal"
)

const (
	// stageTick is how often levels are read and seats assigned while nobody new speaks.
	stageTick = 50 * time.Millisecond
	// stageGap is the least time between two runs of the stage: a microphone that speaks up without a seat is heard
	// at once, and any number of them cost no more than 100 runs a second.
	stageGap = 10 * time.Millisecond
)

// participant is one entry of the roster. Its fields belong to the room's goroutine, but for peer, which is set before
// the join and never changes, and whose methods say who may call them.
type participant struct {
	entry   signal.Participant
	token   string
	key     string     // as in entry; never changes
	from    netip.Addr // of its join, as source has it
	peer    *peer
	voice   *voice
	conn    *conn       // nil while reconnecting
	expiry  *time.Timer // runs while reconnecting
	loudest int         // since the last levels message, dBov
	meter   meter       // of the link
	doubled bool        // was asked to send each frame twice
	says    *rate.Limiter
	updates *rate.Limiter // that everybody is told of
	untold  bool          // its latest updates are still to be told
	tape    *peer         // by which it records; nil while it does not, or in its own way
	// silenced is how a moderator muted it, if one did.
	silenced signal.Silenced
	received received
}

// tell sends it a message, if it can be reached.
func (p *participant) tell(m signal.Message) {
	if p.conn != nil {
		p.conn.send(m)
	}
}

// room is the roster, the seats and the revision. Everything below "owned" belongs to the goroutine of run.
type room struct {
	cfg   Config
	log   *slog.Logger
	id    string
	seats []*seat
	facts atomic.Pointer[signal.RoomFacts]
	// lastRules are the rules, for others to read.
	lastRules atomic.Pointer[Rules]
	peers     atomic.Pointer[[]*peer] // of the roster, for the tender
	epoch     time.Time               // zero of the media clock
	tasks     chan func()
	// stirred receives when somebody without a seat speaks; of size 1.
	stirred chan struct{}
	done    chan struct{}
	files   *files

	// owned
	rev       uint64
	rules     Rules
	entrance  entrance
	roster    []*participant // in order of joining
	stage     *stage
	ticks     int
	wasLoud   bool // the last levels message named somebody
	ended     bool
	departing sync.WaitGroup // peer connections that are being closed
	departed  Media          // counted of those who left
	seated    []string       // the stage's seats as last told
	linked    []string       // and as the media path has them
	switches  uint64         // of seats to another holder
	chat      chat
	hands     int         // that were ever raised
	shares    []*offering // in order of coming
	passing   int         // deliveries whose turn it is
}

func newRoom(cfg Config, epoch time.Time) *room {
	id := strings.ToLower(rand.Text()[:10])
	r := &room{
		cfg: cfg, log: cfg.Logger.With("room", id), id: id,
		seats: make([]*seat, cfg.Seats), stage: newStage(cfg.Seats), linked: make([]string, cfg.Seats),
		epoch: epoch, tasks: make(chan func()), stirred: make(chan struct{}, 1), done: make(chan struct{}),
		rules: cfg.Rules, files: cfg.newFiles(),
	}
	r.peers.Store(new([]*peer))
	for i := range r.seats {
		r.seats[i] = new(seat)
		r.seats[i].subscribers.Store(new([]*downlink))
	}
	r.rules.Version = RulesVersion
	begin := r.rules
	r.lastRules.Store(&begin)
	r.publishFacts()
	return r
}

// run owns the room until end.
func (r *room) run() {
	tick := time.NewTicker(stageTick)
	defer tick.Stop()
	measure := time.NewTicker(r.cfg.LinksEvery)
	defer measure.Stop()
	settled := time.NewTimer(0) // fires when the stage may run again
	defer settled.Stop()
	var stirred <-chan struct{} // nil until then
	for !r.ended {
		select {
		case task := <-r.tasks:
			task()
		case <-tick.C:
			r.listen(time.Now())
			r.tellLate()
			if r.ticks++; r.ticks%levelsEvery(len(r.roster)) == 0 {
				r.reportLevels()
			}
		case <-stirred:
			r.listen(time.Now())
			stirred = nil
			settled.Reset(stageGap)
		case <-settled.C:
			stirred = r.stirred
		case now := <-measure.C:
			r.measure(now)
		}
	}
	r.closeEntrance()
	close(r.done)
	r.departing.Wait()
}

// do runs f on the room's goroutine and waits for it. It reports false when the room has ended.
func (r *room) do(f func()) bool {
	ran := make(chan struct{})
	select {
	case r.tasks <- func() { f(); close(ran) }:
		<-ran
		return true
	case <-r.done:
		return false
	}
}

// join takes the participant into the roster, tells everybody and welcomes it. admitted: somebody inside has let it in; returns: a guest's token by
// which that was done before, or "". Errors: CodeRoomFull, CodeRoomEnded, CodeExpired, those of Rules.admit.
func (r *room) join(p *participant, answer string, admitted bool, returns string) error {
	problem := signal.Problemf(signal.CodeRoomEnded, "")
	r.do(func() {
		if returns != "" {
			if err := r.returned(p, returns); err != nil {
				problem = signal.AsProblem(err)
				return
			}
			admitted = true
		}
		// The rules may have changed since it came to the door.
		if _, err := r.admit(p.entry, admitted); err != nil {
			problem = signal.AsProblem(err)
			return
		}
		problem = nil
		delete(r.entrance.guests, returns) // a token is good once
		p.entry.ID = newID()
		p.entry.Moderator = r.rules.appointed(p.entry.Key)
		if b, ok := r.rules.muted(p.entry.Key); ok {
			p.entry.Silenced, p.silenced = true, signal.Silenced{On: true, By: b.By, Reason: b.Reason}
		}
		p.peer.uplink.barred.Store(p.entry.Silenced)
		p.token = rand.Text() + rand.Text()
		p.loudest = silence
		r.roster = append(r.roster, p)
		p.voice = r.stage.add(p.entry.ID)
		if p.quiet() {
			r.stage.mute(p.voice, true, time.Now())
		}
		r.change(&signal.Joined{Rev: r.rev + 1, Participant: p.entry}, p)
		r.reseat(p, time.Now())
		r.link(p, false)
		p.conn.send(&signal.Welcome{You: p.entry.ID, Resume: p.token, Answer: answer, Room: r.snapshot()})
		r.tellLinks(p.conn)
		r.tellChat(p.conn, 0, true)
		r.tellModeration(p)
		r.log.Info("participant_joined", "participant", p.entry.ID)
	})
	if problem != nil {
		return problem
	}
	return nil
}

// resume puts a connection, which has the chat up to a number, in the place of the participant's earlier one: a token is good with the key of its join alone.
// Errors: CodeExpired, CodeRoomEnded.
func (r *room) resume(token string, chat uint64, c *conn) (*participant, error) {
	problem := signal.Problemf(signal.CodeRoomEnded, "")
	var p *participant
	r.do(func() {
		i := slices.IndexFunc(r.roster, func(p *participant) bool { return p.token == token && p.entry.Key == c.key && p.entry.Guest == c.guest })
		if i < 0 {
			problem = signal.Problemf(signal.CodeExpired, "")
			return
		}
		p, problem = r.roster[i], nil
		if p.conn != nil {
			p.conn.bye(signal.Problemf(signal.CodeReplaced, ""))
		}
		p.conn = c
		if p.expiry != nil {
			p.expiry.Stop()
		}
		if p.entry.Reconnecting {
			p.entry.Reconnecting = false
			r.tellOf(p, p)
		}
		c.send(&signal.Welcome{You: p.entry.ID, Resume: token, Room: r.snapshot()})
		r.tellLinks(c)
		r.tellChat(c, chat, false)
		c.send(&signal.Protect{On: p.doubled}) // it may have missed a change
		c.send(&signal.Received{On: p.received.told})
		r.tellModeration(p)
		r.tellFiles(p)
		r.log.Info("participant_resumed", "participant", p.entry.ID)
	})
	if problem != nil {
		return nil, problem
	}
	return p, nil
}

// dropped notes that a participant's connection ended without leave, and why: its place is kept for ResumeWithin.
func (r *room) dropped(p *participant, c *conn, why string) {
	r.do(func() {
		if p.conn != c || !slices.Contains(r.roster, p) {
			return // resumed on another connection, or left
		}
		p.conn = nil
		p.entry.Reconnecting = true
		p.expiry = time.AfterFunc(r.cfg.ResumeWithin, func() { r.expire(p) })
		r.tellOf(p, nil)
		r.log.Info("participant_reconnecting", "participant", p.entry.ID, "why", why)
	})
}

func (r *room) expire(p *participant) {
	r.do(func() {
		if p.conn == nil {
			r.remove(p, &signal.Problem{Code: signal.CodeLost})
		}
	})
}

// left takes a participant out of the room.
func (r *room) left(p *participant, code signal.Code) {
	r.do(func() { r.remove(p, &signal.Problem{Code: code}) })
}

// quiet reports that nothing of p is forwarded, by its own wish or another's.
func (p *participant) quiet() bool { return p.entry.Muted || p.entry.Silenced }

// report takes over what a participant's receiver measured.
func (r *room) report(p *participant, m signal.Report) {
	r.do(func() { p.meter.heard(m, time.Now()) })
}

// sync sends the whole state on a connection.
func (r *room) sync(c *conn) { r.do(func() { c.send(&signal.Resync{Room: r.snapshot()}) }) }

// end says bye to everybody and stops the room's goroutine once their peer connections are closed.
func (r *room) end() {
	r.do(func() {
		for _, p := range slices.Clone(r.roster) {
			r.remove(p, &signal.Problem{Code: signal.CodeRoomEnded})
		}
		r.ended = true
	})
}

// remove takes p off the roster, its seat and its connections, and says why. It is owned, like all below.
func (r *room) remove(p *participant, why *signal.Problem) {
	i := slices.Index(r.roster, p)
	if i < 0 {
		return
	}
	r.roster = slices.Delete(r.roster, i, i+1)
	if p.expiry != nil {
		p.expiry.Stop()
	}
	r.departed.add(p.peer.stats().media())
	r.stage.remove(p.voice)
	if p.conn != nil {
		p.conn.bye(why)
		p.conn = nil
	}
	if p.entry.Guest {
		r.mayReturnGuest(p, why.Code, time.Now())
	} else {
		r.mayReturn(p.entry.Key, why.Code, time.Now())
	}
	r.change(&signal.Left{Rev: r.rev + 1, ID: p.entry.ID, Code: why.Code}, nil)
	r.reseat(nil, time.Now())
	r.link(nil, true)
	r.dropTape(p)
	r.dropFiles(p)
	r.departing.Go(p.peer.close) // takes a DTLS alert's time; the room does not wait
	r.log.Info("participant_left", "participant", p.entry.ID, "code", string(why.Code))
}

// change moves the room to the change's revision and tells everybody but the one who learns it by its welcome.
func (r *room) change(c signal.Change, but *participant) {
	r.rev = c.Revision()
	r.publishFacts()
	r.broadcast(c, but)
	r.cfg.Observe(c)
}

func (r *room) broadcast(m signal.Message, but *participant) {
	b, err := signal.Encode(m)
	_, stale := m.(*signal.Levels)
	if err != nil {
		r.log.Error("message_not_encoded", "error", err)
		return
	}
	for _, p := range r.roster {
		if p != but && p.conn != nil {
			p.conn.enqueue(outgoing{data: b, stale: stale})
		}
	}
}

func (r *room) snapshot() signal.Snapshot {
	entries := make([]signal.Participant, len(r.roster))
	for i, p := range r.roster {
		entries[i] = p.entry
	}
	return signal.Snapshot{Rev: r.rev, Facts: *r.facts.Load(), Rules: r.rules.Rules, Participants: entries, Seats: slices.Clone(r.stage.seats)}
}

func (r *room) publishFacts() {
	entries := make([]signal.Participant, len(r.roster))
	for i, p := range r.roster {
		entries[i] = p.entry
	}
	r.facts.Store(&signal.RoomFacts{
		V: signal.Version, ID: r.id, Name: r.cfg.Name, Host: r.cfg.HostName,
		Participants: len(entries), People: signal.People(entries), Recorders: signal.Recorders(entries),
		Capacity: r.cfg.Capacity, Seats: r.cfg.Seats, PIN: r.cfg.PIN != "", Locked: r.rules.Locked, Knock: r.rules.Knock, Epoch: 1,
	})
}

// newID returns what a participant is called on the wire.
func newID() string { return strings.ToLower(rand.Text()[:10]) }
