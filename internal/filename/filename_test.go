package filename

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzPart(f *testing.F) {
	for _, s := range []string{"a", "../../etc/passwd", "a\u202egpj.exe", "CON", "com1.x", " .", "-rf", strings.Repeat("한", 300), "\xff/\x00", "x. . ."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := NoDevice(Part(s, "file", 100))
		switch {
		case name == "" || len(name) > 101 || !utf8.ValidString(name):
			t.Errorf("%q: %q", s, name)
		case strings.ContainsAny(name, `/\:*?"<>|`+"\x00\n\u202e\u200b"):
			t.Errorf("%q: %q has what no name may have", s, name)
		case strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
			t.Errorf("%q: %q begins or ends badly", s, name)
		}
	})
}
