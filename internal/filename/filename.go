// Package filename makes names of strangers fit for every file system that people use: they could climb out of a directory, hide,
// look like another name, or name a device.
package filename

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Part returns s as a part of a file name of at most most bytes: without separators, control, format and bidirectional characters, not
// hidden (a leading dot), not an option (a leading dash), and without the spaces and dots at its end that Windows drops.
// otherwise is for what nothing is left of.
func Part(s, otherwise string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, s)
	for len(s) > most {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	s = strings.TrimSpace(strings.TrimRight(s, ". "))
	if s == "" {
		return otherwise
	}
	if s[0] == '.' || s[0] == '-' {
		s = "_" + s[1:]
	}
	return s
}

// NoDevice returns a name that Windows does not take for a device: it looks at the part before the first dot, whatever follows
// it.
func NoDevice(name string) string {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimSpace(base))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$":
		return "_" + name
	}
	for _, port := range []string{"COM", "LPT"} {
		if rest, ok := strings.CutPrefix(base, port); ok && isPortNumber(rest) {
			return "_" + name
		}
	}
	return name
}

// isPortNumber reports whether s is what makes COM or LPT a device: one digit, superscripts included.
func isPortNumber(s string) bool {
	return utf8.RuneCountInString(s) == 1 && strings.ContainsAny(s, "0123456789¹²³")
}

// Clean returns the name of a file that somebody sent, fit to be written here, of at most 200 bytes. Of a path the last part counts; an
// extension survives the cut.
func Clean(s string) string {
	const most, mostExt = 200, 20
	s = norm.NFC.String(s[strings.LastIndexAny(s, `/\`)+1:])
	name := Part(s, "file", len(s)+4)
	if len(name) > most {
		ext := ""
		if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= mostExt {
			ext = name[i:]
		}
		name = Part(name[:len(name)-len(ext)], "file", most-len(ext)) + ext
	}
	return NoDevice(name)
}
