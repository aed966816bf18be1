package signal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// badges are the emoji that say on our screens what somebody is: nobody can write themselves one.
const badges = "👑🛡✅✔✓☑🗹🔰"

// blanks are letters that show nothing: the Hangul fillers and the empty Braille pattern.
const blanks = "\u115f\u1160\u3164\uffa0\u2800"

// maxMarks is how many combining marks may follow a letter: four are as many as a language stacks (Tibetan), more climb out of the line.
const maxMarks = 4

// CleanName returns a name fit to show: NFC, spaces folded, without control and format characters (bidi overrides,
// zero-width characters other than the joiners that emoji need), blank letters, towers of marks, and badges of ours; cut nowhere. It
// returns CodeBadName when nothing is left or more than MaxName bytes are.
func CleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", Problemf(CodeBadName, "not UTF-8")
	}
	if len(name) > 4*MaxName {
		return "", Problemf(CodeBadName, "%d bytes, limit %d", len(name), MaxName)
	}
	name = cleanText(name)
	if name == "" {
		return "", Problemf(CodeBadName, "empty")
	}
	if len(name) > MaxName {
		return "", Problemf(CodeBadName, "%d bytes, limit %d", len(name), MaxName)
	}
	return name, nil
}

// joiner is what emoji of several characters need.
const joiner = '\u200d'

// cleanText makes text of a stranger fit to stand in one line: see CleanName.
func cleanText(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == joiner:
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), strings.ContainsRune(badges+blanks, r):
			return -1
		}
		return r
	}, norm.NFC.String(text))
	return strings.Join(strings.Fields(norm.NFC.String(withoutLooseJoiners(text))), " ")
}

// withoutLooseJoiners returns a name without what shows nothing where it stands: joiners and variation selectors but for those behind a
// symbol or a virama, and marks beyond maxMarks in a row.
func withoutLooseJoiners(name string) string {
	runes := []rune(name)
	kept := runes[:0]
	marks := 0
	for i, r := range runes {
		var before rune
		if len(kept) > 0 {
			before = kept[len(kept)-1]
		}
		switch {
		case r == joiner:
			const virama = 9 // its combining class; behind it a joiner makes another letter, in Sinhala names for one
			if norm.NFC.PropertiesString(string(before)).CCC() != virama && (!pictures(before) || i+1 == len(runes) || !pictures(runes[i+1])) {
				continue
			}
		case unicode.Is(unicode.Variation_Selector, r):
			if !pictures(before) || isSelector(before) || unicode.Is(unicode.Sk, before) {
				continue
			}
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				continue
			}
			kept = append(kept, r)
			continue
		}
		marks = 0
		kept = append(kept, r)
	}
	return string(kept)
}

func isSelector(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

// pictures reports whether a character is one of those that emoji are made of.
func pictures(r rune) bool {
	return unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) || isSelector(r)
}
