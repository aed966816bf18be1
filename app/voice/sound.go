package voice

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/app/soundcard"
)

const (
	// tickHeader and answerHeader are the bytes before the samples, a multiple of a sample's so that a page has them in place.
	tickHeader   = 8
	answerHeader = 4
	// What is in a tick.
	hasMicrophone = 1 << 0
	hasPlayed     = 1 << 1
	// maxAnswer bounds an answer in bytes: more than twice the 20 ms of sound and the packets of which it is made.
	maxAnswer = 64 << 10

	// A tick of 20 ms costs a page half of what two of 10 ms do, and a packet is as long; but what is heard waits for a tick. So they are short
	// while anybody is heard, and for a while after: few pauses of a talk are longer.
	longTick, shortTick = 2, 1
	talkPauses          = 2 * time.Second
	// restTick is of a page that hears nobody and is heard by nobody: 40 ms.
	restTick = 4
)

// soundWish is what a page says of the devices, and by which line it speaks and hears.
type soundWish struct {
	Microphone bool   `json:"microphone"`
	Played     bool   `json:"played"`
	Input      string `json:"input"`
	Output     string `json:"output"`
	Short      bool   `json:"short"` // always ticks of 10 ms: its packets are no longer
	Resting    bool   `json:"resting"`
	Line       string `json:"line"` // Line.URL; "": none
}

// soundState is what it is told of them.
type soundState struct {
	Sound      bool   `json:"sound"`
	Microphone string `json:"microphone"`
	Input      string `json:"input"`
	Output     string `json:"output"`
	Muted      bool   `json:"muted"`
}

// Sound is where a page has the sound card: it plays and records while it is connected. Whoever has it can listen to the microphone.
func (s *Server) Sound() string { return s.Source() + soundPath + "?token=" + s.sound }

// cardPage is a page that has the sound card.
type cardPage struct {
	server *Server
	conn   *websocket.Conn
	desk   *soundcard.Desk

	mu    sync.Mutex
	line  *Line // nil: none
	end   *end  // of the line
	begun int   // blocks of a packet that is not whole
	// Of its wish.
	short, resting bool
}

// newCardPage gives a page the sound card.
func (s *Server) newCardPage(conn *websocket.Conn) *cardPage {
	p := &cardPage{server: s, conn: conn}
	p.desk = soundcard.Open(s.log, soundcard.Page{Pace: p.pace, Tick: p.tick, Tell: p.tell})
	return p
}

// serve is the life of a page's connection. It ends with the page's connection, or ctx.
func (p *cardPage) serve(ctx context.Context) {
	defer p.conn.CloseNow() //nolint:errcheck // it is over
	defer p.follow("")
	defer p.desk.Close()
	for {
		kind, b, err := p.conn.Read(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageBinary {
			err = p.answer(b)
		} else {
			err = p.wish(b)
		}
		if err != nil {
			p.server.log.Debug("page_at_sound_card_ended", slog.Any("error", err))
			return
		}
	}
}

func (p *cardPage) wish(b []byte) error {
	var wish soundWish
	if err := json.Unmarshal(b, &wish); err != nil {
		return err
	}
	p.follow(wish.Line)
	p.mu.Lock()
	p.short, p.resting = wish.Short, wish.Resting
	p.mu.Unlock()
	p.desk.Set(soundcard.Wish{Microphone: wish.Microphone, Played: wish.Played, Input: wish.Input, Output: wish.Output})
	return nil
}

// follow makes it speak and hear by the line of that URL; by none where there is none.
func (p *cardPage) follow(url string) {
	next := p.server.at(url)
	p.mu.Lock()
	before, end := p.line, p.end
	p.line = next
	p.mu.Unlock()
	if next == before && next != nil {
		return
	}
	if before != nil {
		before.detach(end)
	}
	if next == nil {
		if url != "" { // it ended while the page was on its way
			tellState(p.conn, webrtc.PeerConnectionStateClosed)
		}
		return
	}
	end = next.attach(p.conn)
	p.mu.Lock()
	p.end = end
	p.mu.Unlock()
}

// pace is of how many blocks the next tick is.
func (p *cardPage) pace() int {
	p.mu.Lock()
	line, short, resting, begun := p.line, p.short, p.resting, p.begun
	p.mu.Unlock()
	switch {
	case line != nil && line.outbox.since() < talkPauses:
		return shortTick
	case resting:
		return restTick
	case short, begun > 0: // the next packet begins with the next tick, and ends with it
		return shortTick
	default:
		return longTick
	}
}

func (p *cardPage) tell(state soundcard.State) {
	b, _ := json.Marshal(soundState(state)) // strings and flags
	write(p.conn, websocket.MessageText, b)
}

func (p *cardPage) tick(t soundcard.Tick) {
	b := tickMessage(t)
	p.mu.Lock()
	line := p.line
	p.mu.Unlock()
	if line != nil {
		b = line.outbox.take(b)
	}
	write(p.conn, websocket.MessageBinary, b)
}

func tickMessage(t soundcard.Tick) []byte {
	b := make([]byte, tickHeader, tickHeader+len(t.Microphone)+len(t.Played)+512)
	binary.LittleEndian.PutUint16(b, uint16(int16(max(math.MinInt16, min(math.MaxInt16, t.Longer))))) //nolint:gosec // bounded
	binary.LittleEndian.PutUint16(b[2:], uint16(min(math.MaxUint16, t.LeftOut)))                      //nolint:gosec // bounded
	b[4] = byte(t.Blocks)                                                                             //nolint:gosec // restTick at most
	if len(t.Microphone) > 0 {
		b[5] |= hasMicrophone
	}
	if len(t.Played) > 0 {
		b[5] |= hasPlayed
	}
	return append(append(b, t.Microphone...), t.Played...)
}

// answer takes what is to be played, and packets of the microphone.
func (p *cardPage) answer(b []byte) error {
	if len(b) < answerHeader {
		return errNoAnswer
	}
	frames, begun := int(binary.LittleEndian.Uint16(b))*soundcard.Frame, int(b[2])
	b = b[answerHeader:]
	if len(b) < frames {
		return errNoAnswer
	}
	p.desk.Play(b[:frames])
	p.mu.Lock()
	line := p.line
	p.begun = begun
	p.mu.Unlock()
	for b = b[frames:]; len(b) > 0; {
		if len(b) < 2 {
			return errNoAnswer
		}
		length := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if length > len(b) {
			return errNoAnswer
		}
		if line != nil {
			if err := line.speak(b[:length]); err != nil {
				return err
			}
		}
		b = b[length:]
	}
	return nil
}

func (s *Server) serveSound(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		return
	}
	defer s.running.Done()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // lineOf has compared it
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(maxAnswer)
	s.newCardPage(conn).serve(s.life)
}
