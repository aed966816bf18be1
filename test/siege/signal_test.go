package siege

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
	"github.com/earshot/earshot/test/siege/talking"
)

// What somebody says on the Signal connection without any client of ours in between.

// raw is a Signal WebSocket.
type raw struct {
	t  *testing.T
	ws *websocket.Conn
}

// dial opens one; status is the answer to the upgrade.
func dial(t *testing.T, s *sfu.Server, header http.Header) (r raw, status int, err error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // whoever it is
	t.Cleanup(transport.CloseIdleConnections)
	ws, res, err := websocket.Dial(t.Context(), "wss://"+talking.AddressOf(s)+"/v1/signal", //nolint:bodyclose // "You never need to close resp.Body yourself"
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header})
	if err == nil {
		ws.SetReadLimit(signal.MaxMessage)
		t.Cleanup(func() { _ = ws.CloseNow() })
	}
	if res != nil {
		status = res.StatusCode
	}
	return raw{t, ws}, status, err
}

// speak opens a Signal connection that has not joined.
func (c *talk) speak(t *testing.T) raw {
	t.Helper()
	r, _, err := dial(t, c.Room, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inside opens one that has joined, with a valid offer and no media.
func (c *talk) inside(t *testing.T, name string) (raw, *signal.Welcome) {
	t.Helper()
	r := c.speak(t)
	m := r.ask(joinFrame(t, name, offerOf(t, 2)))
	welcome, ok := m.(*signal.Welcome)
	if !ok {
		t.Fatalf("%s was not welcomed: %+v", name, m)
	}
	return r, welcome
}

// offerOf returns what a participant would offer.
func offerOf(t *testing.T, seats int) string {
	t.Helper()
	p, err := media.NewPeer(media.PeerConfig{Seats: seats, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	offer, err := p.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return offer
}

func joinFrame(t *testing.T, name, offer string) string {
	t.Helper()
	b, err := signal.Encode(&signal.Join{V: signal.Version, Name: name, Offer: offer})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (r raw) say(kind websocket.MessageType, frame string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return r.ws.Write(ctx, kind, []byte(frame))
}

// hear returns the next message that is no ordinary news, nil when the connection has ended.
func (r raw) hear() signal.Message {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, b, err := r.ws.Read(ctx)
		if err != nil {
			return nil
		}
		m, err := signal.DecodeEvent(b)
		if err != nil {
			r.t.Fatalf("the host said %.80q: %v", b, err)
		}
		switch m.(type) {
		case signal.Change, *signal.Levels, *signal.Links, *signal.Protect, *signal.Received:
			continue
		}
		return m
	}
}

func (r raw) ask(frame string) signal.Message {
	r.t.Helper()
	if err := r.say(websocket.MessageText, frame); err != nil {
		r.t.Fatal(err)
	}
	m := r.hear()
	if m == nil {
		r.t.Fatalf("no answer to %.60q", frame)
	}
	return m
}

// refused checks that a frame is answered with a code.
func (r raw) refused(kind websocket.MessageType, frame string, want signal.Code) {
	r.t.Helper()
	if err := r.say(kind, frame); err != nil {
		r.t.Fatal(err)
	}
	if got := codeOf(r.hear()); got != want {
		r.t.Errorf("%.60q: got %s, want %s", frame, got, want)
	}
}

func codeOf(m signal.Message) signal.Code {
	switch m := m.(type) {
	case nil:
		return "none: the end"
	case *signal.Bye:
		return m.Code
	case *signal.Error:
		return m.Code
	}
	return signal.Code("none: " + signal.Kind(m))
}

// refusedOutsideAndIn checks that a frame is refused with a code as the first one, and by a participant's connection, which
// goes on.
func (c *talk) refusedOutsideAndIn(t *testing.T, kind websocket.MessageType, frames map[string]signal.Code) {
	t.Helper()
	in, _ := c.inside(t, "Mallory")
	for frame, want := range frames {
		c.speak(t).refused(kind, frame, want)
		in.refused(kind, frame, want)
	}
	if m := in.ask(`{"type":"sync"}`); signal.Kind(m) != "snapshot" {
		t.Errorf("sync is answered with %s", signal.Kind(m))
	}
}

func TestBadInput_01_NotJSON(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	talk.refusedOutsideAndIn(t, websocket.MessageText, map[string]signal.Code{
		"hello": signal.CodeBadMessage, "}{": signal.CodeBadMessage, "": signal.CodeBadMessage, "null": signal.CodeBadMessage, "[]": signal.CodeBadMessage,
		"{}": signal.CodeBadMessage, `{"type":7}`: signal.CodeBadMessage, `{"type":"update","muted":"yes"}`: signal.CodeBadMessage,
		`{"type":"dance"}`: signal.CodeUnsupported,
	})
	talk.Undisturbed(t)
}

func TestBadInput_02_DeepAndHugeJSON(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	talk.refusedOutsideAndIn(t, websocket.MessageText, map[string]signal.Code{
		strings.Repeat("[", 20000):                                                              signal.CodeBadMessage,
		strings.Repeat(`{"type":`, 10000):                                                       signal.CodeBadMessage,
		`{"type":"sync","a":` + strings.Repeat("[", 50000) + "1}":                               signal.CodeBadMessage,
		`{"type":"candidate","candidate":"` + strings.Repeat("x", signal.MaxCandidate+1) + `"}`: signal.CodeTooLarge,
	})
	in, _ := talk.inside(t, "Eve")
	// Beyond the limit of a message the connection ends before the rest is read.
	_ = in.say(websocket.MessageText, `{"type":"update","x":"`+strings.Repeat("x", 10<<20)+`"}`)
	if m := in.hear(); m != nil {
		t.Errorf("10 MB were answered with %s", signal.Kind(m))
	}
	talk.Undisturbed(t)
}

func TestBadInput_03_BinaryFrame(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	talk.refusedOutsideAndIn(t, websocket.MessageBinary, map[string]signal.Code{
		"\x00\x01": signal.CodeBadMessage, `{"type":"sync"}`: signal.CodeBadMessage,
	})
	talk.Undisturbed(t)
}

// Connections that go as far as they can without saying what is awaited next.
func TestBadInput_04_HalfOpenSockets(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, func(c *sfu.Config) { c.JoinWithin = 500 * time.Millisecond })
	tcp := func() net.Conn {
		c, err := net.Dial("tcp", talking.AddressOf(talk.Room))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	silent := tcp()
	halfTLS := tcp()
	_, _ = halfTLS.Write([]byte{22, 3, 1, 2, 0, 1})
	halfICE := tcp()
	_, _ = halfICE.Write([]byte{0, 100, 0, 1})
	noRequest := tls.Client(tcp(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // whoever it is
	if err := noRequest.Handshake(); err != nil {
		t.Fatal(err)
	}
	halfRequest := tls.Client(tcp(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // as above
	_, _ = io.WriteString(halfRequest, "GET /v1/signal HTTP/1.1\r\nHost: x\r\n")
	noBody := tls.Client(tcp(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // as above
	_, _ = io.WriteString(noBody, "GET /v1/room HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
	noJoin := talk.speak(t)
	for name, c := range map[string]io.Reader{
		"silent": silent, "half a ClientHello": halfTLS, "half an ICE frame": halfICE, "TLS and nothing": noRequest, "half a request": halfRequest, "half a body": noBody,
	} {
		// 5 s for each step, and some time for a machine that stands still.
		if conn, ok := c.(net.Conn); ok {
			_ = conn.SetReadDeadline(time.Now().Add(3 * patience))
		}
		if _, err := io.Copy(io.Discard, c); isTimeout(err) {
			t.Errorf("%s: was kept", name)
		}
	}
	if m := noJoin.hear(); m != nil {
		t.Errorf("a connection without a join was told %s", signal.Kind(m))
	}
	talk.Undisturbed(t)
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// A participant whose app reads nothing more: its connection ends, and nobody waits for it.
func TestBadInput_05_SlowReader(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, func(c *sfu.Config) { c.MessagesPerSecond = 10_000 })
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // whoever it is
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(4096)
			}
			return c, err
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	ws, _, err := websocket.Dial(t.Context(), "wss://"+talking.AddressOf(talk.Room)+"/v1/signal", //nolint:bodyclose // as the package says
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	slow := raw{t, ws}
	welcome, ok := slow.ask(joinFrame(t, "Slow", offerOf(t, 2))).(*signal.Welcome)
	if !ok {
		t.Fatal("was not welcomed")
	}
	isGone := func() bool {
		room := talk.A.Snapshot()
		p, ok := room.Participant(welcome.You)
		return ok && p.Reconnecting
	}
	for end := time.Now().Add(3 * patience); !isGone(); {
		if time.Now().After(end) {
			t.Fatal("who does not read was kept")
		}
		for range 100 { // each is answered with the whole roster
			_ = slow.say(websocket.MessageText, `{"type":"sync"}`)
		}
	}
	talk.Undisturbed(t)
}

func TestBadInput_07_AMessageBeforeJoin(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	for _, frame := range []string{
		`{"type":"update","muted":true}`, `{"type":"leave"}`, `{"type":"sync"}`, `{"type":"report","received":1}`,
		`{"type":"candidate","candidate":""}`, `{"type":"restart","offer":"v=0\r\n"}`,
	} {
		talk.speak(t).refused(websocket.MessageText, frame, signal.CodeNotJoined)
	}
	talk.Undisturbed(t)
}

// A second offer while the first is being answered, and a second join: one is answered after the other, and none changes
// anybody else's connection.
func TestBadInput_08_ASecondOfferDuringNegotiation(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	first := talk.speak(t)
	join := joinFrame(t, "Mallory", offerOf(t, 2))
	restart, err := signal.Encode(&signal.Restart{Offer: offerOf(t, 2)})
	if err != nil {
		t.Fatal(err)
	}
	other, err := signal.Encode(&signal.Restart{Offer: offerOf(t, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, frame := range []string{join, string(restart), join, string(other)} { // without waiting for any answer
		if err := first.say(websocket.MessageText, frame); err != nil {
			t.Fatal(err)
		}
	}
	if m := first.hear(); signal.Kind(m) != "welcome" {
		t.Fatalf("the join got %s", codeOf(m))
	}
	if got := codeOf(first.hear()); got != signal.CodeBadOffer { // another certificate than the join's
		t.Errorf("a restart of somebody else's gets %s", got)
	}
	if got := codeOf(first.hear()); got != signal.CodeAlreadyJoined {
		t.Errorf("a second join gets %s", got)
	}
	if got := codeOf(first.hear()); got != signal.CodeBadOffer {
		t.Errorf("an offer of another shape gets %s", got)
	}
	talk.Undisturbed(t)
}

func TestBadInput_09_AnAnswerWithoutAnOffer(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	frames := make(map[string]signal.Code)
	for _, kind := range []string{"answer", "welcome", "restarted", "snapshot", "joined", "left", "updated", "seats", "levels", "links", "bye", "error"} {
		frames[`{"type":"`+kind+`","answer":"v=0\r\n","rev":9,"id":"x","seats":[],"code":"left"}`] = signal.CodeUnsupported
	}
	talk.refusedOutsideAndIn(t, websocket.MessageText, frames)
	talk.Undisturbed(t)
}

func TestBadInput_10_OffersOfOtherShapes(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, func(c *sfu.Config) { c.MaxPending = 64 })
	offer := offerOf(t, 10)
	swap := func(old, with string) string {
		changed := strings.ReplaceAll(offer, old, with)
		if changed == offer {
			t.Fatalf("the offer has no %q", old)
		}
		return changed
	}
	fingerprint := "a=fingerprint:sha-256 " + strings.TrimPrefix(valueOf(offer, "fingerprint"), "sha-256 ")
	section := offer[strings.LastIndex(offer, "m=audio"):]
	many := offer
	for n := range 490 {
		many += fmt.Sprintf("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:%d\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\n", 11+n)
	}
	for name, c := range map[string]struct {
		offer string
		want  signal.Code
	}{
		"nothing":                      {"", signal.CodeBadOffer},
		"a text":                       {"v=0 and then nonsense", signal.CodeBadOffer},
		"no m-lines":                   {offer[:strings.Index(offer, "m=audio")], signal.CodeBadOffer},
		"one m-line too many":          {offer + strings.Replace(section, "a=mid:10", "a=mid:11", 1), signal.CodeBadOffer},
		"500 m-lines":                  {many, signal.CodeBadOffer},
		"video":                        {strings.Replace(offer, "m=audio", "m=video", 1), signal.CodeBadOffer},
		"no codec":                     {swap("opus/48000/2", "speex/8000"), signal.CodeBadOffer},
		"a mid twice":                  {swap("a=mid:1\r\n", "a=mid:0\r\n"), signal.CodeBadOffer},
		"no mid":                       {swap("a=mid:1\r\n", ""), signal.CodeBadOffer},
		"a line of 1 MB":               {offer + "a=x:" + strings.Repeat("x", 1<<20) + "\r\n", "none: the end"},
		"a line of 90 kB":              {offer + "a=" + strings.Repeat("x", signal.MaxOffer), signal.CodeTooLarge},
		"a NUL":                        {offer + "\x00", signal.CodeBadOffer},
		"no fingerprint":               {swap("a=fingerprint:", "a=nothing:"), signal.CodeBadOffer},
		"SHA-1":                        {swap("sha-256 ", "sha-1 "), signal.CodeBadOffer},
		"half a fingerprint":           {swap(fingerprint, fingerprint[:40]), signal.CodeBadOffer},
		"plain RTP":                    {swap("UDP/TLS/RTP/SAVPF", "RTP/AVPF"), signal.CodeBadOffer},
		"keys in the offer":            {swap("a=mid:1\r\n", "a=mid:1\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"), signal.CodeBadOffer},
		"setup:holdconn":               {swap("a=setup:actpass", "a=setup:holdconn"), signal.CodeBadOffer},
		"no ICE credentials":           {swap("a=ice-pwd:", "a=nothing:"), signal.CodeBadOffer},
		"a short password":             {swap("a=ice-pwd:"+valueOf(offer, "ice-pwd"), "a=ice-pwd:short"), signal.CodeBadOffer},
		"a microphone that is sent to": {strings.Replace(offer, "a=sendonly", "a=recvonly", 1), signal.CodeBadOffer},
		"two microphones":              {strings.Replace(offer, "a=recvonly", "a=sendonly", 1), signal.CodeBadOffer},
	} {
		if got := codeOfJoin(talk.speak(t), joinFrame(t, "Mallory", c.offer)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	// These can be answered: what is odd in them is not taken over.
	for name, offer := range map[string]string{
		"bad fmtp":         strings.ReplaceAll(offer, "a=fmtp:", "a=fmtp:999 ;;;=;=\x7f;"),
		"two fingerprints": strings.Replace(offer, fingerprint, fingerprint+"\r\na=fingerprint:sha-1 AA:BB", 1),
	} {
		if got := codeOfJoin(talk.speak(t), joinFrame(t, "Odd", offer)); got != "none: welcome" && got != signal.CodeBadOffer {
			t.Errorf("%s: got %s", name, got)
		}
	}
	talk.Undisturbed(t)
}

func codeOfJoin(r raw, frame string) signal.Code {
	if r.say(websocket.MessageText, frame) != nil {
		return "none: the end"
	}
	return codeOf(r.hear())
}

// A web page, a wrong method, a wrong path, and a name that leads here by way of DNS: the port knows /v1 and nothing else.
func TestBadInput_14_WhatIsNoRequestOfAnApp(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // whoever it is
	defer transport.CloseIdleConnections()
	request := func(method, path string, header http.Header) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "https://"+talking.AddressOf(talk.Room)+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(r.Header, header)
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		for _, tells := range []string{"Server", "X-Powered-By", "Via"} {
			if v := res.Header.Get(tells); v != "" {
				t.Errorf("%s %s has %s: %s", method, path, tells, v)
			}
		}
		return res.StatusCode, string(body)
	}
	for _, path := range []string{"/v1/room", "/v1/record", "/v1/signal"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch, http.MethodTrace} {
			if status, body := request(method, path, nil); status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d %q", method, path, status, body)
			}
		}
		if status, body := request(http.MethodGet, path, http.Header{"Origin": {"https://evil.example"}}); status != http.StatusForbidden {
			t.Errorf("a web page got %s: %d %q", path, status, body)
		}
	}
	for _, path := range []string{"/", "/index.html", "/v1", "/v1/", "/v2/room", "/debug/pprof/", "/metrics", "/v1/room/", "/v1/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//", "/.git/config"} {
		status, body := request(http.MethodGet, path, nil)
		if status != http.StatusNotFound || strings.Contains(body, "<") || len(body) > 100 {
			t.Errorf("GET %s: %d %q", path, status, body)
		}
	}
	talk.Undisturbed(t)
}

func TestBadInput_14_AResumeTokenIsGoodForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	first, welcome := talk.inside(t, "Mallory")
	resume := func(token string) string { return `{"type":"join","v":1,"resume":"` + token + `"}` }
	second := talk.speak(t)
	if m := second.ask(resume(welcome.Resume)); signal.Kind(m) != "resumed" && signal.Kind(m) != "snapshot" && signal.Kind(m) != "welcome" {
		t.Fatalf("a resume got %s", codeOf(m))
	}
	if got := codeOf(first.hear()); got != signal.CodeReplaced {
		t.Errorf("the connection before got %s", got)
	}
	if err := second.say(websocket.MessageText, `{"type":"leave"}`); err != nil {
		t.Fatal(err)
	}
	if got := codeOf(second.hear()); got != signal.CodeLeft {
		t.Errorf("leave got %s", got)
	}
	// What has been used up, cut off or guessed.
	for _, token := range []string{welcome.Resume, welcome.Resume[:10], strings.Repeat("A", len(welcome.Resume)), welcome.You, "x"} {
		talk.speak(t).refused(websocket.MessageText, resume(token), signal.CodeExpired)
	}
	talk.speak(t).refused(websocket.MessageText, resume(strings.Repeat("x", 500)), signal.CodeTooLarge)
	talk.Undisturbed(t)
}

// After a leave nothing that comes is acted on, and nobody is named by an id that is not theirs.
func TestBadInput_15_ActingAfterTheEnd(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	left, welcome := talk.inside(t, "Mallory")
	for _, frame := range []string{`{"type":"leave"}`, `{"type":"leave"}`, `{"type":"update","muted":true}`, `{"type":"restart","offer":"v=0\r\n"}`} {
		_ = left.say(websocket.MessageText, frame)
	}
	if got := codeOf(left.hear()); got != signal.CodeLeft {
		t.Errorf("leave got %s", got)
	}
	if m := left.hear(); m != nil {
		t.Errorf("%s came after the end", codeOf(m))
	}
	eventually(t, "the roster without Mallory", func() bool {
		room := talk.A.Snapshot()
		_, there := room.Participant(welcome.You)
		return !there
	})
	// An id is of no use to anybody but the room: messages act on their sender, whatever they name.
	in, _ := talk.inside(t, "Eve")
	for _, id := range []string{talk.A.You(), "nobody", welcome.You} {
		if err := in.say(websocket.MessageText, `{"type":"update","muted":true,"id":"`+id+`","participant":"`+id+`","you":"`+id+`"}`); err != nil {
			t.Fatal(err)
		}
	}
	in.ask(`{"type":"sync"}`)
	talk.Undisturbed(t)
}

// upgraded is a Signal connection on which frames can be written byte by byte.
func (c *talk) upgraded(t *testing.T) net.Conn {
	t.Helper()
	tcp, err := net.Dial("tcp", talking.AddressOf(c.Room))
	if err != nil {
		t.Fatal(err)
	}
	over := tls.Client(tcp, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // whoever it is
	t.Cleanup(func() { _ = tcp.Close() })
	_, err = io.WriteString(over, "GET /v1/signal HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(over), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Fatalf("the upgrade is answered with %s, extensions %q", res.Status, res.Header.Get("Sec-WebSocket-Extensions"))
	}
	return over
}
