package reach

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/earshot/earshot/internal/examples"
	"github.com/earshot/earshot/sfu"
)

const (
	aToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	anID   = "ZYXWVUTSRQPONMLKJIHGFEDCBA"
)

func aReport() report {
	return report{Version: 1, Token: aToken, ID: anID, By: "보라 = \\ \"x\"", Heard: Yes, TCP: No, UDP: Yes}
}

func TestMulticast_SurvivesThePacket(t *testing.T) {
	b, err := request{Version: 1, Token: aToken, Port: 7788}.multicast()
	if err != nil {
		t.Fatal(err)
	}
	if r, told, err := parseMulticast(b); err != nil || told != nil || *r != (request{1, aToken, 7788}) {
		t.Errorf("%+v %+v %v", r, told, err)
	}
	want := aReport()
	if b, err = want.multicast(); err != nil {
		t.Fatal(err)
	}
	if r, told, err := parseMulticast(b); err != nil || r != nil || *told != want {
		t.Errorf("%+v %+v %v", r, told, err)
	}
	if len(b) > 400 {
		t.Errorf("a report has %d bytes", len(b))
	}
}

// Whoever does not know the record sees a plain query for rooms: one question, nothing it would take for a known answer
// or for a claim to a name.
func TestMulticast_IsAPlainQueryForOthers(t *testing.T) {
	b, err := request{Version: 1, Token: aToken, Port: 7788}.multicast()
	if err != nil {
		t.Fatal(err)
	}
	var msg dns.Msg
	if err := msg.Unpack(b); err != nil {
		t.Fatal(err)
	}
	if len(msg.Question) != 1 || msg.Question[0].Name != "_earshot._tcp.local." || len(msg.Answer) != 0 || len(msg.Ns) != 0 || msg.Response {
		t.Errorf("%+v", msg)
	}
	told, err := aReport().multicast()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(told), "\x08_earshot") {
		t.Error("a report looks like a room's record to those who do not know it")
	}
}

func TestMulticast_RefusesWhatIsNot(t *testing.T) {
	pack := func(response bool, name string, text ...string) []byte {
		rr := record(text...)
		rr.Hdr.Name = name
		msg := dns.Msg{MsgHdr: dns.MsgHdr{Response: response}}
		if response {
			msg.Answer = []dns.RR{rr}
		} else {
			msg.Extra = []dns.RR{rr}
		}
		b, err := msg.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"empty":           nil,
		"no DNS":          []byte(string(recordMark) + strings.Repeat("x", 100)),
		"too long":        make([]byte, maxPacket+1),
		"another name":    pack(false, "other._earshot-reach._udp.local.", "v=1", "ask="+aToken, "port=7788"),
		"another version": pack(false, recordName, "v=2", "ask="+aToken, "port=7788"),
		"a system port":   pack(false, recordName, "v=1", "ask="+aToken, "port=22"),
		"port 65536":      pack(false, recordName, "v=1", "ask="+aToken, "port=65536"),
		"port -1":         pack(false, recordName, "v=1", "ask="+aToken, "port=-1"),
		"a short token":   pack(false, recordName, "v=1", "ask=ABC", "port=7788"),
		"a strange token": pack(false, recordName, "v=1", "ask="+strings.Repeat("é", 13), "port=7788"),
		"no name":         pack(true, recordName, "v=1", "re="+aToken, "id="+anID, "heard=yes", "tcp=yes", "udp=yes"),
		"maybe":           pack(true, recordName, "v=1", "re="+aToken, "id="+anID, "heard=maybe", "tcp=yes", "udp=yes", "by=S2lt"),
	} {
		if r, told, err := parseMulticast(b); err == nil {
			t.Errorf("%s: %+v %+v", name, r, told)
		}
	}
}

func TestDatagram(t *testing.T) {
	b := aReport().datagram()
	if token, id, ok := parseDatagram(b); !ok || token != aToken || id != anID {
		t.Error(token, id, ok)
	}
	// RFC 7983 §7: 0-3 STUN, 16-19 ZRTP, 20-63 DTLS, 64-79 TURN channels, 128-191 RTP and RTCP.
	if first := b[0]; first < 4 || first >= 16 && first < 80 || first >= 128 && first < 192 {
		t.Errorf("a datagram begins with %d, which is another protocol's", first)
	}
	for _, bad := range []string{"", sfu.ReachPrefix, string(b) + "x", string(b[:len(b)-1]), strings.ToLower(string(b))} {
		if _, _, ok := parseDatagram([]byte(bad)); ok {
			t.Errorf("%q is taken for one", bad)
		}
	}
}

func TestLimit_FewAMinuteForEachAndForAll(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	asker := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, n}) }
	var l limit
	try := func(n byte) bool {
		ok := l.begin(asker(n), at)
		if ok {
			l.end()
		}
		return ok
	}
	for n := range 10 {
		if got := try(1); got != (n < dialsPerAsker) {
			t.Errorf("dial %d for one asker: %v", n+1, got)
		}
	}
	allowed := dialsPerAsker
	for n := range 100 {
		if try(byte(n + 2)) {
			allowed++
		}
	}
	if allowed != dialsPerMinute {
		t.Errorf("%d dials for all in a minute", allowed)
	}
	at = at.Add(time.Minute)
	if !try(1) {
		t.Error("nobody may ask after a minute")
	}
	if !l.begin(asker(2), at) || !l.begin(asker(3), at) || l.begin(asker(4), at) {
		t.Error("want two dials at once")
	}
}

func TestResult_Conclusions(t *testing.T) {
	end := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	early := end.Add(-2 * time.Second)
	told := func(tcp, udp Answer) *report { return &report{TCP: tcp, UDP: udp} }
	for _, c := range []struct {
		name    string
		replies []reply
		foreign bool
		want    string // tcp, udp, by, unheard, not hearing
	}{
		{"nobody", nil, false, "unknown unknown - - -"},
		{"one gets through", []reply{{by: "Kim", first: early, tcp: true, udp: true, heard: Yes}}, true, "yes yes Kim - -"},
		{"one gets through and is not heard", []reply{{by: "Kim", first: early, tcp: true, udp: true, heard: Yes}}, false, "yes yes Kim Kim -"},
		{"TCP is shut, it says", []reply{{by: "Kim", first: early, udp: true, sent: true, told: told(No, Yes)}}, true, "no yes Kim - -"},
		{"TCP is shut, and we do not hear it say so", []reply{{first: early, udp: true}}, true, "no yes - - -"},
		{"UDP has come, TCP may yet", []reply{{first: end.Add(-time.Millisecond), udp: true}}, true, "unknown yes - - -"},
		{"UDP is shut", []reply{{by: "Kim", first: early, tcp: true, sent: true}}, true, "yes no Kim - -"},
		{"it could not send UDP", []reply{{by: "Kim", first: early, tcp: true, told: told(Yes, No)}}, true, "yes unknown Kim - -"},
		{"both are shut", []reply{{by: "Kim", first: early, sent: true, told: told(No, Yes)}}, true, "no no Kim - -"},
		{"it says so, and its connection was not seen", []reply{{by: "Kim", first: early, sent: true, told: told(Yes, Yes)}}, true, "yes no Kim - -"},
		{
			"one of two gets through",
			[]reply{{by: "Kim", first: early, sent: true, told: told(No, Yes)}, {by: "Lee", first: early, tcp: true, udp: true}},
			true,
			"yes yes Lee - -",
		},
		{"a host does not hear us", []reply{{by: "Kim", first: early, tcp: true, udp: true, heard: No}}, true, "yes yes Kim - Kim"},
		{
			"one host does not hear us, another does",
			[]reply{{by: "Kim", first: early, tcp: true, udp: true, told: told(Yes, Yes), heard: No}, {by: "Lee", first: early, tcp: true, heard: Yes}},
			true,
			"yes yes Kim - -",
		},
	} {
		q := &inquiry{replies: make(map[string]*reply), foreign: c.foreign}
		for n, r := range c.replies {
			q.replies[string(rune('a'+n))] = &r
		}
		var r Result
		r.judge(q, end, time.Second)
		got := []string{string(r.TCP), string(r.UDP), r.By, r.Unheard, r.NotHearing}
		for n, s := range got {
			if s == "" {
				got[n] = "-"
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

func TestProtocol_ExamplesAreWhatIsRead(t *testing.T) {
	all, err := examples.Read("../../docs/PROTOCOL.md", "reach/")
	if err != nil {
		t.Fatal(err)
	}
	seen := ""
	for _, e := range all {
		var asked request
		var told report
		var value any = &asked
		ok := func() bool { return asked.valid() }
		if e.Name == "report" {
			value, ok = &told, func() bool { return told.valid() }
		}
		if err := readBody(strings.NewReader(e.JSON), value); err != nil || !ok() {
			t.Errorf("%s: %v", e.JSON, err)
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(e.JSON)); err != nil || want.String() != string(again) {
			t.Errorf("%s became %s (%v)", want.String(), again, err)
		}
		seen += e.Name + " "
	}
	if seen != "request report " {
		t.Errorf("examples of %s", seen)
	}
}

// Of a port that another program of this computer has we know only what others say.
func TestResult_OfAPortElsewhere(t *testing.T) {
	end := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for tcp, want := range map[Answer]string{Yes: "yes unknown", No: "no unknown", Unknown: "unknown unknown"} {
		q := &inquiry{elsewhere: true, foreign: true, replies: map[string]*reply{
			"a": {by: "Kim", first: end.Add(-time.Second), sent: true, told: &report{TCP: tcp, UDP: Yes}},
		}}
		var r Result
		r.judge(q, end, time.Second)
		if got := string(r.TCP + " " + r.UDP); got != want {
			t.Errorf("it says %s: %s, want %s", tcp, got, want)
		}
		if !q.done(end) {
			t.Error("there is more to come")
		}
	}
}

func FuzzMulticast(f *testing.F) {
	ask, _ := request{Version: 1, Token: aToken, Port: 7788}.multicast()
	told, _ := aReport().multicast()
	f.Add(ask)
	f.Add(told)
	f.Add(slices.Concat(ask[:12], told[12:]))
	f.Fuzz(func(t *testing.T, b []byte) {
		asked, told, err := parseMulticast(b)
		if err != nil {
			return
		}
		if (asked == nil) == (told == nil) || asked != nil && !asked.valid() || told != nil && !told.valid() {
			t.Errorf("%+v %+v", asked, told)
		}
	})
}

func FuzzDatagram(f *testing.F) {
	f.Add(aReport().datagram())
	f.Add([]byte(sfu.ReachPrefix))
	f.Fuzz(func(t *testing.T, b []byte) {
		if token, id, ok := parseDatagram(b); ok && string((report{Token: token, ID: id}).datagram()) != string(b) {
			t.Errorf("%q", b)
		}
	})
}

func FuzzBody(f *testing.F) {
	f.Add(`{"v":1,"token":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","port":7788}`)
	f.Add(`{"v":1,"token":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","id":"ZYXWVUTSRQPONMLKJIHGFEDCBA","by":"Kim","heard":"yes","tcp":"unknown","udp":"yes"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var asked request
		if readBody(strings.NewReader(text), &asked) == nil && asked.valid() && (len(text) > maxBody || asked.Port < minPort || len(asked.Token) != tokenLen) {
			t.Errorf("%q is taken for a request", text)
		}
		var told report
		if readBody(strings.NewReader(text), &told) == nil && told.valid() && (len(told.By) > 64 || len(told.ID) != idLen) {
			t.Errorf("%q is taken for a report", text)
		}
	})
}
