package voice

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/app/soundcard"
	"github.com/earshot/earshot/sfu/client/media"
)

// atCard is a page at the sound card of a machine that has no sound server: the app's end of it, and the page's.
func atCard(t *testing.T) (app *cardPage, page *websocket.Conn) {
	t.Helper()
	t.Setenv("PULSE_SERVER", "unix:/nowhere")
	s, err := Serve(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	pages := make(chan *cardPage, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		p := s.newCardPage(conn)
		pages <- p
		p.serve(s.life)
	}))
	t.Cleanup(web.Close)
	page, _, err = websocket.Dial(t.Context(), web.URL, nil) //nolint:bodyclose // as the library says
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = page.CloseNow() })
	page.SetReadLimit(1 << 20)
	app = <-pages
	return app, page
}

// told returns the page's next message that has a word, which is a binary one for "".
func told(t *testing.T, page *websocket.Conn, word string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		kind, b, err := page.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %q: %v", word, err)
		}
		if word == "" && kind == websocket.MessageBinary || word != "" && bytes.Contains(b, []byte(word)) {
			return b
		}
	}
}

func wishFor(t *testing.T, page *websocket.Conn, wish soundWish) {
	t.Helper()
	b, _ := json.Marshal(wish)
	if err := page.Write(t.Context(), websocket.MessageText, b); err != nil {
		t.Fatal(err)
	}
}

func TestSound_PacketsComeWithTicks(t *testing.T) {
	app, page := atCard(t)
	if pace := app.pace(); pace != longTick {
		t.Errorf("where nobody is heard a tick is of %d blocks", pace)
	}
	line, err := app.server.OpenCheck()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	wishFor(t, page, soundWish{Line: line.URL()})
	told(t, page, `{"state":"connecting"}`)

	line.hear(media.Heard{Seat: 3, Sequence: 7, Timestamp: 960, Payload: []byte("ab")})
	line.hear(media.Heard{Seat: 0, Sequence: 8, Timestamp: 960, Payload: []byte("c")})
	if pace := app.pace(); pace != shortTick {
		t.Errorf("while somebody is heard a tick is of %d blocks", pace)
	}
	spoken, played := bytes.Repeat([]byte{1}, soundcard.Block*soundcard.Frame), bytes.Repeat([]byte{2}, 4*soundcard.Block)
	app.tick(soundcard.Tick{Blocks: 1, Longer: -2, LeftOut: 513, Microphone: spoken, Played: played})
	tick := told(t, page, "")
	if header := []byte{0xfe, 0xff, 1, 2, 1, hasMicrophone | hasPlayed, 0, 0}; !bytes.Equal(tick[:tickHeader], header) {
		t.Errorf("the header is %v, and not %v", tick[:tickHeader], header)
	}
	packets := []byte{0, 9, 3, 0, 7, 0, 0, 3, 0xc0, 'a', 'b', 0, 8, 0, 0, 8, 0, 0, 3, 0xc0, 'c'}
	if rest := tick[tickHeader:]; !bytes.Equal(rest, append(append(spoken, played...), packets...)) {
		t.Errorf("%d bytes come, and not the microphone, what was played and %v", len(rest), packets)
	}
	app.tick(soundcard.Tick{Blocks: 2})
	if tick = told(t, page, ""); !bytes.Equal(tick, []byte{0, 0, 0, 0, 2, 0, 0, 0}) {
		t.Errorf("a tick with nothing is %v", tick)
	}
	time.Sleep(talkPauses)
	if pace := app.pace(); pace != longTick {
		t.Errorf("when nobody is heard any more a tick is of %d blocks", pace)
	}
	for wish, pace := range map[soundWish]int{{Line: line.URL(), Short: true}: shortTick, {Line: line.URL(), Resting: true}: restTick} {
		wishFor(t, page, wish)
		for until := time.Now().Add(20 * time.Second); app.pace() != pace; time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("ticks of %d blocks are wished for, and are of %d", pace, app.pace())
			}
		}
	}
}

// A page that comes back by its own line has it, and the sound card's page does not hear any more; what waits for nobody is bounded.
func TestSound_LineThatGoesElsewhere(t *testing.T) {
	app, page := atCard(t)
	line, err := app.server.OpenCheck()
	if err != nil {
		t.Fatal(err)
	}
	wishFor(t, page, soundWish{Line: line.URL()})
	told(t, page, `{"state":"connecting"}`)
	for range 2000 {
		line.hear(media.Heard{Payload: make([]byte, 80)})
	}
	app.tick(soundcard.Tick{Blocks: 1})
	if tick := told(t, page, ""); len(tick) > tickHeader+heldMost+100 || len(tick) == tickHeader {
		t.Errorf("a tick after a long time is of %d bytes", len(tick))
	}

	other, _, err := websocket.Dial(t.Context(), line.URL(), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {WindowOrigin}}}) //nolint:bodyclose // as the library says
	if err != nil {
		t.Fatal(err)
	}
	defer other.CloseNow()
	told(t, other, `{"state":"connecting"}`)
	line.hear(media.Heard{Payload: []byte("a")})
	told(t, other, "")
	line.Close()

	wishFor(t, page, soundWish{Line: line.URL()})
	told(t, page, `{"state":"failed"}`)
	wishFor(t, page, soundWish{})
	app.tick(soundcard.Tick{Blocks: 1})
	told(t, page, "")
}

func TestSound_AnswersThatAreNone(t *testing.T) {
	for name, answer := range map[string][]byte{
		"nothing":                   {},
		"half a header":             {1, 0},
		"fewer frames than it says": {2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8},
		"half a length":             {0, 0, 0, 0, 9},
		"half a packet":             {0, 0, 0, 0, 0, 9, 1, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			_, page := atCard(t)
			if err := page.Write(t.Context(), websocket.MessageBinary, answer); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for {
				if _, _, err := page.Read(ctx); err != nil {
					if ctx.Err() != nil {
						t.Error("the connection goes on")
					}
					return
				}
			}
		})
	}
}

func TestSound_AnswerIsPlayedAndSaid(t *testing.T) {
	app, _ := atCard(t)
	answer := binary.LittleEndian.AppendUint16(nil, 1)
	answer = append(answer, 0, 0)
	answer = append(answer, make([]byte, soundcard.Frame)...)
	answer = append(answer, 0, 6, 0x80, 0, 0, 0, 1, 'a', 0, 6, 0, 0, 0, 0, 2, 'b')
	if err := app.answer(answer); err != nil {
		t.Errorf("without a line: %v", err)
	}
	line, err := app.server.OpenCheck()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	app.follow(line.URL())
	if err := app.answer(answer); err != nil {
		t.Errorf("with a line: %v", err)
	}
	if pace := app.pace(); pace != longTick {
		t.Errorf("when no packet has begun a tick is of %d blocks", pace)
	}
	answer[2] = 1
	if err := app.answer(answer); err != nil || app.pace() != shortTick {
		t.Errorf("when a block waits for a whole packet a tick is of %d blocks: %v", app.pace(), err)
	}
	if err := app.answer(append(answer, 0, 1, 9)); err == nil {
		t.Error("a packet without Opus is taken")
	}
}
