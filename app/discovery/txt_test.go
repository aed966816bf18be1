package discovery

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// overTheWire packs and unpacks TXT strings as the library does.
func overTheWire(t testing.TB, text []string) []string {
	t.Helper()
	msg := dns.Msg{Answer: []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: "a.local.", Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: text}}}
	var back dns.Msg
	if err := back.Unpack(pack(t, &msg)); err != nil {
		t.Fatal(err)
	}
	return back.Answer[0].(*dns.TXT).Txt
}

func TestTXT_SurvivesTheWire(t *testing.T) {
	for _, name := range []string{
		"Standup", "회의실 하나", `back\slash \065 "quoted" \`, "tab\tnew\nline", "🎧", "=a=b", "", strings.Repeat("한", 100), strings.Repeat(`\`, 300),
	} {
		ad := Ad{ID: `r\1"`, Name: name, Fingerprint: fp('a'), Port: 1, Epoch: 3, PIN: true}
		wire := overTheWire(t, ad.txt())
		got, ok := parseTXT(wire)
		if !ok || got != (roomKey{id: ad.ID, fingerprint: ad.Fingerprint}) {
			t.Errorf("name %q: got %+v, %v", name, got, ok)
		}
		shown := unescape(wire[len(wire)-1])
		if want := "name=" + cut(name, 250); shown != want {
			t.Errorf("name %q reads %q", want, shown)
		}
		if len(shown) > maxTXTString {
			t.Errorf("name of %d bytes", len(shown))
		}
	}
}

func TestBadInput_26_MalformedTXTIsIgnored(t *testing.T) {
	good := []string{"v=1", "id=r1", "fp=" + fp('a')}
	if _, ok := parseTXT(good); !ok {
		t.Fatal("the good one is refused")
	}
	if _, ok := parseTXT(append([]string{"future", "=", "", "x=\\255\\000"}, good...)); !ok {
		t.Error("unknown keys are not ignored")
	}
	if id, ok := parseTXT(append(good, "id=r2")); !ok || id.id != "r1" {
		t.Error("the second of a repeated key counts")
	}
	many := make([]string, 40)
	for i := range many {
		many[i] = "x"
	}
	for what, text := range map[string][]string{
		"none":              nil,
		"empty string":      {""},
		"no fingerprint":    {"v=1", "id=r1"},
		"short fingerprint": {"v=1", "id=r1", "fp=abc"},
		"other alphabet":    {"v=1", "id=r1", "fp=" + fp('+')},
		"no id":             {"v=1", "fp=" + fp('a')},
		"long id":           {"v=1", "id=" + strings.Repeat("i", 65), "fp=" + fp('a')},
		"id with a newline": {"v=1", `id=a\010b`, "fp=" + fp('a')},
		"binary id":         {"v=1", `id=\200\201`, "fp=" + fp('a')},
		"other version":     {"v=2", "id=r1", "fp=" + fp('a')},
		"no version":        {"id=r1", "fp=" + fp('a')},
		"too many strings":  append(many, good...),
		"oversized":         append([]string{strings.Repeat("a", 255), strings.Repeat("b", 255), strings.Repeat("c", 255), strings.Repeat("d", 255), strings.Repeat("e", 255)}, good...),
		"oversized string":  append([]string{strings.Repeat("x", 2000)}, good...),
	} {
		if id, ok := parseTXT(text); ok {
			t.Errorf("%s: accepted as %+v", what, id)
		}
	}
}

func FuzzTXT(f *testing.F) {
	for _, s := range []string{
		"", "v=1\x00id=r\x00fp=" + fp('a'), `v=1` + "\x00" + `id=\`, `\25`, `\999`, "=\x00=", "v=1\x00v=2\x00id=\x00ID=r\x00fp=" + fp('a'),
		"v=1\x00id=" + strings.Repeat("i", 64) + "\x00fp=" + fp('-'), strings.Repeat("x", 256), strings.Repeat("\x00", 40), "v=1\x00id=한\x00fp=" + fp('a'), `id=\000\255`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := parseTXT(strings.Split(s, "\x00")); ok {
			if !validID(id.id) || len(id.fingerprint) != 43 {
				t.Fatalf("accepted %+v", id)
			}
		}
		if len(unescape(s)) > len(s) {
			t.Fatal("unescaping grew it")
		}
	})
}
