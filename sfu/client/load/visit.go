package load

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu/signal"
)

// visit is one Signal connection. It has no resume: who is lost is lost, and that is what the load wants to know.
type visit struct {
	ws      *websocket.Conn
	you     string
	people  *sync.Map
	life    context.Context //nolint:containedctx // the visit's own, ended by Leave or Crash
	end     context.CancelFunc
	reading sync.WaitGroup
	gone    chan struct{}

	mu      sync.Mutex
	room    signal.Snapshot // as it was at the welcome, unless it is followed
	problem error

	changed func(signal.Snapshot) // set before read; nil does not follow the room
}

// join sends the join and takes the welcome.
func (v *visit) join(ctx context.Context, j *signal.Join) (answer string, err error) {
	if err := v.send(ctx, j); err != nil {
		return "", err
	}
	_, b, err := v.ws.Read(ctx)
	if err != nil {
		return "", signal.Problemf(signal.CodeLost, "%v", err)
	}
	m, err := signal.DecodeEvent(b)
	if err != nil {
		return "", err
	}
	switch m := m.(type) {
	case *signal.Welcome:
		v.you, v.room = m.You, m.Room
		return m.Answer, nil
	case *signal.Bye:
		return "", &m.Problem
	}
	return "", signal.Problemf(signal.CodeBadMessage, "%s instead of welcome", signal.Kind(m))
}

func (v *visit) send(ctx context.Context, m signal.Message) error {
	b, err := signal.Encode(m)
	if err != nil {
		return err
	}
	if err := v.ws.Write(ctx, websocket.MessageText, b); err != nil {
		return signal.Problemf(signal.CodeLost, "%v", err)
	}
	return nil
}

// read follows the room until the visit ends.
func (v *visit) read() {
	defer close(v.gone)
	for {
		_, b, err := v.ws.Read(v.life)
		if err != nil {
			v.fail(signal.Problemf(signal.CodeLost, "%v", err))
			return
		}
		if v.ignores(b) {
			continue
		}
		m, err := signal.DecodeEvent(b)
		if err != nil {
			continue // of a later version
		}
		switch m := m.(type) {
		case *signal.Bye:
			v.fail(&m.Problem)
			return
		case *signal.Resync:
			v.change(func(room *signal.Snapshot) bool { *room = m.Room; return true })
		case signal.Change:
			if !v.change(func(room *signal.Snapshot) bool { return room.Apply(m) }) {
				_ = v.send(v.life, &signal.Sync{}) // a broken connection ends the next read
			}
		}
	}
}

// ping beats as a participant's app does, at a time of its own within the beat.
func (v *visit) ping() {
	wait(v.life, rand.N(signal.PingEvery))
	tick := time.NewTicker(signal.PingEvery)
	defer tick.Stop()
	for v.life.Err() == nil && v.ws.Ping(v.life) == nil {
		select {
		case <-v.life.Done():
		case <-tick.C:
		}
	}
}

// ignores reports messages that need not be decoded. In every one of hundreds of participants that would cost this
// program more than all media.
func (v *visit) ignores(b []byte) bool {
	if v.changed != nil {
		return bytes.HasPrefix(b, []byte(`{"type":"levels"`))
	}
	for _, kind := range []string{"levels", "joined", "updated", "left", "seats"} {
		if rest, ok := bytes.CutPrefix(b, []byte(`{"type":"`)); ok && bytes.HasPrefix(rest, []byte(kind)) {
			return true
		}
	}
	return false
}

func (v *visit) change(f func(*signal.Snapshot) bool) bool {
	v.mu.Lock()
	ok := f(&v.room)
	room := v.room.Clone()
	v.mu.Unlock()
	if ok && v.changed != nil {
		v.changed(room)
	}
	return ok
}

func (v *visit) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.problem == nil {
		v.problem = err
	}
}

// Gone implements Visit.
func (v *visit) Gone() <-chan struct{} { return v.gone }

// Problem implements Visit.
func (v *visit) Problem() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.problem
}

// Seated implements Visit.
func (v *visit) Seated() map[int]bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	seated := make(map[int]bool, len(v.room.Seats))
	for _, id := range v.room.Seats {
		number, _ := v.people.Load(id)
		if n, ok := number.(int); ok {
			seated[n] = true
		}
	}
	return seated
}

// Leave implements Visit.
func (v *visit) Leave() {
	v.fail(signal.Problemf(signal.CodeLeft, ""))
	ctx, cancel := context.WithTimeout(v.life, leaveWithin)
	defer cancel()
	if v.send(ctx, &signal.Leave{}) == nil {
		select {
		case <-v.gone:
		case <-ctx.Done():
		}
	}
	v.Crash()
}

// Crash ends the connection without a word, as a killed program's ends.
func (v *visit) Crash() {
	v.end()
	_ = v.ws.CloseNow()
	v.reading.Wait()
}

// mute tells the room.
func (v *visit) mute(muted bool) error {
	ctx, cancel := context.WithTimeout(v.life, leaveWithin)
	defer cancel()
	return v.send(ctx, &signal.Update{Muted: &muted})
}
