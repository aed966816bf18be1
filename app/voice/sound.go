package voice

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"math"
	"net/http"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/app/soundcard"
)

const (
	// tickHeader is the bytes before the samples of a tick, a multiple of a sample's so that a page reads them in place.
	tickHeader = 4
	// maxPlayed bounds what a page gives back for a tick, in bytes: twice what is ever asked for.
	maxPlayed = 2 * soundcard.Block * soundcard.Frame
)

// soundWish is what a page says of the devices.
type soundWish struct {
	Microphone bool   `json:"microphone"`
	Played     bool   `json:"played"`
	Input      string `json:"input"`
	Output     string `json:"output"`
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

// play is the life of a page's connection to the sound card. It ends with the page's connection, or the server's.
func (s *Server) play(ctx context.Context, conn *websocket.Conn) {
	defer conn.CloseNow() //nolint:errcheck // it is over
	desk := soundcard.Open(s.log, func(t soundcard.Tick) { write(conn, websocket.MessageBinary, tickMessage(t)) },
		func(s soundcard.State) {
			b, _ := json.Marshal(soundState(s)) // strings and flags
			write(conn, websocket.MessageText, b)
		})
	defer desk.Close()
	for {
		kind, b, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageBinary {
			desk.Play(b)
			continue
		}
		var wish soundWish
		if err := json.Unmarshal(b, &wish); err != nil {
			s.log.Debug("no_wish", slog.Any("error", err))
			return
		}
		desk.Set(soundcard.Wish(wish))
	}
}

func tickMessage(t soundcard.Tick) []byte {
	b := make([]byte, tickHeader, tickHeader+len(t.Microphone)+len(t.Played))
	binary.LittleEndian.PutUint16(b, uint16(int16(max(math.MinInt16, min(math.MaxInt16, t.Longer))))) //nolint:gosec // bounded
	return append(append(b, t.Microphone...), t.Played...)
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
	conn.SetReadLimit(maxPlayed)
	s.play(s.life, conn)
}
