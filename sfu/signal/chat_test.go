package signal_test

import (
	"strings"
	"testing"

	"github.com/earshot/earshot/sfu/signal"
)

func TestCleanText(t *testing.T) {
	for what, c := range map[string]struct{ in, want string }{
		"plain":          {"see you at 3", "see you at 3"},
		"around":         {" \n\n hello \t\n", "hello"},
		"lines":          {"a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		"empty lines":    {"a\n\n\n \n\nb", "a\n\nb"},
		"indentation":    {"if:\n\treturn", "if:\n    return"},
		"markup is text": {"<b>&amp;</b>", "<b>&amp;</b>"},
		"turned around":  {"abc\u202egpj.exe", "abcgpj.exe"},
		"invisible":      {"a\u200bb\u2060c\ufeff\x07", "abc"},
		"emoji":          {"👩\u200d💻 ok", "👩\u200d💻 ok"},
		"parted":         {"e\u200b\u0301", "é"},
		"decomposed":     {"\u1112\u1161\u11ab", "한"},
	} {
		if got, err := signal.CleanText(c.in); err != nil || got != c.want {
			t.Errorf("%s: %q became %q, %v; want %q", what, c.in, got, err, c.want)
		}
	}
	full := strings.Repeat("한", signal.MaxChatText/3)
	if _, err := signal.CleanText(full); err != nil {
		t.Errorf("the longest: %v", err)
	}
	for what, text := range map[string]string{
		"empty": "", "spaces": " \n\t ", "only invisible": "\u200b\u200d", "too long": strings.Repeat("a", signal.MaxChatText+1),
		"far too long": strings.Repeat("a", 1<<20), "lines": strings.Repeat("a\n", signal.MaxChatLines+1), "not UTF-8": "a\xff",
	} {
		if got, err := signal.CleanText(text); signal.AsProblem(err) == nil || signal.AsProblem(err).Code != signal.CodeBadText {
			t.Errorf("%s became %.20q, %v", what, got, err)
		}
	}
}

func FuzzCleanText(f *testing.F) {
	for _, seed := range []string{"hello", "a\n\n\n\nb", "\u202e\u200d", "👩\u200d💻", "a\xff", strings.Repeat("\n", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean, err := signal.CleanText(text)
		if err != nil {
			return
		}
		if clean == "" || len(clean) > signal.MaxChatText || strings.Count(clean, "\n") >= signal.MaxChatLines {
			t.Errorf("%q is out of bounds", clean)
		}
		if again, err := signal.CleanText(clean); err != nil || again != clean {
			t.Errorf("%q became %q, and that %q, %v", text, clean, again, err)
		}
	})
}
