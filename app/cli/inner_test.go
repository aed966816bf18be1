package cli

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu/signal"
)

// Every code that package signal has, now or later, needs its sentence here.
func TestSentences_CoverEveryCode(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../sfu/signal/code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		codes++
		s := sentence(&signal.Problem{Code: signal.Code(value)})
		if s == value || strings.Contains(s, "_") {
			t.Errorf("%s has no sentence", value)
		}
		if end := s[len(s)-1]; end != '.' && end != ':' {
			t.Errorf("%s: %q is no sentence", value, s)
		}
		return true
	})
	if codes < 20 {
		t.Fatalf("found %d codes only", codes)
	}
}

func found(id, name, address string) discovery.Room {
	return discovery.Room{
		Facts: signal.RoomFacts{ID: id, Name: name, Host: "Host"}, Address: address, Addresses: []string{address}, Fingerprint: "fp",
	}
}

func TestMatching_TakesAnIDOrANameWhateverItsCase(t *testing.T) {
	rooms := []discovery.Room{
		found("aaa", "Tea Room", "10.0.0.1:1"), found("bbb", "tea room", "10.0.0.2:1"), found("ccc", "차 마시는 방", "10.0.0.3:1"),
		found("ddd", "aaa", "10.0.0.4:1"), found("eee", "twice", "10.0.0.5:1"), found("eee", "twice", "10.0.0.6:1"),
	}
	for _, c := range []struct {
		ref, want string
		certain   bool
	}{
		{"aaa", "10.0.0.1:1", true}, // an id goes before a name
		{"TEA ROOM", "10.0.0.1:1 10.0.0.2:1", false},
		{" tea  room ", "10.0.0.1:1 10.0.0.2:1", false},
		{"차 마시는 방", "10.0.0.3:1", false},        // typed on macOS: decomposed
		{"eee", "10.0.0.5:1 10.0.0.6:1", false}, // two hosts claim one id
		{"tea", "", false},
		{"AAA", "10.0.0.4:1", false},
	} {
		rooms, certain := matching(rooms, c.ref)
		var got []string
		for _, r := range rooms {
			got = append(got, r.Address)
		}
		if strings.Join(got, " ") != c.want || certain != c.certain {
			t.Errorf("%q: %v, certain %v; want %s, %v", c.ref, got, certain, c.want, c.certain)
		}
	}
}

func TestRoomWatch_TellsWhatCameChangedAndWent(t *testing.T) {
	var b bytes.Buffer
	r := &runner{Options: Options{Stdout: &b}}
	w := roomWatch{out: r.output(true), known: make(map[string]roomView)}
	tea, milk := found("t", "Tea", "10.0.0.1:7788"), found("m", "Milk", "10.0.0.2:7788")
	busy := tea
	busy.Facts.Participants = 2
	slower := busy
	slower.RTT = 99
	for _, c := range []struct {
		list []discovery.Room
		want string
	}{
		{nil, ""},
		{[]discovery.Room{milk, tea}, "up m, up t"},
		{[]discovery.Room{milk, tea}, ""},
		{[]discovery.Room{milk, busy}, "changed t"},
		{[]discovery.Room{milk, slower}, ""},
		{[]discovery.Room{slower}, "down m"},
		{[]discovery.Room{milk}, "down t, up m"},
	} {
		b.Reset()
		w.update(c.list)
		var got []string
		for line := range strings.Lines(b.String()) {
			rest, _ := strings.CutPrefix(line, `{"event":"`)
			event, rest, _ := strings.Cut(rest, `","room":{"id":"`)
			id, _, _ := strings.Cut(rest, `"`)
			got = append(got, event+" "+id)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("got %v, want %q", got, c.want)
		}
	}
}

func TestRoomOf_InvitesToAnAddressThatOthersCanUse(t *testing.T) {
	v := roomOf(signal.RoomFacts{ID: "r"}, []string{"[fe80::1%eth0]:7788", "10.0.0.1:7788"}, "fp")
	if v.Invite != "earshot://10.0.0.1:7788/r?fp=fp" || v.Port != 7788 || v.Addresses[0] != "[fe80::1%eth0]:7788" {
		t.Errorf("%+v", v)
	}
	if v := roomOf(signal.RoomFacts{ID: "r"}, []string{"[fe80::1%eth0]:7788"}, ""); !strings.HasPrefix(v.Invite, "earshot://[fe80::1") {
		t.Errorf("%+v", v)
	}
}

func TestRoomTable_AlignsWideLetters(t *testing.T) {
	got := roomTable([]roomView{
		{Name: "차 마시는 방", Host: "Ann", Participants: 12, Addresses: []string{"10.0.0.1:7788"}, ID: "a1"},
		{Name: "Tea", Host: "김철수", Addresses: []string{"[fd00::2]:7788"}, ID: "b2"},
	})
	want := "" +
		"ROOM          HOST    PEOPLE  ADDRESS         ID\n" +
		"차 마시는 방  Ann     12      10.0.0.1:7788   a1\n" +
		"Tea           김철수  0       [fd00::2]:7788  b2\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNothingFound_SaysWhereItLookedAndWhatToDo(t *testing.T) {
	for _, c := range []struct {
		status discovery.Status
		want   string
	}{
		{discovery.Status{Problem: discovery.ProblemNoNetwork}, "Connect this computer"},
		{discovery.Status{Problem: discovery.ProblemNoMulticast, Interfaces: []string{"eth0", "wlan0"}}, "eth0, wlan0. Allow Earshot"},
		{discovery.Status{Interfaces: []string{"eth0"}}, "no rooms found on eth0"},
	} {
		if got := nothingFound(c.status); !strings.Contains(got, c.want) {
			t.Errorf("%q lacks %q", got, c.want)
		}
	}
}

func TestDrawQR_IsSquareAndHasAQuietZone(t *testing.T) {
	drawn, err := drawQR("earshot://192.168.0.7:7788/q7xk2m4fzd")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(drawn, "\n")
	width := 0
	for n, line := range lines {
		modules := []rune(strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;47m"), "\x1b[0m"))
		if n == 0 {
			width = len(modules)
		}
		if len(modules) != width || string(modules[:4]) != "    " || string(modules[width-4:]) != "    " {
			t.Errorf("line %d: %q", n, line)
		}
		if blank := strings.TrimSpace(string(modules)) == ""; blank != (n < 2 || n >= len(lines)-2) {
			t.Errorf("line %d: %q", n, line)
		}
	}
	if len(lines) != (width+1)/2 {
		t.Errorf("%d lines of two rows, %d modules wide", len(lines), width)
	}
}
