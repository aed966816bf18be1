package media

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNamePart bounds each of the two parts of a file name, in bytes; file systems take 255 for the whole.
const maxNamePart = 100

// fileName returns NAME-ID for a talker, fit for every file system that people use: both parts come from the network
// and could climb out of the directory, hide, or name a device.
func fileName(t Talker) string {
	name := namePart(t.Name, "participant") + "-" + namePart(t.ID, "0")
	// Windows takes the part before the first dot for a device, whatever follows it.
	base, _, _ := strings.Cut(name, ".")
	switch base = strings.ToUpper(strings.TrimSpace(base)); base {
	case "CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$":
		return "_" + name
	}
	if rest, ok := strings.CutPrefix(base, "COM"); !ok {
		if rest, ok = strings.CutPrefix(base, "LPT"); !ok || !isPortNumber(rest) {
			return name
		}
	} else if !isPortNumber(rest) {
		return name
	}
	return "_" + name
}

// isPortNumber reports whether s is what makes COM or LPT a device: one digit, superscripts included.
func isPortNumber(s string) bool {
	return utf8.RuneCountInString(s) == 1 && strings.ContainsAny(s, "0123456789¹²³")
}

func namePart(s, otherwise string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, s)
	for len(s) > maxNamePart {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return otherwise
	}
	if s[0] == '.' || s[0] == '-' { // hidden on Unix, an option on a command line
		s = "_" + s[1:]
	}
	return s
}
