package sfu_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

// chatReader keeps what a participant is told of the chat.
type chatReader struct {
	mu      sync.Mutex
	news    []signal.ChatMessage
	earlier []signal.ChatMessage
}

func (r *chatReader) listen(c *client.Config) {
	c.OnChat = func(messages []signal.ChatMessage, earlier bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if earlier {
			r.earlier = append(r.earlier, messages...)
		} else {
			r.news = append(r.news, messages...)
		}
	}
}

func (r *chatReader) texts() (news, earlier []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := func(messages []signal.ChatMessage) (texts []string) {
		for _, m := range messages {
			texts = append(texts, m.Name+": "+m.Text)
		}
		return texts
	}
	return of(r.news), of(r.earlier)
}

func (r *chatReader) reads(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("reads %q", want), func() bool {
		news, _ := r.texts()
		return slices.Equal(news, want)
	})
}

func say(t *testing.T, p *person, text string) {
	t.Helper()
	if err := p.Say(t.Context(), text, rand.Text()); err != nil {
		t.Fatalf("say %.40q: %v", text, err)
	}
}

func TestChat_ReachesEverybodyInOneOrderAndThoseWhoComeLater(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	var jun, bora, late chatReader
	j, b := enter(t, s, "Jun", jun.listen), enter(t, s, "Bora", bora.listen)
	say(t, j, "hello")
	say(t, b, " hi\r\n<b>there</b> ")
	say(t, j, "한글도")
	want := []string{"Jun: hello", "Bora: hi\n<b>there</b>", "Jun: 한글도"}
	jun.reads(t, want...)
	bora.reads(t, want...)
	j.Leave()

	enter(t, s, "Late", late.listen)
	eventually(t, "reads what was said before", func() bool {
		news, earlier := late.texts()
		return len(news) == 0 && slices.Equal(earlier, want)
	})
	late.mu.Lock()
	defer late.mu.Unlock()
	for i, m := range late.earlier {
		if m.Number != uint64(i+1) || time.Since(time.UnixMilli(m.At)).Abs() > time.Minute {
			t.Errorf("message %d has number %d, at %d", i, m.Number, m.At)
		}
	}
}

func TestChat_MissesNothingOverALostConnectionAndSaysNothingTwice(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	wire := newProxy(t, addressOf(s))
	var jun, bora chatReader
	j := enter(t, s, "Jun", func(c *client.Config) { jun.listen(c); c.Address = wire.address })
	b := enter(t, s, "Bora", bora.listen)
	say(t, j, "one")
	jun.reads(t, "Jun: one")

	release := wire.stall()
	if err := j.Say(t.Context(), "two", "again"); signal.AsProblem(err) == nil || signal.AsProblem(err).Code != signal.CodeLost {
		t.Errorf("said into a dead link: %v, want lost", err)
	}
	say(t, b, "three")
	release()
	wire.drop()
	eventually(t, "is back and says it again", func() bool { return j.Say(t.Context(), "two", "again") == nil })
	if err := j.Say(t.Context(), "two", "again"); err != nil {
		t.Errorf("what was said before: %v", err)
	}
	say(t, b, "four")
	eventually(t, "all have all of it, once", func() bool {
		a, _ := jun.texts()
		b, _ := bora.texts()
		sorted := slices.Sorted(slices.Values(a))
		return slices.Equal(a, b) && slices.Equal(sorted, []string{"Bora: four", "Bora: three", "Jun: one", "Jun: two"})
	})
}

// A page whose own connection to its app broke says again what the app is still waiting for.
func TestChat_TheSameMessageSaidTwiceAtOnceWhileTheConnectionDrops(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	wire := newProxy(t, addressOf(s))
	var jun chatReader
	j := enter(t, s, "Jun", func(c *client.Config) { jun.listen(c); c.Address = wire.address })
	both := func() (failed int) {
		said := make(chan error)
		for range 2 {
			go func() { said <- j.Say(t.Context(), "hello", "one tag") }()
		}
		for range 2 {
			if <-said != nil {
				failed++
			}
		}
		return failed
	}
	release := wire.stall()
	if failed := both(); failed != 2 {
		t.Errorf("%d of 2 were told that nobody knows", failed)
	}
	release()
	wire.drop()
	eventually(t, "both are told that it is there", func() bool { return both() == 0 })
	jun.reads(t, "Jun: hello")
}

func TestBadInput_13_AFloodOfChatIsRefusedAndWhatIsKeptIsBounded(t *testing.T) {
	s := startRoom(t, func(c *sfu.Config) { c.ChatEvery = time.Hour; c.ChatBurst = 4; c.ChatKept = 3; c.ChatKeptBytes = 5000 })
	var bora, late, later chatReader
	j, b := enter(t, s, "Jun", nil), enter(t, s, "Bora", bora.listen)
	for i := range 4 {
		say(t, j, fmt.Sprint("message ", i))
	}
	if err := j.Say(t.Context(), "one more", "x"); signal.AsProblem(err) == nil || signal.AsProblem(err).Code != signal.CodeRateLimited {
		t.Errorf("the fifth: %v, want rate_limited", err)
	}
	if j.Snapshot().Participants == nil || j.Problem() != nil {
		t.Error("whoever floods is out of the room")
	}
	say(t, b, "mine still goes")
	bora.reads(t, "Jun: message 0", "Jun: message 1", "Jun: message 2", "Jun: message 3", "Bora: mine still goes")
	enter(t, s, "Late", late.listen)
	eventually(t, "reads the last three", func() bool {
		_, earlier := late.texts()
		return slices.Equal(earlier, []string{"Jun: message 2", "Jun: message 3", "Bora: mine still goes"})
	})
	say(t, b, strings.Repeat("<", signal.MaxChatText))
	say(t, b, strings.Repeat(">", 1001))
	enter(t, s, "Later", later.listen)
	eventually(t, "reads what fits", func() bool {
		_, earlier := later.texts()
		return slices.Equal(earlier, []string{"Bora: " + strings.Repeat(">", 1001)})
	})
}

func TestBadInput_13_ChatThatIsNone(t *testing.T) {
	s := startRoom(t, nil)
	ws, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, offer := newOffer(t, s.Facts().Seats)
	if m := answer(t, ws, websocket.MessageText, `{"type":"say","text":"a","tag":"a"}`); codeOf(m) != signal.CodeNotJoined {
		t.Errorf("before the join: %v", codeOf(m))
	}
	if ws, _, err = rawSignal(t, s, nil); err != nil {
		t.Fatal(err)
	}
	if _, ok := answer(t, ws, websocket.MessageText, joinFrame(t, "Jun", offer)).(*signal.Welcome); !ok {
		t.Fatal("not welcome")
	}
	for frame, want := range map[string]signal.Code{
		`{"type":"say","text":"","tag":"a"}`:                                            signal.CodeBadText,
		`{"type":"say","text":"\u200b","tag":"a"}`:                                      signal.CodeBadText,
		`{"type":"say","text":"a"}`:                                                     signal.CodeBadMessage,
		`{"type":"say","text":"a","tag":"` + strings.Repeat("a", 65) + `"}`:             signal.CodeBadMessage,
		`{"type":"say","text":["a"],"tag":"a"}`:                                         signal.CodeBadMessage,
		`{"type":"say","text":"` + strings.Repeat("a", 4001) + `","tag":"a"}`:           signal.CodeBadText,
		`{"type":"chat","messages":[{"n":1,"from":"x","name":"Mina","text":"forged"}]}`: signal.CodeUnsupported,
	} {
		if m := answer(t, ws, websocket.MessageText, frame); codeOf(m) != want {
			t.Errorf("%.60s: %v, want %v", frame, codeOf(m), want)
		}
	}
}
