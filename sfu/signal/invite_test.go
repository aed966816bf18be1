package signal_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/earshot/earshot/internal/examples"
	"github.com/earshot/earshot/sfu/signal"
)

var wholeFingerprint = strings.Repeat("aB3-_", 8) + "xyz"

const (
	digits    = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

func TestInvite_LinksAreReadBack(t *testing.T) {
	for _, want := range []signal.Invite{
		{Address: "192.168.0.7:7788", RoomID: "q7xk", Fingerprint: wholeFingerprint},
		{Address: "192.168.0.7:7788", Others: []string{"10.0.0.7:7788", "[2001:db8::7]:7788"}, RoomID: "q7xk", Fingerprint: wholeFingerprint},
		{Address: "[fe80::1%eth0]:7788", RoomID: "q7xk", Fingerprint: wholeFingerprint},
		{Address: "minas-laptop.local:7788"},
		{Address: "10.0.0.7:7788", Others: []string{"office.example:80"}},
		{Address: "10.0.0.7:80", Fingerprint: wholeFingerprint[:14]},
	} {
		if got, err := signal.ParseInvite(want.String()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %s (%v)", want, got, err)
		}
	}
	if got, err := signal.ParseInvite(" 10.0.0.1:80 "); err != nil || got.Address != "10.0.0.1:80" {
		t.Errorf("bare address: %+v, %v", got, err)
	}
	// What an app of before wrote, in which the zone stands as its URL has it.
	old := "earshot://[fe80::1%25eth0]:7788/q7xk?fp=" + wholeFingerprint
	if got, err := signal.ParseInvite(old); err != nil || got.Address != "[fe80::1%eth0]:7788" || got.RoomID != "q7xk" {
		t.Errorf("%s became %+v, %v", old, got, err)
	}
}

func TestInvite_RefusesWhatIsNone(t *testing.T) {
	code := signal.Invite{Address: "10.0.0.1:7788", Fingerprint: wholeFingerprint}.Code()
	for _, bad := range []string{
		"", "room", "10.0.0.1", "10.0.0.1:0", "10.0.0.1:99999", ":7788", "http://10.0.0.1:80/x", "earshot://", "earshot://x/y",
		"earshot://10.0.0.1:80/a/b", "earshot://10.0.0.1:80/a?fp=short", "javascript:alert(1)", strings.Repeat("x", 600) + ":80",
		"earshot://10.0.0.1:80/a?fp=" + wholeFingerprint + "more", "two words:80", "10.0.0.1:+80", "a\x00b:80", "EAR", "EAR-", "ear",
		code + "7", code[:len(code)-1], "W" + code, strings.Repeat("x ", 3000) + code,
	} {
		got, err := signal.ParseInvite(bad)
		if bad == code+"7" { // with its "EAR" a code knows where it ends
			continue
		}
		if err == nil {
			t.Errorf("%.60q was read as %+v", bad, got)
		} else if signal.AsProblem(err).Code != signal.CodeBadAddress {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
}

func TestInviteTo_NamesNoAddressThatMeansNothingElsewhere(t *testing.T) {
	all := []string{
		"127.0.0.1:7788", "[fe80::1%eth0]:7788", "169.254.3.4:7788", "10.0.0.1:7788", "[::1]:7788", "10.1.0.1:7788", "10.0.0.1:7788",
		"[2001:db8::1]:7788", "10.2.0.1:7788", "10.3.0.1:7788",
	}
	got := signal.InviteTo(all, "r", "").Addresses()
	if want := []string{"10.0.0.1:7788", "10.1.0.1:7788", "[2001:db8::1]:7788", "10.2.0.1:7788"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := signal.InviteTo(all[:3], "r", "").Addresses(); !reflect.DeepEqual(got, all[:1]) {
		t.Errorf("with nothing else: %q", got)
	}
	link := "earshot://10.0.0.1:7788/r?fp=" + wholeFingerprint + "&or=127.0.0.1:1&or=[fe80::1%25eth0]:1&or=localhost:1&or=0.0.0.0:1&or=224.0.0.251:1&or=10.0.0.1:7788"
	if got, err := signal.ParseInvite(link); err != nil || len(got.Others) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// anyInvite returns an invite as a host could make it.
func anyInvite(r *rand.Rand) signal.Invite {
	addr := func() string {
		port := 7788
		if r.IntN(3) == 0 {
			port = 1 + r.IntN(65535)
		}
		var ip netip.Addr
		switch r.IntN(5) {
		case 0:
			ip = netip.AddrFrom4([4]byte{10, byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
		case 1:
			ip = netip.AddrFrom4([4]byte{172, byte(16 + r.IntN(16)), byte(r.Uint32()), byte(r.Uint32())})
		case 2:
			ip = netip.AddrFrom4([4]byte{192, 168, byte(r.Uint32()), byte(r.Uint32())})
		case 3:
			ip = netip.AddrFrom4([4]byte{byte(11 + r.IntN(80)), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
		default:
			b := [16]byte{0: 0x20, 1: 0x01}
			for n := 2; n < 16; n++ {
				b[n] = byte(r.Uint32()) & byte(-r.IntN(2)) //nolint:gosec // some zeros, for "::"
			}
			ip = netip.AddrFrom16(b)
		}
		return netip.AddrPortFrom(ip, uint16(port)).String() //nolint:gosec // a port
	}
	pick := func(n int, of string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = of[r.IntN(len(of))]
		}
		return string(b)
	}
	addresses := []string{addr()}
	for range r.IntN(4) {
		addresses = append(addresses, addr())
	}
	return signal.InviteTo(addresses, pick(10, "abcdefghijklmnopqrstuvwxyz234567"), pick(43, base64URL))
}

// damages are what happens to a link on its way.
var damages = map[string]func(r *rand.Rand, link string) string{
	"nothing":        func(_ *rand.Rand, s string) string { return s },
	"prose":          func(_ *rand.Rand, s string) string { return "Mina: join us at " + s + " please, 2 pm." },
	"full stop":      func(_ *rand.Rand, s string) string { return "Here it is: " + s + "." },
	"angle brackets": func(_ *rand.Rand, s string) string { return "<" + s + ">" },
	"quotes":         func(_ *rand.Rand, s string) string { return "“" + s + "”, she said" },
	"brackets":       func(_ *rand.Rand, s string) string { return "(see " + s + ")" },
	"markdown":       func(_ *rand.Rand, s string) string { return "[" + "join" + "](" + s + ") or **" + s + "**" },
	"italics":        func(_ *rand.Rand, s string) string { return "_" + s + "_" },
	"particle":       func(_ *rand.Rand, s string) string { return "초대: " + s + "로 들어오세요" },
	"HTML": func(_ *rand.Rand, s string) string {
		return `<a href="` + strings.ReplaceAll(s, "&", "&amp;") + `">join</a>`
	},
	"HTML twice": func(_ *rand.Rand, s string) string { return "&lt;" + strings.ReplaceAll(s, "&", "&amp;amp;") + "&gt;" },
	"JSON": func(_ *rand.Rand, s string) string {
		return `{"text":"` + strings.NewReplacer("/", `\/`, "&", `\u0026`).Replace(s) + `"}`
	},
	"percent-encoded": func(_ *rand.Rand, s string) string { return "https://links.example/?url=" + encode(s) + "&data=5" },
	"twice so":        func(_ *rand.Rand, s string) string { return "https://links.example/?url=" + encode(encode(s)) },
	"brackets encoded": func(_ *rand.Rand, s string) string {
		return strings.NewReplacer("[", "%5B", "]", "%5D", "&", "%26").Replace(s)
	},
	"capital scheme": func(_ *rand.Rand, s string) string { return "E" + s[1:] },
	"shouted scheme": func(_ *rand.Rand, s string) string { return strings.Replace(s, "earshot", "EARSHOT", 1) },
	"zero width":     func(r *rand.Rand, s string) string { return sprinkle(r, s, "\u200b\u2060\ufeff\u00ad\u200e") },
	"mail":           func(r *rand.Rand, s string) string { return wrap(s, 40+r.IntN(40), "\r\n") },
	"quoted mail":    func(r *rand.Rand, s string) string { return "> " + wrap(s, 40+r.IntN(40), "\n> ") + "\n> \n> See you" },
	"indented":       func(r *rand.Rand, s string) string { return "\t" + wrap(s, 40+r.IntN(40), "  \n\t  ") },
	"quoted-printable": func(r *rand.Rand, s string) string {
		return strings.NewReplacer("=", "=3D", "\n", "=\r\n").Replace(wrap(s, 40+r.IntN(40), "\n"))
	},
	"smart dashes":     func(_ *rand.Rand, s string) string { return "At " + strings.ReplaceAll(s, "--", "—") },
	"full width":       func(_ *rand.Rand, s string) string { return wide(s) },
	"no-break hyphens": func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, "-", "\u2011") },
	"a text of its own": func(_ *rand.Rand, s string) string {
		return strings.Repeat("회의 전에 읽어 주세요. ", 60) + "\n\n" + s + "\n\nMina"
	},
	"a line of its own":  func(_ *rand.Rand, s string) string { return "Join here:\n" + s + "\n\nMina" },
	"before another one": func(_ *rand.Rand, s string) string { return s + " (not earshot://10.0.0.1:1/old)" },
	"after a bad one":    func(_ *rand.Rand, s string) string { return "earshot://nothing, " + s },
}

func encode(s string) string {
	return strings.NewReplacer("%", "%25", ":", "%3A", "/", "%2f", "?", "%3F", "=", "%3D", "&", "%26", "[", "%5B", "]", "%5D").Replace(s)
}

func sprinkle(r *rand.Rand, s, with string) string {
	marks := []rune(with)
	var b strings.Builder
	for _, c := range s {
		b.WriteRune(c)
		if r.IntN(3) == 0 {
			b.WriteRune(marks[r.IntN(len(marks))])
		}
	}
	return b.String()
}

// wrap breaks s every so many characters.
func wrap(s string, every int, with string) string {
	var b strings.Builder
	for len(s) > every {
		b.WriteString(s[:every] + with)
		s = s[every:]
	}
	return b.String() + s
}

// wide writes ASCII in the full-width letters of East Asian input methods.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r - '!' + '！'
		}
		return r
	}, s)
}

func TestParseInvite_LinksSurviveChatClients(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable test
			for range 300 {
				want := anyInvite(r)
				message := damage(r, want.String())
				got, err := signal.ParseInvite(message)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%q\nwas read as %+v (%v)\nnot as      %+v", message, got, err, want)
				}
			}
		})
	}
}

// codeDamages are what happens to a short text on its way, or when it is read aloud and typed.
var codeDamages = map[string]func(r *rand.Rand, code string) string{
	"nothing":    func(_ *rand.Rand, s string) string { return s },
	"lower case": func(_ *rand.Rand, s string) string { return strings.ToLower(s) },
	"mixed case": func(r *rand.Rand, s string) string {
		return strings.Map(func(c rune) rune { return c | 0x20*rune(r.IntN(2)) }, strings.ReplaceAll(s, "-", " "))
	},
	"letters": func(_ *rand.Rand, s string) string {
		return s[:4] + strings.NewReplacer("0", "O", "1", "I").Replace(s[4:])
	},
	"small letters": func(_ *rand.Rand, s string) string {
		return s[:4] + strings.NewReplacer("0", "o", "1", "l").Replace(s[4:])
	},
	"spaces":          func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, "-", " ") },
	"nothing between": func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, "-", "") },
	"one by one": func(_ *rand.Rand, s string) string {
		return strings.Join(strings.Split(strings.ReplaceAll(s, "-", ""), ""), " ")
	},
	"dashes":      func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, "-", "–") },
	"minus":       func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, "-", "\u2212") },
	"line breaks": func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, "-", "-\r\n") },
	"quoted mail": func(_ *rand.Rand, s string) string { return "> " + strings.Replace(s, "-", "-\n> > ", 3) },
	"full width":  func(_ *rand.Rand, s string) string { return wide(s) },
	"zero width":  func(r *rand.Rand, s string) string { return sprinkle(r, s, "\u200b\u200d\u2060\ufeff\u00ad") },
	"quotes":      func(_ *rand.Rand, s string) string { return "「" + s + "」" },
	"prose": func(_ *rand.Rand, s string) string {
		return "Hear this, dear: the code is " + s + ". See you at 2, earlier is fine"
	},
	"Korean":       func(_ *rand.Rand, s string) string { return "방 코드는 " + s + "입니다" },
	"bold":         func(_ *rand.Rand, s string) string { return "**" + s + "**" },
	"without EAR":  func(_ *rand.Rand, s string) string { return s[4:] },
	"digits alone": func(_ *rand.Rand, s string) string { return strings.ToLower(strings.ReplaceAll(s[4:], "-", " ")) + "." },
	"after a word": func(_ *rand.Rand, s string) string { return "ear EAR " + s },
}

func TestParseInvite_ShortTextsSurviveChatClientsAndPeople(t *testing.T) {
	for name, damage := range codeDamages {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a repeatable test
			for range 300 {
				invite := anyInvite(r)
				want := shortened(invite)
				message := damage(r, invite.Code())
				if got, err := signal.ParseInvite(message); err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%q (%s)\nwas read as %+v (%v)\nnot as      %+v", message, invite.Code(), got, err, want)
				}
			}
		})
	}
}

// shortened is what a short text keeps of an invite.
func shortened(i signal.Invite) signal.Invite {
	best := i.Address
	for _, a := range i.Addresses() {
		if netip.MustParseAddrPort(a).Addr().Is4() {
			best = a
			break
		}
	}
	return signal.Invite{Address: best, Fingerprint: i.Fingerprint[:14]}
}

func TestLooksLikeInvite_KnowsAMistypedShortTextFromAName(t *testing.T) {
	code := signal.Invite{Address: "192.168.0.7:7788", Fingerprint: wholeFingerprint}.Code()
	wrong := code[:6] + string(digits[(strings.IndexByte(digits, code[6])+1)%32]) + code[7:]
	if _, err := signal.ParseInvite(wrong); err == nil {
		t.Errorf("%s was read", wrong)
	}
	for text, want := range map[string]bool{
		code: true, wrong: true, strings.ToLower(wrong): true, code[:len(code)-1]: true, code + "7": true, "earshot://nothing": true, "EARSHOT:nothing": true,
		"EAR": false, "Early birds": false, "Ear training for everybody who wants": false, "Kitchen table": false, "ear-1234": false,
	} {
		if got := signal.LooksLikeInvite(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestCode_IsShortInOfficeNetworks(t *testing.T) {
	for address, groups := range map[string]int{
		"192.168.0.7:7788": 6, "10.20.30.40:7788": 7, "172.20.1.2:7788": 7, "8.8.8.8:7788": 7, "192.168.0.7:50000": 7, "[2001:db8::7]:7788": 12,
	} {
		code := signal.Invite{Address: address, Fingerprint: wholeFingerprint}.Code()
		if got := strings.Count(code, "-"); got != groups {
			t.Errorf("%s: %s has %d groups, want %d", address, code, got, groups)
		}
	}
	for _, none := range []signal.Invite{
		{Address: "10.0.0.1:7788"},
		{Address: "mina.local:7788", Fingerprint: wholeFingerprint},
		{Address: "[fe80::1%eth0]:7788", Fingerprint: wholeFingerprint},
		{Address: "10.0.0.1:7788", Fingerprint: "short"},
	} {
		if code := none.Code(); code != "" {
			t.Errorf("%s has the code %s", none, code)
		}
	}
}

// The checksum is linear, so what it misses does not depend on the invite; six of each length are plenty.
func TestParseInvite_NoticesEveryWrongDigitAndEveryExchange(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a repeatable test
	lengths := make(map[int]int)
	for len(lengths) < 8 {
		code := strings.ReplaceAll(anyInvite(r).Code(), "-", "")[3:]
		if lengths[len(code)]++; lengths[len(code)] > 6 {
			continue
		}
		original, err := signal.ParseInvite(code)
		if err != nil {
			t.Fatal(err)
		}
		check := func(kind string, wrong []byte) {
			if got, err := signal.ParseInvite("EAR" + string(wrong)); err == nil {
				t.Errorf("%s: %s (from %s) was read as %+v instead of %+v", kind, wrong, code, got, original)
			}
		}
		for n := range code {
			for _, d := range []byte(digits) {
				if wrong := []byte(code); d != code[n] {
					wrong[n] = d
					check("wrong digit", wrong)
				}
			}
			for m := range n {
				if wrong := []byte(code); code[n] != code[m] {
					wrong[n], wrong[m] = code[m], code[n]
					check("exchange", wrong)
				}
			}
		}
	}
}

// The test vectors of docs/PROTOCOL.md.
func TestInvite_IsWrittenAsTheProtocolSays(t *testing.T) {
	all, err := examples.Read("../../docs/PROTOCOL.md", "invite")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		var vector struct {
			Addresses         []string
			Room, Fingerprint string
			Link, Code        string
		}
		if err := json.Unmarshal([]byte(e.JSON), &vector); err != nil {
			t.Fatal(err)
		}
		i := signal.InviteTo(vector.Addresses, vector.Room, vector.Fingerprint)
		if i.String() != vector.Link || i.Code() != vector.Code {
			t.Errorf("%v is written\n%s\n%s\nnot\n%s\n%s", vector.Addresses, i, i.Code(), vector.Link, vector.Code)
		}
		if got, err := signal.ParseInvite(vector.Link); err != nil || !reflect.DeepEqual(got, i) {
			t.Errorf("%s was read as %+v, %v", vector.Link, got, err)
		}
		if got, err := signal.ParseInvite(vector.Code); err != nil || !i.Pins(i.Fingerprint) || !strings.HasPrefix(i.Fingerprint, got.Fingerprint) {
			t.Errorf("%s was read as %+v, %v", vector.Code, got, err)
		}
	}
}

func FuzzParseInvite(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // seeds
	for _, damage := range damages {
		f.Add(damage(r, anyInvite(r).String()))
	}
	for _, damage := range codeDamages {
		f.Add(damage(r, anyInvite(r).Code()))
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := signal.ParseInvite(s)
		if err != nil {
			if signal.AsProblem(err).Code != signal.CodeBadAddress {
				t.Fatalf("%v", err)
			}
			return
		}
		if i.Fingerprint != "" && !signal.ValidFingerprint(i.Fingerprint) && len(i.Fingerprint) != 14 {
			t.Fatalf("fingerprint %q", i.Fingerprint)
		}
		if len(i.Others) > signal.MaxInviteOthers || len(i.RoomID) > 64 {
			t.Fatalf("%+v", i)
		}
		for _, a := range i.Addresses() {
			if a == "" || strings.ContainsFunc(a, unicode.IsSpace) {
				t.Fatalf("address %q", a)
			}
		}
		again, err := signal.ParseInvite(i.String())
		if err != nil || fmt.Sprint(again) != fmt.Sprint(i) {
			t.Fatalf("%+v is written %s and read as %+v, %v", i, i, again, err)
		}
	})
}
