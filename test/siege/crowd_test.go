package siege

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

// What a crowd of participants says of itself and to others.

// Names that are nothing, or made to be something else: refused, or cleaned as sfu/signal tests them one by one.
func TestBadInput_12_NamesOfThoseWhoJoin(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, func(c *sfu.Config) { c.MessagesPerSecond = 1000 })
	offer := offerOf(t, 2)
	refused := []string{"", " \t", "\u200b\u200e", strings.Repeat("가", 3500), strings.Repeat("a", 65), "👑"}
	for _, name := range refused {
		frame := joinFrame(t, "NAME", offer)
		frame = strings.Replace(frame, "NAME", name, 1)
		if got := codeOfJoin(talk.speak(t), frame); got != signal.CodeBadName && got != signal.CodeBadMessage && got != signal.CodeTooLarge {
			t.Errorf("%.20q is answered with %s", name, got)
		}
	}
	for name, want := range map[string]string{
		"\u202eanim\u202c": "anim", "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>", "javascript:alert(1)": "javascript:alert(1)",
		"A": "A", "Mi\u200bna 👑": "Mina", "Mi\nna": "Mi na", "Mina\xff": "Mina\ufffd",
	} {
		in, welcome := talk.inside(t, name)
		eventually(t, fmt.Sprintf("%q is called %q", name, want), func() bool {
			room := talk.A.Snapshot()
			p, _ := room.Participant(welcome.You)
			return p.Name == want
		})
		_ = in.ws.CloseNow()
	}
	talk.Undisturbed(t)
}

// Fifty participants write as fast as their connections take it. Each has its own allowance, so what
// everybody reads is bounded.
func TestBadInput_13_FiftyWhoFloodTheChat(t *testing.T) {
	talk := startTalk(t, func(c *sfu.Config) { c.MaxPending = 64 })
	offer := offerOf(t, 2)
	const crowd = 50
	var flood sync.WaitGroup
	until := make(chan struct{})
	var said atomic.Int64
	for n := range crowd {
		r := talk.speak(t)
		if m := r.ask(joinFrame(t, fmt.Sprintf("Flood %d", n), offer)); signal.Kind(m) != "welcome" {
			t.Fatalf("%d: %s", n, codeOf(m))
		}
		flood.Go(func() { // reads what comes, until the room has had enough
			for {
				if _, _, err := r.ws.Read(t.Context()); err != nil {
					return
				}
			}
		})
		flood.Go(func() {
			for k := 0; ; k++ {
				select {
				case <-until:
					_ = r.ws.CloseNow()
					return
				case <-time.After(5 * time.Millisecond):
				}
				frame := fmt.Sprintf(`{"type":"say","tag":"%d","text":"%s"}`, k, strings.Repeat("flood ", 300))
				if r.say(websocket.MessageText, frame) != nil {
					return
				}
				said.Add(1)
			}
		})
	}
	time.Sleep(3 * time.Second)
	close(until)
	flood.Wait()
	t.Logf("%d messages of %d participants", said.Load(), crowd)
	talk.Undisturbed(t)
}

// Frames that no app sends: fragments without end, control frames between them, compression nobody agreed on, and the same
// field twice.
func TestBadInput_02_FramesThatAreNoMessages(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	for name, frames := range map[string][][]byte{ // the last one again and again
		"fragments without end":     {{0x01, 0x81, 0, 0, 0, 0, '{'}, {0x00, 0x81, 0, 0, 0, 0, ' '}},
		"empty fragments":           {{0x01, 0x80, 0, 0, 0, 0}, {0x00, 0x80, 0, 0, 0, 0}},
		"a continuation of nothing": {{0x80, 0x81, 0, 0, 0, 0, '{'}},
		"compressed":                {{0xc1, 0x82, 0, 0, 0, 0, 0x4b, 0x04}},
		"not masked":                {{0x81, 0x02, '{', '}'}},
		"2^63 bytes":                {{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}},
		"pings":                     {{0x89, 0x80, 0, 0, 0, 0}},
	} {
		c := talk.upgraded(t)
		sent := 0
		for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); sent++ {
			if _, err := c.Write(frames[min(sent, len(frames)-1)]); err != nil {
				break
			}
		}
		_ = c.Close()
		t.Logf("%s: %d frames", name, sent)
	}
	in, _ := talk.inside(t, "Eve")
	for frame, want := range map[string]string{ // the last one counts, as everywhere in Go; none reaches what was not checked
		`{"type":"sync","type":"dance"}`: "unsupported", `{"type":"dance","type":"sync"}`: "none: snapshot", `{"TYPE":"sync"}`: "",
	} {
		if got := codeOf(in.ask(frame)); want != "" && string(got) != want {
			t.Errorf("%s is answered with %s", frame, got)
		}
	}
	talk.Undisturbed(t)
}
