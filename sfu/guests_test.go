package sfu_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

var guestPages = fstest.MapFS{
	"index.html":               {Data: []byte("<!doctype html><title>Earshot</title>")},
	"assets/index-B2xk93Qw.js": {Data: []byte("console.log(1)")},
	"assets/secret.key":        {Data: []byte("no such type")},
}

// withGuests starts a room that takes guests.
func withGuests(t *testing.T, adjust func(*sfu.Config)) *sfu.Server {
	t.Helper()
	return startRoom(t, func(c *sfu.Config) {
		c.Guests.Pages, c.Rules.Guests, c.MessagesPerSecond, c.MaxGuests = guestPages, true, 1000, 100
		if adjust != nil {
			adjust(c)
		}
	})
}

// browserTo is a browser as far as TLS can tell: it offers ALPN.
func browserTo(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answered is what came beside the body.
type answered struct {
	StatusCode int
	Header     http.Header
}

// gets asks for an address with a Host and an Origin, where they are not "".
func gets(t *testing.T, c *http.Client, url, host, origin string) (res answered, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if r.Host = host; origin != "" {
		r.Header.Set("Origin", origin)
	}
	response, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header}, string(b)
}

// guestSocket opens a guest's Signal connection as our page does, or with another Host or Origin.
func guestSocket(t *testing.T, s *sfu.Server, host, origin string) (*websocket.Conn, int) {
	t.Helper()
	options := &websocket.DialOptions{HTTPClient: browserTo(t), Host: host, HTTPHeader: http.Header{}}
	if origin != "" {
		options.HTTPHeader.Set("Origin", origin)
	}
	ws, res, err := websocket.Dial(t.Context(), "wss://"+addressOf(s)+"/guest/signal", options) //nolint:bodyclose // "You never need to close resp.Body yourself"
	if err == nil {
		t.Cleanup(func() { _ = ws.CloseNow() })
	}
	if res == nil {
		t.Fatal(err)
	}
	return ws, res.StatusCode
}

// guest opens a connection as our page does and joins; the answer is the first that is no news.
func guest(t *testing.T, s *sfu.Server, join signal.Join) (*websocket.Conn, signal.Message) {
	t.Helper()
	ws, status := guestSocket(t, s, "", "https://"+addressOf(s))
	if ws == nil {
		t.Fatalf("status %d", status)
	}
	p, offer := newOffer(t, 1)
	t.Cleanup(func() { _ = p.pc.Close() })
	join.V, join.Offer = signal.Version, offer
	if join.Name == "" {
		join.Name = "Visitor"
	}
	b, err := signal.Encode(&join)
	if err != nil {
		t.Fatal(err)
	}
	return ws, answer(t, ws, websocket.MessageText, string(b))
}

// next returns the host's next message that is no ordinary news.
func next(t *testing.T, ws *websocket.Conn) signal.Message {
	t.Helper()
	return answer(t, ws, websocket.MessageText, `{"type":"beat"}`)
}

func TestGuests_AreLetInByTheHostAndMarked(t *testing.T) {
	s := withGuests(t, nil)
	host := hostOf(t, s)
	ws, got := guest(t, s, signal.Join{Name: "Noor", Recording: true, HostKey: s.HostKey()})
	if _, ok := got.(*signal.Waiting); !ok {
		t.Fatalf("got %s, want waiting, whatever the guest claims", codeOf(got))
	}
	knock := atTheDoor(t, host, 1)[0]
	if !knock.Guest || knock.Key != "" || knock.Name != "Noor" {
		t.Errorf("knock %+v", knock)
	}
	if got := next(t, ws); signal.Kind(got) != "beat" {
		t.Errorf("a beat while waiting got %s", codeOf(got))
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedAdmit, ID: knock.ID})
	welcome, ok := next(t, ws).(*signal.Welcome)
	if !ok {
		t.Fatal("no welcome")
	}
	us, _ := welcome.Room.Participant(welcome.You)
	if !us.Guest || us.Key != "" || us.Host || us.Recording {
		t.Errorf("in the roster as %+v", us)
	}
	said := answer(t, ws, websocket.MessageText, `{"type":"say","text":"Hello","tag":"t1"}`)
	for signal.Kind(said) != "chat" { // the beat's own answer, and files of nobody
		said = next(t, ws)
	}
	if chat, _ := said.(*signal.Chat); !chat.Messages[0].Guest {
		t.Errorf("wrote as %+v", chat.Messages[0])
	}
}

func TestGuests_OfARoomThatTakesNoneAreRefused(t *testing.T) {
	for name, rules := range map[string]signal.Rules{
		"by default":                       {},
		"where nobody enters without keys": {Guests: true, NoGuests: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := withGuests(t, func(c *sfu.Config) { c.Rules.Rules = rules })
			base := "https://" + addressOf(s)
			for _, path := range []string{"/", "/guest/", "/guest/assets/index-B2xk93Qw.js", "/guest/room"} {
				res, body := gets(t, browserTo(t), base+path, "", "")
				if res.StatusCode != http.StatusForbidden || !strings.Contains(body, "takes no guests") {
					t.Errorf("%s: %d %.60s", path, res.StatusCode, body)
				}
			}
			if ws, status := guestSocket(t, s, "", base); ws != nil || status != http.StatusForbidden {
				t.Errorf("a socket: %d", status)
			}
		})
	}
	s := startRoom(t, func(c *sfu.Config) { c.Rules.Guests = true }) // by a program without the page
	if res, _ := gets(t, browserTo(t), "https://"+addressOf(s)+"/guest/", "", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("without pages: %d", res.StatusCode)
	}
}

func TestGuests_TheDoorstepSpeaksTheBrowsersLanguage(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.Rules.Guests = false })
	for accept, want := range map[string]string{"": `lang="en"`, "ko-KR,ko;q=0.9,en;q=0.8": `lang="ko"`, "en-GB,ko;q=0.5": `lang="en"`} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+addressOf(s)+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Language", accept)
		res, err := browserTo(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if !strings.Contains(string(b), want) {
			t.Errorf("%q: %.60s, want %s", accept, b, want)
		}
	}
}

func TestGuests_RuleChangesHoldForThoseAtTheDoor(t *testing.T) {
	s := withGuests(t, nil)
	host := hostOf(t, s)
	ws, _ := guest(t, s, signal.Join{})
	atTheDoor(t, host, 1)
	off, on := false, true
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Guests: &off}})
	if got := codeOf(next(t, ws)); got != signal.CodeNoGuests {
		t.Errorf("who waited got %s", got)
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Guests: &on, GuestsFree: &on}})
	if _, got := guest(t, s, signal.Join{}); codeOf(got) != "none: welcome" {
		t.Errorf("where guests enter freely: %s", codeOf(got))
	}
	host.does(t, "", signal.Moderate{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &on}})
	if _, got := guest(t, s, signal.Join{}); codeOf(got) != signal.CodeLocked {
		t.Errorf("of a locked room: %s", codeOf(got))
	}
}

// A guest has nothing to be known by but the address, so a removal holds for that, for as long as a refusal.
func TestGuests_RemovedOnesStayOutForAWhileAndCannotBeBanned(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.Rules.GuestsFree, c.KnockAgain = true, 400*time.Millisecond })
	host := hostOf(t, s)
	ws, got := guest(t, s, signal.Join{})
	welcome, ok := got.(*signal.Welcome)
	if !ok {
		t.Fatal(codeOf(got))
	}
	host.does(t, signal.CodeNoKey, signal.Moderate{Do: signal.DeedBan, ID: welcome.You})
	host.does(t, signal.CodeNoKey, signal.Moderate{Do: signal.DeedAppoint, ID: welcome.You})
	host.does(t, "", signal.Moderate{Do: signal.DeedRemove, ID: welcome.You})
	if got := codeOf(next(t, ws)); got != signal.CodeRemoved {
		t.Errorf("the removed one got %s", got)
	}
	if _, got := guest(t, s, signal.Join{}); codeOf(got) != signal.CodeRefused {
		t.Errorf("at once again: %s", codeOf(got))
	}
	if p := comeIn(t, s, "Jun"); p.You() == "" { // an app at that address is somebody else
		t.Error("an app was kept out")
	}
	time.Sleep(500 * time.Millisecond)
	if _, got := guest(t, s, signal.Join{}); codeOf(got) != "none: welcome" {
		t.Errorf("after KnockAgain: %s", codeOf(got))
	}
}

// All that an app may send is written here: what is added to the protocol is not open to guests before somebody decides that.
func TestGuests_MaySendTheseMessagesAndNoOthers(t *testing.T) {
	frames := map[string]string{
		"candidate": `{"type":"candidate","candidate":""}`, "restart": "", "update": `{"type":"update","muted":true}`,
		"sync": `{"type":"sync"}`, "report": `{"type":"report","received":1}`, "say": `{"type":"say","text":"a","tag":"b"}`, "beat": `{"type":"beat"}`, "leave": "",
	}
	forbidden := map[string]string{
		"moderate": `{"type":"moderate","ask":1,"do":"end"}`,
		"share":    `{"type":"share","ask":1,"id":"4TWJ6RZQ3XKM2PLB7N5VHCDYEA","name":"a.txt","size":1}`,
		"unshare":  `{"type":"unshare","id":"4TWJ6RZQ3XKM2PLB7N5VHCDYEA"}`,
		"fetch":    `{"type":"fetch","id":"4TWJ6RZQ3XKM2PLB7N5VHCDYEA","do":"taken"}`,
		"tape":     `{"type":"tape","offer":"v=0\r\n"}`,
		"prove":    `{"type":"prove","v":1,"share":"AA=="}`,
		"join":     `{"type":"join","v":1,"name":"A","offer":"v=0\r\n"}`,
		"a record": `{"type":"update","recording":true}`,
	}
	source, err := os.ReadFile("signal/message.go")
	if err != nil {
		t.Fatal(err)
	}
	requests, _, _ := strings.Cut(string(source[strings.Index(string(source), "func DecodeRequest"):]), "func DecodeEvent")
	all := regexp.MustCompile(`case "(\w+)":`).FindAllStringSubmatch(requests, -1)
	if len(all) < 10 {
		t.Fatalf("found %d messages in the source", len(all))
	}
	for _, kind := range all {
		_, may := frames[kind[1]]
		if _, may2 := forbidden[kind[1]]; may == may2 {
			t.Errorf("%s is neither allowed nor forbidden here", kind[1])
		}
	}
	s := withGuests(t, func(c *sfu.Config) { c.Rules.GuestsFree = true })
	ws, _ := guest(t, s, signal.Join{})
	for kind, frame := range forbidden {
		if got := codeOf(answer(t, ws, websocket.MessageText, frame)); got != signal.CodeForbidden {
			t.Errorf("%s got %s", kind, got)
		}
	}
	for kind, frame := range frames {
		if frame == "" {
			continue
		}
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		for got := next(t, ws); signal.Kind(got) != "beat"; got = next(t, ws) {
			if codeOf(got) == signal.CodeForbidden || codeOf(got) == signal.CodeUnsupported {
				t.Errorf("%s got %s", kind, codeOf(got))
			}
		}
	}
}

// What other web pages, names that lead here and other paths get.
func TestGuests_OtherSitesNamesAndPathsGetNothing(t *testing.T) {
	s := withGuests(t, nil)
	base, browser := "https://"+addressOf(s), browserTo(t)
	for _, c := range []struct {
		path, host, origin string
		want               int
	}{
		{"/guest/", "", "", http.StatusOK},
		{"/guest/", "", base, http.StatusOK},
		{"/guest/assets/index-B2xk93Qw.js", "", "", http.StatusOK},
		{"/guest/room", "", "", http.StatusOK},
		{"/guest/assets/secret.key", "", "", http.StatusNotFound},
		{"/guest/../v1/room", "", "", http.StatusNotFound},
		{"/guest/..%2f..%2fetc/passwd", "", "", http.StatusNotFound},
		{"/guest/", "evil.example:7788", "", http.StatusMisdirectedRequest}, // DNS rebinding
		{"/", "evil.example", "", http.StatusMisdirectedRequest},
		{"/guest/", "", "https://evil.example", http.StatusForbidden},
		{"/guest/", "", "null", http.StatusForbidden},
		{"/v1/room", "", base, http.StatusForbidden}, // a page has no business with what is for apps
		{"/v1/signal", "", base, http.StatusForbidden},
		{"/bridge", "", "", http.StatusNotFound},
		{"/guest/signal", "", "", http.StatusForbidden},
	} {
		if res, body := gets(t, browser, base+c.path, c.host, c.origin); res.StatusCode != c.want {
			t.Errorf("%s as %q from %q: %d %.60s, want %d", c.path, c.host, c.origin, res.StatusCode, body, c.want)
		}
	}
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"", "https://evil.example", http.StatusForbidden},
		{"", "http://" + addressOf(s), http.StatusForbidden},
		{"evil.example", "https://evil.example", http.StatusMisdirectedRequest},
		{"", base, http.StatusSwitchingProtocols},
	} {
		if _, status := guestSocket(t, s, c.host, c.origin); status != c.want {
			t.Errorf("a socket as %q from %q: %d, want %d", c.host, c.origin, status, c.want)
		}
	}
	res, _ := gets(t, browser, base+"/guest/", "", "")
	policy := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "connect-src 'self' wss://"+addressOf(s)+";") || strings.Contains(policy, "ws://127") ||
		!strings.Contains(policy, "frame-ancestors 'none'") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", res.Header)
	}
	if res, _ := gets(t, browser, base+"/", "", ""); res.Header.Get("Location") != base+"/guest/" {
		t.Errorf("/ leads to %q", res.Header.Get("Location"))
	}
	if res, _ := gets(t, browser, "http://"+addressOf(s)+"/", "", ""); res.Header.Get("Location") != base+"/guest/" { // without https
		t.Errorf("http leads to %d %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res, _ := gets(t, browser, "http://"+addressOf(s)+"/v1/room", "evil.example", ""); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("http as another name: %d", res.StatusCode)
	}
}

// An app is asked for its key and a browser is not; a token is good for the way by which it came.
func TestGuests_AppsAreStillAskedForTheirKey(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.Rules.GuestsFree = true })
	app := comeIn(t, s, "Jun")
	room := app.Snapshot()
	if us, _ := room.Participant(app.You()); us.Key != app.key() || us.Guest {
		t.Errorf("an app is %+v", us)
	}
	asked := false
	c, err := tls.Dial("tcp", addressOf(s), &tls.Config{
		InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return new(tls.Certificate), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if asked {
		t.Error("a browser is asked for a certificate, which opens a dialog")
	}
	ws, got := guest(t, s, signal.Join{})
	welcome, ok := got.(*signal.Welcome)
	if !ok {
		t.Fatal(codeOf(got))
	}
	_ = ws.CloseNow()
	raw, _, err := rawSignal(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	resume := fmt.Sprintf(`{"type":"join","v":1,"resume":%q}`, welcome.Resume)
	if got := codeOf(answer(t, raw, websocket.MessageText, resume)); got != signal.CodeExpired {
		t.Errorf("a guest's token by the way of apps: %s", got)
	}
	back, _ := guestSocket(t, s, "", "https://"+addressOf(s))
	if got := codeOf(answer(t, back, websocket.MessageText, resume)); got != "none: welcome" {
		t.Errorf("a guest's token by its own way: %s", got)
	}
}

// A guest types the PIN into the host's own page: it counts like any other try of that address.
func TestGuests_PINsCountInTheSameLockout(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.Rules.GuestsFree, c.PIN = true, "4711" })
	for pin, want := range map[string]signal.Code{"": signal.CodePINNeeded, "47": signal.CodeBadPIN, "４７１１": "none: welcome"} {
		if _, got := guest(t, s, signal.Join{PIN: pin}); codeOf(got) != want {
			t.Errorf("PIN %q: %s, want %s", pin, codeOf(got), want)
		}
	}
	for i := range 5 {
		if _, got := guest(t, s, signal.Join{PIN: "0000"}); codeOf(got) != signal.CodeWrongPIN {
			t.Fatalf("try %d: %s", i, codeOf(got))
		}
	}
	if _, got := guest(t, s, signal.Join{PIN: "4711"}); codeOf(got) != signal.CodePINLater {
		t.Errorf("a sixth try: %s", codeOf(got))
	}
	if got := tryPIN(t, addressOf(s), s.Fingerprint(), "4711"); got != signal.CodePINLater {
		t.Errorf("an app at that address: %q", got)
	}
}

// organisation makes a certificate of an authority that nobody knows, for these names.
func organisation(t *testing.T, names []string, ips ...net.IP) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "org"}, DNSNames: names, IPAddresses: ips,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestGuests_TheOrganisationsCertificateIsForBrowsersThatAskForItsNames(t *testing.T) {
	org := organisation(t, []string{"*.rooms.example", "mina.example"})
	s := withGuests(t, func(c *sfu.Config) { c.Guests.Certificate, c.Rules.GuestsFree = org, true })
	shown := func(name string, protos ...string) string {
		c, err := tls.Dial("tcp", addressOf(s), &tls.Config{InsecureSkipVerify: true, ServerName: name, NextProtos: protos})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return identity.Fingerprint(c.ConnectionState().PeerCertificates[0])
	}
	for _, c := range []struct {
		what, name string
		protos     []string
		org        bool
	}{
		{"a browser by the name", "mina.example", []string{"h2", "http/1.1"}, true},
		{"its WebSocket", "mina.example", []string{"http/1.1"}, true},
		{"a browser by another name of it", "a.rooms.example", []string{"h2", "http/1.1"}, true},
		{"a browser by the address", "", []string{"h2", "http/1.1"}, false},
		{"a browser by a foreign name", "evil.example", []string{"h2", "http/1.1"}, false},
		{"an app", "earshot", nil, false},
		{"an app by the name", "mina.example", nil, false},
	} {
		if got := shown(c.name, c.protos...); (got == identity.Fingerprint(org.Leaf)) != c.org || !c.org && got != s.Fingerprint() {
			t.Errorf("%s was shown %s", c.what, got)
		}
	}
	if p := enter(t, s, "Jun", func(c *client.Config) { c.Fingerprint = s.Fingerprint() }); p.You() == "" {
		t.Error("the pin of an app does not hold")
	}
	port := addressOf(s)[strings.LastIndex(addressOf(s), ":"):]
	if g := s.GuestInvite(); g.Link != "https://mina.example"+port || !g.Trusted || len(g.Certificate) != 95 {
		t.Errorf("guests are invited by %+v", g)
	}
	host := "mina.example" + port
	if res, _ := gets(t, browserTo(t), "https://"+addressOf(s)+"/guest/", host, ""); res.StatusCode != http.StatusOK {
		t.Errorf("the page by its name: %d", res.StatusCode)
	}
	if _, status := guestSocket(t, s, host, "https://"+host); status != http.StatusSwitchingProtocols {
		t.Errorf("a socket by its name: %d", status)
	}
}

func TestGuests_AreInvitedByTheAddressWithoutAnOrganisation(t *testing.T) {
	s := withGuests(t, nil)
	g := s.GuestInvite()
	if g.Link != "https://"+s.Invite().Address || g.Trusted || !regexp.MustCompile(`^([0-9A-F]{2}:){31}[0-9A-F]{2}$`).MatchString(g.Certificate) {
		t.Errorf("%+v", g)
	}
	if g := startRoom(t, nil).GuestInvite(); g != (sfu.GuestInvite{}) {
		t.Errorf("a room that can take none: %+v", g)
	}
}

func TestGuests_AreOfferedNoFiles(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.Rules.GuestsFree = true })
	host := hostOf(t, s)
	_, got := guest(t, s, signal.Join{})
	welcome, ok := got.(*signal.Welcome)
	if !ok {
		t.Fatal(codeOf(got))
	}
	err := host.Share(t.Context(), signal.Share{ID: "4TWJ6RZQ3XKM2PLB7N5VHCDYEA", Name: "a.txt", Size: 1, To: welcome.You})
	if signal.AsProblem(err) == nil || signal.AsProblem(err).Code != signal.CodeNobody {
		t.Errorf("a file for a guest: %v", err)
	}
}

func TestLimits_MaxGuests(t *testing.T) {
	s := withGuests(t, func(c *sfu.Config) { c.Rules.GuestsFree, c.MaxGuests = true, 2 })
	first, _ := guest(t, s, signal.Join{})
	guest(t, s, signal.Join{})
	if _, status := guestSocket(t, s, "", "https://"+addressOf(s)); status != http.StatusTooManyRequests {
		t.Errorf("one beyond: %d", status)
	}
	comeIn(t, s, "Jun") // apps do not count
	_ = first.CloseNow()
	eventually(t, "a place is free again", func() bool {
		_, status := guestSocket(t, s, "", "https://"+addressOf(s))
		return status == http.StatusSwitchingProtocols
	})
}
