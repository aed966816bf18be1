package sfu

import (
	"crypto/rand"
	"log/slog"
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
	// shownLevel is the level in dBov under which a participant is not worth mentioning in levels.
	shownLevel = -60
)

// participant is one entry of the roster. Its fields belong to the room's goroutine, but for peer, which is set before
// the join and never changes, and whose methods say who may call them.
type participant struct {
	entry   signal.Participant
	token   string
	peer    *peer
	voice   *voice
	conn    *conn       // nil while reconnecting
	expiry  *time.Timer // runs while reconnecting
	loudest int         // since the last levels message, dBov
	meter   meter       // of the link
	doubled bool        // was asked to send each frame twice
	says    *rate.Limiter
}

// room is the roster, the seats and the revision. Everything below "owned" belongs to the goroutine of run.
type room struct {
	cfg   Config
	log   *slog.Logger
	id    string
	seats []*seat
	facts atomic.Pointer[signal.RoomFacts]
	peers atomic.Pointer[[]*peer] // of the roster, for the tender
	epoch time.Time               // zero of the media clock
	tasks chan func()
	// stirred receives when somebody without a seat speaks; of size 1.
	stirred chan struct{}
	done    chan struct{}

	// owned
	rev       uint64
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
}

func newRoom(cfg Config, epoch time.Time) *room {
	id := strings.ToLower(rand.Text()[:10])
	r := &room{
		cfg: cfg, log: cfg.Logger.With("room", id), id: id,
		seats: make([]*seat, cfg.Seats), stage: newStage(cfg.Seats), linked: make([]string, cfg.Seats),
		epoch: epoch, tasks: make(chan func()), stirred: make(chan struct{}, 1), done: make(chan struct{}),
	}
	r.peers.Store(new([]*peer))
	for i := range r.seats {
		r.seats[i] = new(seat)
		r.seats[i].subscribers.Store(new([]*downlink))
	}
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

// join takes the participant into the roster, tells everybody and welcomes it. Errors: CodeRoomFull, CodeRoomEnded.
func (r *room) join(p *participant, answer string) error {
	problem := signal.Problemf(signal.CodeRoomEnded, "")
	r.do(func() {
		if len(r.roster) >= r.cfg.Capacity {
			problem = signal.Problemf(signal.CodeRoomFull, "%d inside", len(r.roster))
			return
		}
		problem = nil
		p.entry.ID = strings.ToLower(rand.Text()[:10])
		p.token = rand.Text() + rand.Text()
		p.loudest = silence
		r.roster = append(r.roster, p)
		p.voice = r.stage.add(p.entry.ID)
		if p.entry.Muted {
			r.stage.mute(p.voice, true, time.Now())
		}
		r.change(&signal.Joined{Rev: r.rev + 1, Participant: p.entry}, p)
		r.reseat(p, time.Now())
		r.link(p, false)
		p.conn.send(&signal.Welcome{You: p.entry.ID, Resume: p.token, Answer: answer, Room: r.snapshot()})
		r.tellLinks(p.conn)
		r.tellChat(p.conn, 0, true)
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
		i := slices.IndexFunc(r.roster, func(p *participant) bool { return p.token == token && p.entry.Key == c.key })
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
			r.change(&signal.Updated{Rev: r.rev + 1, Participant: p.entry}, p)
		}
		c.send(&signal.Welcome{You: p.entry.ID, Resume: token, Room: r.snapshot()})
		r.tellLinks(c)
		r.tellChat(c, chat, false)
		c.send(&signal.Protect{On: p.doubled}) // it may have missed a change
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
		r.change(&signal.Updated{Rev: r.rev + 1, Participant: p.entry}, nil)
		r.log.Info("participant_reconnecting", "participant", p.entry.ID, "why", why)
	})
}

func (r *room) expire(p *participant) {
	r.do(func() {
		if p.conn == nil {
			r.remove(p, signal.CodeLost)
		}
	})
}

// left takes a participant out of the room.
func (r *room) left(p *participant, code signal.Code) { r.do(func() { r.remove(p, code) }) }

// update takes over what a participant says of itself.
func (r *room) update(p *participant, u *signal.Update) {
	r.do(func() {
		before := p.entry
		if u.Muted != nil {
			p.entry.Muted = *u.Muted
			if before.Muted != *u.Muted {
				p.peer.uplink.setMuted(*u.Muted)
				r.stage.mute(p.voice, *u.Muted, time.Now())
			}
		}
		if u.Listener != nil {
			p.entry.Listener = *u.Listener
		}
		if p.entry != before && slices.Contains(r.roster, p) {
			r.change(&signal.Updated{Rev: r.rev + 1, Participant: p.entry}, nil)
		}
	})
}

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
			r.remove(p, signal.CodeRoomEnded)
		}
		r.ended = true
	})
}

// remove takes p off the roster, its seat and its connections. It is owned, like all below.
func (r *room) remove(p *participant, code signal.Code) {
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
		p.conn.bye(&signal.Problem{Code: code})
		p.conn = nil
	}
	r.change(&signal.Left{Rev: r.rev + 1, ID: p.entry.ID, Code: code}, nil)
	r.reseat(nil, time.Now())
	r.link(nil, true)
	r.departing.Go(p.peer.close) // takes a DTLS alert's time; the room does not wait
	r.log.Info("participant_left", "participant", p.entry.ID, "code", string(code))
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

// reseat lets the stage assign the seats and tells what changed.
func (r *room) reseat(but *participant, now time.Time) bool {
	if !r.stage.assign(now) {
		return false
	}
	for i, id := range r.stage.seats {
		if id != "" && (i >= len(r.seated) || r.seated[i] != id) {
			r.switches++
		}
	}
	r.seated = slices.Clone(r.stage.seats)
	r.change(&signal.Seats{Rev: r.rev + 1, Seats: r.seated}, but)
	return true
}

// link makes the media path follow the stage, and the roster where somebody came or went: who holds each seat, who hears
// it. Lists are made anew only where they lose somebody; a newcomer is appended to the others.
func (r *room) link(came *participant, went bool) {
	for i, s := range r.seats {
		switch {
		case went || r.linked[i] != r.stage.seats[i]:
			r.linkSeat(i)
		case came != nil && i < len(came.peer.seats):
			d := came.peer.seats[i]
			d.hear(true)
			// Whoever forwards may be reading the old list: it ends where the newcomer begins.
			more := append(*s.subscribers.Load(), d)
			s.subscribers.Store(&more)
		}
	}
	for _, p := range r.roster {
		if p.voice.seat < 0 {
			p.peer.uplink.seat.Store(nil)
		} else {
			p.peer.uplink.seat.Store(r.seats[p.voice.seat])
		}
	}
	if came == nil && !went {
		return
	}
	peers := make([]*peer, len(r.roster))
	for i, p := range r.roster {
		peers[i] = p.peer
	}
	r.peers.Store(&peers)
}

// linkSeat makes one seat's list anew. The old holder is unlinked before the new one is linked; a packet in between is
// dropped by the seat.
func (r *room) linkSeat(i int) {
	subscribers := make([]*downlink, 0, len(r.roster))
	var up *uplink
	for _, p := range r.roster {
		holds := p.voice.seat == i
		if holds {
			up = p.peer.uplink
		}
		if i >= len(p.peer.seats) {
			continue
		}
		d := p.peer.seats[i]
		if !holds {
			subscribers = append(subscribers, d)
		}
		d.hear(!holds)
	}
	r.seats[i].holder.Store(up)
	r.seats[i].subscribers.Store(&subscribers)
	r.linked[i] = r.stage.seats[i]
}

// listen reads everybody's level and lets the stage follow.
func (r *room) listen(now time.Time) {
	for _, p := range r.roster {
		u := p.peer.uplink
		heard := u.level.take()
		if p.entry.Muted {
			heard = reading{peak: silence, mean: silence}
		}
		r.stage.observe(p.voice, heard, now)
		u.level.setAlert(p.voice.alert)
		p.loudest = max(p.loudest, heard.peak)
	}
	if r.reseat(nil, now) {
		r.link(nil, false)
	}
}

// levelsEvery returns how many ticks pass between levels messages: 10 a second, and 4 in a large room, where they would
// cost the host more than the voices. Pages hold what they heard for 300 ms.
func levelsEvery(people int) int {
	if people > 25 {
		return 5
	}
	return 2
}

func (r *room) reportLevels() {
	levels := make(map[string]int)
	for _, p := range r.roster {
		if p.loudest > shownLevel {
			levels[p.entry.ID] = p.loudest
		}
		p.loudest = silence
	}
	if len(levels) > 0 || r.wasLoud {
		r.broadcast(&signal.Levels{Levels: levels}, nil)
	}
	r.wasLoud = len(levels) > 0
}

// measure looks at everybody's link and tells which changed.
func (r *room) measure(now time.Time) {
	changed := make(map[string]signal.Link)
	for _, p := range r.roster {
		if p.meter.measure(p.peer.stats(), p.peer.transport.connected.Load(), now) {
			changed[p.entry.ID] = p.meter.told
		}
	}
	if len(changed) > 0 {
		r.broadcast(&signal.Links{Links: changed}, nil)
	}
}

// tellLinks tells a new connection what the others were told so far.
func (r *room) tellLinks(c *conn) {
	known := make(map[string]signal.Link)
	for _, p := range r.roster {
		if p.meter.told.Word != "" {
			known[p.entry.ID] = p.meter.told
		}
	}
	if len(known) > 0 {
		c.send(&signal.Links{Links: known})
	}
}

// protect asks a participant to send each frame twice, or no longer to, unless it was asked before. The restart that
// follows finds in the peer what to answer.
func (r *room) protect(p *participant, on bool) {
	if p.doubled == on {
		return
	}
	p.doubled = on
	p.peer.doubled.Store(on)
	if p.conn != nil {
		p.conn.send(&signal.Protect{On: on})
	}
}

func (r *room) snapshot() signal.Snapshot {
	entries := make([]signal.Participant, len(r.roster))
	for i, p := range r.roster {
		entries[i] = p.entry
	}
	return signal.Snapshot{Rev: r.rev, Facts: *r.facts.Load(), Participants: entries, Seats: slices.Clone(r.stage.seats)}
}

func (r *room) publishFacts() {
	entries := make([]signal.Participant, len(r.roster))
	for i, p := range r.roster {
		entries[i] = p.entry
	}
	r.facts.Store(&signal.RoomFacts{
		V: signal.Version, ID: r.id, Name: r.cfg.Name, Host: r.cfg.HostName,
		Participants: len(entries), People: signal.People(entries),
		Capacity: r.cfg.Capacity, Seats: r.cfg.Seats, PIN: r.cfg.PIN != "", Epoch: 1,
	})
}
