package signal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/earshot/earshot/sfu/signal"
)

func alike(a, b string) bool {
	one, other := new(signal.Mirror).Keys(a), new(signal.Mirror).Keys(b)
	return one[0] == other[0] || one[1] == other[1]
}

func TestMirror_Alike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Mina", "Mina", true},
		{"Mina", "mina", true},
		{"Mina", "Мina", true},     // Cyrillic М
		{"paypal", "раура1", true}, // Cyrillic and a digit
		{"Ivan", "lvan", true},     // a small L
		{"Ivan", "ivan", true},
		{"Bill", "Bi11", true},
		{"modern", "rnodern", true},
		{"Mina", "Ｍｉｎａ", true}, // full width
		{"Mina", "𝓜𝓲𝓷𝓪", true},
		{"보라", "보라", true}, // conjoining jamo
		{"José", "Jose\u0301", true},
		{"Mina", "Nina", false},
		{"보라", "보리", false},
		{"Jun", "June", false},
		{"Ann", "Anna", false},
	} {
		if got := alike(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

func TestMirror_MarksBothOfTwoThatLookAlike(t *testing.T) {
	got := new(signal.Mirror).Looks([]string{"Mina", "보라", "Мina", "김Mina", "Anna Иванова", "Иван", "mina"})
	want := []signal.Look{signal.LookTwin, "", signal.LookTwin, "", signal.LookMixed, "", signal.LookTwin}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func BenchmarkLooks(b *testing.B) {
	names := make([]string, 100)
	for i := range names {
		names[i] = "Person " + strings.Repeat("가", i%20)
	}
	for b.Loop() {
		new(signal.Mirror).Looks(names)
	}
}

// cleanOrRefused says what became of a name; the empty string is that it was refused with bad_name.
func cleanOrRefused(t *testing.T, name string) string {
	t.Helper()
	clean, err := signal.CleanName(name)
	if err != nil && signal.AsProblem(err).Code != signal.CodeBadName {
		t.Errorf("%.40q: %v", name, err)
	}
	return clean
}

func TestBadInput_12_Names(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":                    {"", ""},
		"spaces":                   {" \t\u3000 ", ""},
		"nothing to see":           {"\u200b\u200e\ufeff", ""},
		"joiners alone":            {"\u200d\u200d", ""},
		"Hangul fillers alone":     {"\u3164\u115f\u1160\uffa0", ""},
		"braille blank alone":      {"\u2800", ""},
		"10 kB":                    {strings.Repeat("가", 3500), ""},
		"65 bytes":                 {strings.Repeat("a", 65), ""},
		"64 bytes":                 {strings.Repeat("a", 64), strings.Repeat("a", 64)},
		"right to left":            {"\u202eanim\u202c", "anim"},
		"isolates":                 {"\u2066Mina\u2069", "Mina"},
		"zero width":               {"Mi\u200bna\u200c", "Mina"},
		"tags":                     {"Mina\U000e0041\U000e007f", "Mina"},
		"invisible selectors":      {"Mi\ufe0fna\U000e0101", "Mina"},
		"control":                  {"Mi\x00na\x1b[31m", "Mina[31m"},
		"line breaks":              {"Mi\r\nna\u2028x", "Mi na x"},
		"emoji":                    {"Mina 🎧", "Mina 🎧"},
		"joined emoji":             {"👩\u200d💻", "👩\u200d💻"},
		"emoji with a selector":    {"❤\ufe0f", "❤\ufe0f"},
		"a family":                 {"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"},
		"a joiner in a word":       {"Mi\u200dna", "Mina"},
		"HTML":                     {"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"}, // text, and shown as that
		"javascript:":              {"javascript:alert(1)", "javascript:alert(1)"},
		"invalid UTF-8":            {"Mina\xff", ""},
		"private use":              {"Mina\ue000", "Mina"},
		"decomposed":               {"Jose\u0301", "José"},
		"badges":                   {"👑 Mina ✅🛡\ufe0f✔", "Mina"},
		"a badge alone":            {"👑", ""},
		"a tower of marks":         {"Mina" + strings.Repeat("\u0335", 20), "Mina" + strings.Repeat("\u0335", 4)},
		"a joiner behind a virama": {"ශ්\u200dරී", "ශ්\u200dරී"},
	} {
		if got := cleanOrRefused(t, c.in); got != c.want {
			t.Errorf("%s: %.60q became %q, want %q", name, c.in, got, c.want)
		}
	}
}

// What is clean stays as it is: names are cleaned by the sender, the host and each receiver.
func TestCleanName_IsIdempotent(t *testing.T) {
	for _, name := range []string{"👩\u200d💻 Mina", "❤\ufe0f", "Jose\u0301", "김 지은", "👑 x", "a\u0301\u0302\u0303", "e\u200b\u0301", "Mi\u200d\u200dna"} {
		once := cleanOrRefused(t, name)
		if twice := cleanOrRefused(t, once); once != "" && twice != once {
			t.Errorf("%q, %q, %q", name, once, twice)
		}
	}
}
