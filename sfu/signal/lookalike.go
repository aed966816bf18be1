package signal

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// confusableTable is Unicode's table of characters that look like others (UTS #39, confusables.txt), a character and what it looks
// like on each line; taken from npm's unhomoglyph 1.0.6, without what CleanName takes out and what NFKD does by itself.
//
//go:embed confusables.tsv
var confusableTable string

var confusables = sync.OnceValue(func() map[rune]string { //nolint:gochecknoglobals // made once, of a constant
	table := make(map[rune]string, 8192)
	for line := range strings.Lines(confusableTable) {
		if from, to, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			for _, r := range from {
				table[r] = to
			}
		}
	}
	return table
})

// Look says what is to be known about a name before it is believed.
type Look string

// The looks of a name.
const (
	LookPlain Look = ""      // nothing
	LookTwin  Look = "twin"  // somebody else's looks like it, or is the same
	LookMixed Look = "mixed" // it mixes alphabets whose letters look alike, such as Latin and Cyrillic ones
)

// maxMirrored is how many names a Mirror remembers: those of a full room and a full lobby.
const maxMirrored = 2048

// Mirror tells how names look, and remembers it: that takes some 20 µs a name, and rosters and lists change often. The zero value is ready.
// It is safe for concurrent use.
type Mirror struct {
	mu   sync.Mutex
	seen map[string][2]string
}

// Keys returns two texts. Names look alike when their first or their second ones are equal.
func (m *Mirror) Keys(name string) [2]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if keys, ok := m.seen[name]; ok {
		return keys
	}
	if m.seen == nil || len(m.seen) >= maxMirrored {
		m.seen = make(map[string][2]string)
	}
	keys := skeletons(name)
	m.seen[name] = keys
	return keys
}

// Looks returns the look of each of these names, which are in one room or in one list.
func (m *Mirror) Looks(names []string) []Look {
	looks := make([]Look, len(names))
	seen := make(map[string]int, 2*len(names)) // skeleton to the first name that has it
	for i, name := range names {
		if looks[i] == LookPlain && mixesAlphabets(name) {
			looks[i] = LookMixed
		}
		for _, skeleton := range m.Keys(name) {
			if first, ok := seen[skeleton]; ok && first != i {
				looks[i], looks[first] = LookTwin, LookTwin
			} else {
				seen[skeleton] = i
			}
		}
	}
	return looks
}

// skeletons returns a name as it looks (UTS #39 §4), as it is and in small letters: IVAN looks like lVAN, and for people Ivan and ivan
// are the same. Case is folded in both, and compatibility forms such as full-width letters are folded beforehand.
func skeletons(name string) [2]string {
	name = norm.NFKD.String(name)
	return [2]string{"=" + strings.ToLower(skeleton(name)), "~" + strings.ToLower(skeleton(strings.ToLower(name)))}
}

func skeleton(name string) string {
	table := confusables()
	var b strings.Builder
	for _, r := range name {
		if to, ok := table[r]; ok {
			b.WriteString(to)
		} else if r != joiner {
			b.WriteRune(r)
		}
	}
	return norm.NFD.String(b.String())
}

// alphabets are scripts whose letters look like those of others among them, and so belong into one name at most.
var alphabets = []*unicode.RangeTable{ //nolint:gochecknoglobals // a constant in all but type
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu, unicode.Georgian, unicode.Deseret,
	unicode.Osage, unicode.Glagolitic,
}

// mixesAlphabets reports whether a name has letters of two alphabets. Others, such as Hangul or Han, stand beside any of them without being taken
// for it (UTS #39 §5.2, "highly restrictive", is as lenient with those and Latin).
func mixesAlphabets(name string) bool {
	var first *unicode.RangeTable
	for _, r := range name {
		if !unicode.IsLetter(r) {
			continue
		}
		for _, script := range alphabets {
			if !unicode.Is(script, r) {
				continue
			}
			if first != nil && first != script {
				return true
			}
			first = script
			break
		}
	}
	return false
}
